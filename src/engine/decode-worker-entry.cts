/** What Piscina loads in the thread of `decode-worker.ts`; why it is CommonJS, see `worker-entry.cts`. */
exports.decodeStream = import('./decode-worker.ts').then(({ decodeStream }) => decodeStream);
