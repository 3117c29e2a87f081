/** A split in the window of a query: what has been asked of it, and what it has answered. */
import { type ErrorValue, SelectError } from '../base/errors.ts';
import type { Partial } from './aggregate.ts';
import type { SplitWork } from './feed.ts';
import type { OutputRoom } from './output-demand.ts';
import type { OutputMemory } from './output-memory.ts';
import type { QueuedSplit } from './split-queue.ts';
import type { Resume, SplitResult, SplitTask, StartState, TaskResult } from './task.ts';

/** The output of one task, not yet delivered. */
export interface HeldResult {
  readonly result: SplitResult;
  readonly memory: OutputMemory | null;
  /** Where it began, to run it again. */
  readonly resume: Resume | null;
  /** What it holds of the shared budget. */
  readonly held_bytes: number;
}

export interface OpenSplit {
  readonly work: SplitWork;
  /** Its place in the queue of the query, where that has one. */
  queued: QueuedSplit | null;
  /** `queued`: any task of the query may take it, or has done so. */
  phase: 'ready' | 'queued' | 'running' | 'done';
  /** What its task is told; `unknown` until the split before is known to its end. */
  startState: StartState;
  /** What its task took for the state at its start. */
  assumed: StartState | null;
  endState: StartState;
  resume: Resume | null;
  /** The task under way began where it should not have: its result is dropped and the split runs again. */
  stale: boolean;
  held: HeldResult[];
  partials: readonly Partial[] | null;
  consumed_bytes: number;
  error: SelectError | null;
}

export function openSplit(work: SplitWork, startState: StartState): OpenSplit {
  return {
    work,
    queued: null,
    phase: 'ready',
    startState,
    assumed: null,
    endState: 'unknown',
    resume: null,
    stale: false,
    held: [],
    partials: null,
    consumed_bytes: 0,
    error: null,
  };
}

/** The results of a task with what each holds of its reservation: of a block, the last one the rest. */
export function heldResults(
  { splits }: TaskResult,
  { split: own, resume: ownResume }: SplitTask,
  { reserved_bytes, blocks_max }: OutputRoom,
  memories: readonly (OutputMemory | null)[],
): HeldResult[] {
  let kept_bytes = 0;
  return splits.map((result, at) => {
    const [before, next] = [splits[at - 1], splits[at + 1]];
    const { index, block, bytes } = result;
    if (block !== before?.block) kept_bytes = Math.min(reserved_bytes / blocks_max, bytes.buffer.byteLength);
    const held_bytes = block === next?.block ? Math.min(kept_bytes, bytes.length) : kept_bytes;
    kept_bytes -= held_bytes;
    const resume = index === before?.index ? before.resume : index === own.index ? ownResume : null;
    return { result, memory: memories[block]!, resume, held_bytes };
  });
}

/**
 * Takes a result into `open`: the split is then `done`, or `ready` to go on where the task's budget ended. `limit`: the rows that were
 * asked for; `goesOn`: the task has another result of the split. Answers the bytes of the shared budget that are free again: of a
 * result that is dropped.
 */
export function acceptResult(
  open: OpenSplit,
  held: HeldResult,
  { limit, goesOn, record_bytes_max }: { readonly limit: number | null; readonly goesOn: boolean; readonly record_bytes_max: number },
): number {
  const { result, memory, held_bytes } = held;
  if (open.stale) {
    open.stale = goesOn;
    open.phase = 'ready';
    memory?.release();
    return held_bytes;
  }
  open.held.push(held);
  open.assumed ??= result.assumedStart;
  open.resume = result.resume;
  if (result.error !== null) open.error = SelectError.fromValue(result.error);
  const enough = limit !== null && result.rows === limit;
  if (result.resume !== null && result.error === null && !enough) {
    open.phase = 'ready';
    return 0;
  }
  open.phase = 'done';
  open.endState = result.endState;
  open.partials = result.partials;
  open.consumed_bytes = result.consumed_bytes;
  if (result.error === null && !enough) open.error = overlongRecord(open.work, result.consumed_bytes, record_bytes_max);
  return 0;
}

/** Sends `open` back to `resume`, dropping what it had produced since; answers the bytes of the shared budget that this frees. */
export function restart(open: OpenSplit, resume: Resume | null): number {
  const held_bytes = drop(open);
  open.resume = resume;
  open.assumed = open.startState;
  open.error = null;
  if (open.phase === 'running') open.stale = true;
  else open.phase = 'ready';
  return held_bytes;
}

/** Drops all output that waits in `open`; answers what it held of the shared budget. */
export function drop(open: OpenSplit): number {
  let bytes = 0;
  for (const { held_bytes, memory } of open.held) {
    bytes += held_bytes;
    memory?.release();
  }
  open.held = [];
  return bytes;
}

/** Output rows that wait in `open`. */
export function heldRows({ held }: OpenSplit): number {
  let rows = 0;
  for (const { result } of held) rows += result.rows;
  return rows;
}

/** A piece that leaves over more than a record may be long begins there with a record that is longer. */
function overlongRecord({ split, source }: SplitWork, consumed_bytes: number, bytes_max: number): SelectError | null {
  if (source.kind !== 'pushed' || source.last || split.end - split.start - consumed_bytes <= bytes_max) return null;
  const error: ErrorValue = { code: 'OverMaxRecordSize', params: { bytes_max, offset: source.offset + consumed_bytes } };
  return SelectError.fromValue(error);
}
