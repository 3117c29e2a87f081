/** A split in the window of a query: what has been asked of it, and what it has answered. */
import { type ErrorValue, SelectError } from '../base/errors.ts';
import type { Partial } from './aggregate.ts';
import type { SplitWork } from './feed.ts';
import type { Resume, SplitTask, StartState, TaskResult } from './task.ts';

/** The output of one task, not yet delivered. */
export interface HeldResult {
  readonly result: TaskResult;
  /** Where its task began, to run it again. */
  readonly resume: Resume | null;
  /** What it holds of the shared budget. */
  readonly held_bytes: number;
}

export interface OpenSplit {
  readonly work: SplitWork;
  phase: 'ready' | 'running' | 'done';
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

/** Takes the result of `task` into `open`: the split is then `done`, or `ready` to go on where the task's budget ended. */
export function acceptResult(open: OpenSplit, task: SplitTask, result: TaskResult, held_bytes: number, record_bytes_max: number): void {
  open.held.push({ result, resume: task.resume, held_bytes });
  open.assumed ??= result.assumedStart;
  open.resume = result.resume;
  if (result.error !== null) open.error = SelectError.fromValue(result.error);
  const enough = task.limit !== null && result.rows === task.limit;
  if (result.resume !== null && result.error === null && !enough) {
    open.phase = 'ready';
    return;
  }
  open.phase = 'done';
  open.endState = result.endState;
  open.partials = result.partials;
  open.consumed_bytes = result.consumed_bytes;
  if (result.error === null && !enough) open.error = overlongRecord(open.work, result.consumed_bytes, record_bytes_max);
}

/** Sends `open` back to `resume`; what it had produced since must have been dropped. */
export function restart(open: OpenSplit, resume: Resume | null): void {
  open.held = [];
  open.resume = resume;
  open.assumed = open.startState;
  open.error = null;
  if (open.phase === 'running') open.stale = true;
  else open.phase = 'ready';
}

/** Output rows that wait in `open`. */
export function heldRows({ held }: OpenSplit): number {
  let rows = 0;
  for (const { result } of held) rows += result.rows;
  return rows;
}

/** Bytes of the shared budget that wait in `open`. */
export function heldBytes({ held }: OpenSplit): number {
  let bytes = 0;
  for (const { held_bytes } of held) bytes += held_bytes;
  return bytes;
}

/** A piece that leaves over more than a record may be long begins there with a record that is longer. */
function overlongRecord({ split, source }: SplitWork, consumed_bytes: number, bytes_max: number): SelectError | null {
  if (source.kind !== 'pushed' || source.last || split.end - split.start - consumed_bytes <= bytes_max) return null;
  const error: ErrorValue = { code: 'OverMaxRecordSize', params: { bytes_max, offset: source.offset + consumed_bytes } };
  return SelectError.fromValue(error);
}
