/**
 * The contract between the query driver (main thread) and the split task (worker). Everything here is plain data; nothing
 * streams across the thread boundary. A task is stateless: what it knows is in its arguments.
 */
import type { ErrorValue } from '../base/errors.ts';
import type { InputFormat, OutputFormat, Split } from '../formats/format.ts';
import type { ParquetSchema } from '../formats/parquet/metadata.ts';
import type { ScanResume, StartState } from '../formats/scan.ts';
import type { Plan } from '../sql/plan.ts';
import type { ObjectRef } from '../storage/store.ts';
import type { InputSchema } from '../vector/schema.ts';
import type { Partial } from './aggregate.ts';
import type { QueuedSplit, SharedSplits } from './split-queue.ts';

/** What a worker needs to know of a query once; cached in the worker under `planId`. */
export interface Program {
  readonly plan: Plan;
  readonly schema: InputSchema;
  /** Of Parquet; null for other formats. */
  readonly parquet: ParquetSchema | null;
  readonly input: InputFormat;
  readonly output: OutputFormat;
  readonly record_bytes_max: number;
  /** `reference` runs every dialect on the plain kernels: what the tests compare against. */
  readonly kernels: 'simd' | 'reference';
  /** Bytes a kernel sees at once; tests use tiny ones. */
  readonly window_bytes: number;
}

/** Where the bytes of a split are: in the object, or handed over by the driver (decompressed pieces). */
export type SplitSource = ObjectRef | PushedSource;

export interface PushedSource {
  readonly kind: 'pushed';
  /** The bytes, in order. A pool may move them to a thread, but has put them back here when the task has ended. */
  parts: readonly Uint8Array[];
  readonly offset: number;
  readonly last: boolean;
}

export type { StartState } from '../formats/scan.ts';

/** Where a task stopped: the first record it has not delivered, and the aggregates so far. */
export interface Resume extends ScanResume {
  readonly partials: readonly Partial[] | null;
  /** The thread that keeps its scan open: it goes on fastest there. Null: none does. */
  readonly thread: number | null;
}

export interface SplitTask {
  readonly planId: string;
  /** Unique in this process: queries with one plan may read different objects. */
  readonly queryId: number;
  /** The program, serialized once per query (`node:v8`). */
  readonly program: SharedArrayBuffer;
  readonly source: SplitSource;
  readonly split: Split | QueuedSplit;
  readonly startState: StartState;
  readonly resume: Resume | null;
  /** Further splits, for as long as the budget lasts; null: there are none to take. */
  readonly more: SharedSplits | null;
  /** What they are told of the state they begin in. */
  readonly moreStartState: StartState;
  /** Output rows still wanted; null without LIMIT. */
  readonly limit: number | null;
  /** Of one block of output. */
  readonly output_bytes_max: number;
  /** Blocks it may fill before it returns, as far as there is memory that goes round for them. */
  readonly blocks_max: number;
  readonly time_ms: number;
  /** One Int32: non-zero cancels the query. */
  readonly cancel: SharedArrayBuffer;
  /** `frames`: sealed event-stream frames, then an unsealed tail. `blocks`: bare records. */
  readonly sink: 'frames' | 'blocks';
  /** UTCNOW of the query, ms since the epoch. */
  readonly utcnow_ms: number;
  /** The memory of its output comes back when it has been sent. */
  readonly reuses: boolean;
  /** Such memory, one for each block, added by the pool: used where it is large enough. To make and free new memory costs more than to fill it. */
  readonly spares?: readonly SharedArrayBuffer[];
}

export interface TaskResult {
  /** Of the task's split, then of those it took of `more`: for each one after the other, what went into the blocks it stands in. */
  readonly splits: readonly SplitResult[];
}

/** What a task made of a split, or of a part of one: as much as went into one block. */
export interface SplitResult {
  /** That of the split. */
  readonly index: number;
  /** The block it went into: the first is 0. */
  readonly block: number;
  /**
   * Sealed frames (sink `frames`), then the tail: whole records not yet framed. A part of the block, which is one of the `spares`
   * given, or transferred. A pool puts that very object here where its copy came from a thread.
   */
  bytes: Uint8Array;
  readonly sealed_bytes: number;
  /** Records bytes inside the sealed frames, without framing. */
  readonly payload_bytes: number;
  /** Output rows in `bytes`. */
  readonly rows: number;
  readonly partials: readonly Partial[] | null;
  /** Bytes of the object that this task read, of text those of the split; and what they were after decompression. */
  readonly scanned_bytes: number;
  readonly processed_bytes: number;
  /** Set when the block or the budget ended before the split did. */
  readonly resume: Resume | null;
  /** The state assumed where the split starts, and found where it ends; equal for the next split or it must be run again. */
  readonly assumedStart: StartState;
  readonly endState: StartState;
  /** For pushed bytes: how many of them were consumed (the rest is an unfinished record); else 0. */
  readonly consumed_bytes: number;
  /** Holds after the rows in `bytes`: nothing after it may be delivered. */
  readonly error: ErrorValue | null;
}
