/** What a query is run with. */
import type { OutputFormat } from '../formats/format.ts';
import type { PlannedQuery } from './plan-cache.ts';
import type { Starts } from './split-window.ts';

export interface DriverOptions {
  readonly planned: PlannedQuery;
  readonly output: OutputFormat;
  readonly sink: 'frames' | 'blocks';
  /** A block's memory is used again when the next block is asked for. */
  readonly reuses: boolean;
  readonly record_bytes_max: number;
  readonly starts: Starts;
  /** A task goes on best on the thread where the one before it ended: a query has no more tasks than there are threads. */
  readonly parks: boolean;
  /** Workers read the object, so that a task can take further splits of it. */
  readonly queues: boolean;
  readonly utcnow_ms: number;
}
