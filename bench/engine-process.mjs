// One engine in a process of its own, so that its threads are pinned and its peak memory is its own. Started by engine-host.mjs:
//   node engine-process.mjs ENGINE THREADS DIST_DIR
import { closeSync, openSync } from 'node:fs';
import { peakMemoryBytes } from './processes.mjs';

/**
 * @callback OpenEngine
 * @param {{ threads: number, distDir: string }} options
 * @returns {Promise<Engine>}
 *
 * @typedef {object} Engine
 * @property {(query: import('./queries.mjs').Query, dataset: import('./data.mjs').Dataset, sink: Sink) => Promise<void>} run
 * answers the query as CSV without a header line into the sink
 *
 * @typedef {{ path: string, fd: number }} Sink the same file as a path and as a descriptor opened for writing
 *
 * @typedef {{ ms: number, cpuMs: number, peakBytes: number }} Run
 */

const [, , name, threads, distDir] = process.argv;

try {
  const { open } = await import(`./engines/${name}.mjs`);
  const engine = await open({ threads: Number(threads), distDir });
  process.on('message', async ({ query, dataset, sinkPath }) => {
    try {
      process.send(await timed(engine, query, dataset, sinkPath));
    } catch (error) {
      process.send({ error: String(error?.stack ?? error) });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send({ ready: true });
} catch (error) {
  process.send({ error: String(error?.stack ?? error) });
}

/** @returns {Promise<Run>} */
async function timed(engine, query, dataset, sinkPath) {
  const sink = { path: sinkPath, fd: openSync(sinkPath, 'w') };
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  await engine.run(query, dataset, sink);
  const ms = performance.now() - before;
  const cpu = process.cpuUsage(cpuBefore);
  closeSync(sink.fd);
  return { ms, cpuMs: (cpu.user + cpu.system) / 1000, peakBytes: peakMemoryBytes('self') };
}
