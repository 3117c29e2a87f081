// The server's peak memory while clients pull big answers at very different speeds, and what their hanging up frees.
import { withServer } from './http.mjs';
import { selectRequest } from './server.mjs';

const FAST_CLIENTS = 3;
const SLOW_BYTES_PER_SECOND = 1e6;
const HANG_UP_CLIENTS = 4;
const HANG_UP_ROUNDS = 5;
const READ_MS_BEFORE_HANGING_UP = 300;

/**
 * @typedef {object} MemoryResult
 * @property {number} idleBytes peak memory of the started server
 * @property {number} peakBytes under three clients that read as fast as they can and one that reads 1 MB/s, then hangs up
 * @property {number} slowBytes what the slow one got
 * @property {number} fastMbPerSecond what the others got together
 * @property {number} idleQueryMs a query on a small object while nothing else runs
 * @property {number} afterHangUpMs the same just after four clients hung up in mid-answer, the slowest of five times
 */

/**
 * @param {object} options
 * @param {import('./queries.mjs').Query} options.query a query with a big answer
 * @param {import('./data.mjs').Dataset} options.dataset
 * @param {import('./queries.mjs').Query} options.shortQuery
 * @param {import('./data.mjs').Dataset} options.tiny
 * @param {number[]} options.cpus
 * @param {number} options.seconds
 * @param {string} options.distDir
 * @returns {Promise<MemoryResult>}
 */
export function measureMemory({ query, dataset, shortQuery, tiny, cpus, seconds, distDir }) {
  return withServer({ serverCpus: cpus, clientCpus: cpus, distDir }, async (server, job) => {
    const idleBytes = server.peakBytes();
    const request = await selectRequest(query, dataset, server.port);
    const shortRequest = await selectRequest(shortQuery, tiny, server.port);
    const startedAt = performance.now();
    const crowd = await job('crowd', { request, fastClients: FAST_CLIENTS, bytesPerSecond: SLOW_BYTES_PER_SECOND, seconds });
    const crowdMs = performance.now() - startedAt;
    const peakBytes = server.peakBytes();
    const hangUps = [];
    for (let round = 0; round < HANG_UP_ROUNDS; round++) {
      hangUps.push(await job('hangUp', { request, shortRequest, clients: HANG_UP_CLIENTS, readMs: READ_MS_BEFORE_HANGING_UP }));
    }
    return {
      idleBytes,
      peakBytes,
      slowBytes: crowd.slowBytes,
      fastMbPerSecond: crowd.fastBytes / 1000 / crowdMs,
      idleQueryMs: Math.min(...hangUps.map((round) => round.idleMs)),
      afterHangUpMs: Math.max(...hangUps.map((round) => round.afterHangUpMs)),
    };
  });
}
