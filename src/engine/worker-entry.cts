/**
 * What Piscina loads in a worker thread: the tasks of `worker.ts` by their names. CommonJS, since Piscina requires its file before it
 * would import it, and Node ends the whole process when a thread is stopped while it requires an ES module.
 */
const worker = import('./worker.ts');
for (const task of ['runSplit', 'runPiece', 'describe', 'decodeBlock'] as const) exports[task] = worker.then((tasks) => tasks[task]);
// Piscina takes a thread for ready when it has what it asks for first.
exports.default = worker;
