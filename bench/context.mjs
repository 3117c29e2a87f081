// What the suites share.
import { dataset, warmPageCache } from './data.mjs';

/**
 * @typedef {object} Context
 * @property {import('./options.mjs').Options} options
 * @property {import('./report.mjs').Results} results
 * @property {(line: string) => void} log
 * @property {number[]} cpus
 * @property {Map<string, string | number[]>} answers by query
 */

/** Data sets made or checked in this run: --fresh makes each once, and each is read into the page cache once. */
const made = new Set();

/**
 * A data set in the page cache, of the size that the options ask for.
 * @param {Context} context @param {string} name @param {string} [size]
 */
export async function load({ options, log }, name, size = sizeOf(options, name)) {
  const isFirst = !made.has(`${name} ${size}`);
  const data = await dataset(name, { size, fresh: options.fresh && isFirst, log });
  made.add(`${name} ${size}`);
  if (isFirst) await warmPageCache(data.path);
  return data;
}

/** Runs `measure`; what it throws is written down and the run goes on. @param {Context} context */
export async function attempt({ results, log }, title, measure) {
  try {
    await measure();
  } catch (error) {
    log(`${title}: ${error.message}`);
    results.failures.push(`${title}: ${error.stack ?? error}`);
  }
}

/** @param {Context} context @param {import('./report.mjs').Figure} one */
export function figure({ results, log }, one) {
  results.figures.push(one);
  log(`${one.title}: ${one.value.toFixed(2)} ${one.unit}`);
}

function sizeOf(options, name) {
  if (name === 'events') return options.eventsSize;
  if (name === 'document') return options.documentSize;
  if (name.startsWith('parquet')) return options.parquetSize;
  return options.size;
}
