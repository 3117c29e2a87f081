// Turns results into tables and files.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { PEERS } from './options.mjs';
import { BENCH_DIR, DATA_DIR, RUNS_DIR } from './paths.mjs';
import { ALL_QUERIES } from './queries.mjs';

const NAMES = {
  s3lect: 's3lect',
  's3lect-http': 's3lect HTTP',
  's3lect-lines': 's3lect, same as NDJSON',
  duckdb: 'DuckDB',
  clickhouse: 'ClickHouse',
  polars: 'Polars',
  gunzip: 'bare gunzip',
  bunzip2: 'bare bunzip2',
};

/**
 * @typedef {object} Results
 * @property {string} date
 * @property {ReturnType<typeof machine>} machine
 * @property {Record<string, string>} versions
 * @property {object} options
 * @property {import('./in-process.mjs').Measurement[]} measurements
 * @property {Figure[]} figures
 * @property {string[]} failures
 *
 * @typedef {{ title: string, value: number, unit: string, target?: { most?: number, least?: number } }} Figure
 */

export function machine() {
  const all = cpus();
  const model = all[0]?.model.trim() ?? 'unknown';
  return { cpus: all.length, model, memoryBytes: totalmem(), system: `${type()} ${release()}`, node: process.version };
}

const PEER_PACKAGES = ['@duckdb/node-api', 'chdb', 'nodejs-polars'];

/** Versions of what was measured against. @returns {Record<string, string>} */
export function peerVersions() {
  const { dependencies } = JSON.parse(readFileSync(join(BENCH_DIR, 'package.json'), 'utf8'));
  return Object.fromEntries(PEER_PACKAGES.map((name) => [name, dependencies[name]]));
}

/** The fastest of the peers for a query on so many cores. @param {import('./in-process.mjs').Measurement[]} measurements */
export function fastestPeer(measurements, query, cores) {
  const peers = measurements.filter((one) => one.query === query && one.cores === cores && one.mbPerSecond && PEERS.includes(one.engine));
  return peers.sort((a, b) => b.mbPerSecond - a.mbPerSecond)[0];
}

/** @param {Results} results @returns {string} Markdown */
export function summary(results) {
  const { date, machine: host, versions, measurements, figures, failures } = results;
  const memory = `${Math.round(host.memoryBytes / 2 ** 30)} GiB`;
  const lines = [
    `# ${date}`,
    '',
    `${host.cpus} x ${host.model}, ${memory}, ${host.system}, Node ${host.node}.`,
    `Against ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    'Pinned, files in the page cache as reading from the disk leaves them, median of the timed runs, engines in turn. MB/s of text (10^6 bytes; decompressed); ratio = s3lect to the fastest peer;',
    'by CPU = the same of CPU time instead of wall time, which says more where others use the machine too.',
  ];
  for (const cores of [1, 2]) {
    const ofCores = measurements.filter((one) => one.cores === cores);
    if (ofCores.length === 0) continue;
    lines.push('', `## ${cores === 1 ? 'One core' : 'Two cores'}: MB/s (ms)`, '', ...speedTable(ofCores, cores));
    lines.push('', `Peak memory of the process, MB:`, '', ...memoryTable(ofCores));
  }
  if (figures.length > 0)
    lines.push('', '## Figures', '', '| figure | value | target | |', '| --- | ---: | ---: | --- |', ...figures.map(figureRow));
  if (failures.length > 0) lines.push('', '## Failures', '', ...failures.map((failure) => `- ${failure.split('\n')[0]}`));
  return `${lines.join('\n')}\n`;
}

function speedTable(measurements, cores) {
  const engines = enginesOf(measurements);
  const rows = queriesOf(measurements).map((id) => {
    const cells = engines.map((engine) => speedCell(find(measurements, engine, id)));
    return row([id, titleOf(id), ...cells, ...ratioCells(measurements, id, cores)]);
  });
  return [
    ...header(['query', '', ...engines.map((engine) => NAMES[engine]), 'ratio', 'by CPU', 'target', 'HTTP ratio', 'by CPU', 'target'], 2),
    ...rows,
  ];
}

