/** The entry of a thread that helps another to make files durable. */
import { workerData } from 'node:worker_threads';
import { helpToSync } from './sync-threads.ts';

if (workerData instanceof Int32Array) helpToSync(workerData);