function ratioCells(measurements, id, cores) {
  const query = ALL_QUERIES.find((candidate) => candidate.id === id);
  const peer = fastestPeer(measurements, id, cores);
  const ratio = (engine, target) => {
    const ours = find(measurements, engine, id);
    const value = peer && ours?.mbPerSecond ? ours.mbPerSecond / peer.mbPerSecond : undefined;
    if (value === undefined) return ['', target ?? ''];
    return [`${value.toFixed(2)}${target !== undefined && value < target ? ' (missed)' : ''}`, target ?? ''];
  };
  const [value, target] = ratio('s3lect', query?.target?.[cores]);
  const [http, targetHttp] = ratio('s3lect-http', cores === 1 ? query?.targetHttp : undefined);
  return [value, cpuRatio(measurements, 's3lect', id), target, http, cpuRatio(measurements, 's3lect-http', id), targetHttp];
}

/** To the peer that needs the least CPU time: on a machine that others use too it says more than wall time. */
function cpuRatio(measurements, engine, id) {
  const ours = find(measurements, engine, id)?.cpuMs;
  const peers = measurements.filter((one) => one.query === id && one.cpuMs && PEERS.includes(one.engine)).map((one) => one.cpuMs);
  return ours && peers.length > 0 ? (Math.min(...peers) / ours).toFixed(2) : '';
}

function memoryTable(measurements) {
  const engines = enginesOf(measurements);
  const cell = (one) => (one?.peakBytes ? (one.peakBytes / 1e6).toFixed(0) : '');
  const rows = queriesOf(measurements).map((id) => row([id, ...engines.map((engine) => cell(find(measurements, engine, id)))]));
  return [...header(['query', ...engines.map((engine) => NAMES[engine])], 1), ...rows];
}

function speedCell(one) {
  if (!one) return '';
  if (one.error) return 'failed';
  return `${one.mbPerSecond.toFixed(0)} (${one.ms < 10 ? one.ms.toFixed(1) : one.ms.toFixed(0)})`;
}

/** @param {Figure} figure */
function figureRow({ title, value, unit, target }) {
  const met = (target?.most === undefined || value <= target.most) && (target?.least === undefined || value >= target.least);
  const wanted = target === undefined ? '' : target.most === undefined ? `at least ${target.least}` : `at most ${target.most}`;
  const number = Math.abs(value) < 100 ? value.toFixed(2) : value.toFixed(0);
  return row([title, `${number} ${unit}`, wanted, target === undefined ? '' : met ? 'met' : 'missed']);
}

function enginesOf(measurements) {
  return Object.keys(NAMES).filter((engine) => measurements.some((one) => one.engine === engine));
}

function queriesOf(measurements) {
  return [...new Set(measurements.map((one) => one.query))];
}

function titleOf(id) {
  return ALL_QUERIES.find((query) => query.id === id)?.title ?? '';
}

function find(measurements, engine, query) {
  return measurements.find((one) => one.engine === engine && one.query === query);
}

function header(names, textColumns) {
  return [row(names), row(names.map((_, i) => (i < textColumns ? '---' : '---:')))];
}

function row(cells) {
  return `| ${cells.join(' | ')} |`;
}

/**
 * Writes README.md and results.json of a run.
 * @param {Results} results @param {{ keep: boolean }} options not kept: into data/last-run, which git ignores
 * @returns {string} the folder
 */
export function writeRun(results, { keep }) {
  const folder = keep ? freeFolder(`${results.date.slice(0, 10)}-${machineClass(results.machine)}`) : join(DATA_DIR, 'last-run');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'README.md'), summary(results));
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  return folder;
}

function machineClass({ cpus: count, model }) {
  return `${count}cpu-${model
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')}`;
}

function freeFolder(name) {
  for (let n = 1; ; n++) {
    const folder = join(RUNS_DIR, n === 1 ? name : `${name}-${n}`);
    if (!existsSync(folder)) return folder;
  }
}
