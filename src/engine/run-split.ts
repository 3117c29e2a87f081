/**
 * The split task: scan, filter, then rows or partial aggregates, within a budget. A plain synchronous function that knows only
 * its arguments; it runs in a worker, or in process.
 */
import { threadId } from 'node:worker_threads';
import { type ErrorValue, SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Split } from '../formats/format.ts';
import { prepareReader } from '../formats/reader.ts';
import type { Reader, Scan, ScanResume, ScanTraffic } from '../formats/scan.ts';
import { type ThreadKernels, threadKernels } from '../kernels/load.ts';
import { callsFunction } from '../sql/expression-walk.ts';
import type { Plan } from '../sql/plan.ts';
import { initialPartials, type Partial } from './aggregate.ts';
import { type Accumulate, compileAggregates } from './operators/aggregate.ts';
import { compileFilter, type Filter } from './operators/filter.ts';
import { compileProjection, type Project } from './operators/project.ts';
import { recordColumnsOf } from './operators/record.ts';
import { Output, type SplitOutput } from './output.ts';
import { decodeProgram } from './program-bytes.ts';
import { byteSource } from './source.ts';
import { splitAt, takeSplit } from './split-queue.ts';
import type { Program, SplitResult, SplitTask, TaskResult } from './task.ts';
import { Machine } from './typed/node.ts';

/** A program made ready on this thread. Its constants lie in the thread's memory, so only one is ready at a time. */
interface Prepared {
  readonly planId: string;
  /** The time compiled in; null where the plan does not ask for it. */
  readonly utcnow_ms: number | null;
  readonly program: Program;
  readonly thread: ThreadKernels;
  readonly reader: Reader;
  readonly filter: Filter;
  readonly project: Project | null;
  readonly accumulate: Accumulate | null;
}

/**
 * The scan of the last task, which ended before its split did: the next task goes on with it where it can, since pages of
 * Parquet would have to be decoded again. What it has decoded lies in the thread's memory until another scan is opened.
 */
interface Parked {
  readonly queryId: number;
  readonly prepared: Prepared;
  readonly split: Split;
  readonly resume: ScanResume;
  readonly scan: Scan;
}

let parked: Parked | null = null;

/** Errors are values in the result; what is thrown is a bug of ours. */
export function runSplit(task: SplitTask): TaskResult {
  const run: TaskRun = {
    task,
    prepared: prepare(task),
    cancel: new Int32Array(task.cancel),
    deadline_ms: performance.now() + task.time_ms,
  };
  const splits: SplitResult[] = [];
  let work: SplitWork | null = { split: splitOf(task), startState: task.startState, resume: task.resume };
  for (let block = 0; work !== null; block++) work = fillBlock(run, work, block, splits);
  return { splits };
}

/** Adds what goes into one block, from `work` on, to `results`; answers what to go on with in the next one, null where the task ends. */
function fillBlock(run: TaskRun, work: SplitWork, block: number, results: SplitResult[]): SplitWork | null {
  const { task, prepared } = run;
  const { thread, program } = prepared;
  const spares = task.spares ?? [];
  const output = new Output(thread.memory, task.sink, task.output_bytes_max, program.record_bytes_max);
  const outcomes: SplitOutcome[] = [];
  let last = work;
  for (let next: SplitWork | null = work; next !== null; ) {
    last = next;
    const outcome = new SplitRun(run, output, last).run();
    outcomes.push(outcome);
    next = outcome.resume !== null || outcome.error !== null || output.full ? null : nextWork(run);
  }
  const outputs = output.finish(spares[block]);
  for (const [index, outcome] of outcomes.entries()) results.push(resultOf(outcome, block, outputs[index]!));
  const { resume, error } = outcomes.at(-1)!;
  if (error !== null || block + 1 >= spares.length || isOver(run)) return null;
  return resume === null ? nextWork(run) : { split: last.split, startState: last.startState, resume };
}

// why: by name, because objects that others are spread into are slow to make and to read, and row groups are many.
function resultOf(
  { index, rows, partials, scanned_bytes, processed_bytes, resume, assumedStart, endState, consumed_bytes, error }: SplitOutcome,
  block: number,
  { bytes, sealed_bytes, payload_bytes }: SplitOutput,
): SplitResult {
  return {
    index,
    block,
    bytes,
    sealed_bytes,
    payload_bytes,
    rows,
    partials,
    scanned_bytes,
    processed_bytes,
    resume,
    assumedStart,
    endState,
    consumed_bytes,
    error,
  };
}

/** A task under way, over one split or several. */
interface TaskRun {
  readonly task: SplitTask;
  readonly prepared: Prepared;
  readonly cancel: Int32Array;
  deadline_ms: number;
}

interface SplitWork extends Pick<SplitTask, 'startState' | 'resume'> {
  readonly split: Split;
}

function splitOf({ split, queryId }: SplitTask): Split {
  if (!('stretch' in split)) return split;
  if (parked?.queryId === queryId && parked.split.index === split.index) return parked.split;
  return splitAt(split.stretch, split.place);
}

/** A result but for its output. */
type SplitOutcome = Omit<SplitResult, keyof SplitOutput | 'block'>;

/** The next split, where the budget is not used up. */
function nextWork(run: TaskRun): SplitWork | null {
  const { more, moreStartState } = run.task;
  if (more === null || isOver(run)) return null;
  const split = takeSplit(more);
  return split === null ? null : { split, startState: moreStartState, resume: null };
}

function isOver({ cancel, deadline_ms }: TaskRun): boolean {
  return performance.now() > deadline_ms || Atomics.load(cancel, 0) !== 0;
}

let current: Prepared | undefined;

function prepare(task: SplitTask): Prepared {
  if (current?.planId === task.planId && (current.utcnow_ms === null || current.utcnow_ms === task.utcnow_ms)) return current;
  const program = current?.planId === task.planId ? current.program : decodeProgram(task.program);
  const thread = threadKernels(program.record_bytes_max);
  // why: from here on the constants of the program before are gone, also where this one cannot be made ready.
  current = undefined;
  thread.constants.reset();
  const context = { utcnow_ms: task.utcnow_ms };
  const { plan, input } = program;
  const { projection } = plan;
  const machine = program.kernels === 'simd' ? new Machine(thread) : null;
  const takesRecords = projection.kind === 'rows' && projection.items.some(({ kind }) => kind === 'record');
  const reader = prepareReader(program.kernels === 'simd' ? thread : { ...thread, simd: thread.reference }, input, program.parquet, {
    columns: plan.columns,
    source: plan.source,
    predicates: plan.predicates,
    record_columns: takesRecords ? recordColumnsOf(program.schema) : 0,
  });
  current = {
    planId: task.planId,
    utcnow_ms: readsClock(plan) ? task.utcnow_ms : null,
    program,
    thread,
    reader,
    project: projection.kind === 'rows' ? compileProjection(program, projection.items, thread, machine, context) : null,
    accumulate: projection.kind === 'aggregation' ? compileAggregates(projection.aggregates, machine, context) : null,
    // why: typed conditions take what room for constants is left, the projection needs some
    filter: compileFilter(plan, machine, context),
  };
  return current;
}

function readsClock({ filter, projection }: Plan): boolean {
  const selected =
    projection.kind === 'rows'
      ? projection.items.flatMap((item) => (item.kind === 'record' ? [] : [item.expression]))
      : projection.aggregates.flatMap(({ argument }) => argument ?? []);
  return [filter ?? [], selected].flat().some((expression) => callsFunction(expression, 'UTCNOW'));
}

const REOPENED_TIMES = 4;

const NO_TRAFFIC: ScanTraffic = { read_bytes: 0, decompressed_bytes: 0 };

class SplitRun {
  readonly #run: TaskRun;
  readonly #output: Output;
  readonly #work: SplitWork;
  readonly #partials: Partial[] | null;
  #rows = 0;
  #error: ErrorValue | null = null;
  /** Of the scan before this task. */
  #traffic: ScanTraffic = NO_TRAFFIC;
  /** Where the next task goes on; null when the split is done. */
  #resumeAt: ScanResume | null = null;

  constructor(run: TaskRun, output: Output, work: SplitWork) {
    this.#run = run;
    this.#output = output;
    this.#work = work;
    const { projection } = run.prepared.program.plan;
    this.#partials =
      projection.kind === 'aggregation'
        ? ((work.resume?.partials as Partial[] | null | undefined) ?? initialPartials(projection.aggregates))
        : null;
  }

  run(): SplitOutcome {
    let scan: Scan | null = null;
    try {
      const kept = this.#unpark();
      scan = kept ?? this.#open();
      // why: what it takes to open such a scan in the middle again is spread over more work.
      if (kept === null && scan.rewind !== undefined && this.#work.resume !== null) {
        this.#run.deadline_ms = performance.now() + REOPENED_TIMES * this.#run.task.time_ms;
      }
      if (scan.assumedStart !== 'unknown') this.#scan(scan);
    } catch (error) {
      if (!(error instanceof SelectError)) throw error;
      this.#error = error.toValue();
    }
    this.#output.endSplit();
    return this.#result(scan);
  }

  #unpark(): Scan | null {
    const left = parked;
    parked = null;
    const { split, resume } = this.#work;
    const { task, prepared } = this.#run;
    if (left === null || resume === null || left.prepared !== prepared || left.queryId !== task.queryId) return null;
    if (left.split.index !== split.index || left.resume.offset !== resume.offset) return null;
    const { scan } = left;
    this.#traffic = { ...(scan.traffic ?? NO_TRAFFIC) };
    return scan.rewind?.(resume) === true ? scan : null;
  }

  #open(): Scan {
    this.#traffic = NO_TRAFFIC;
    const { source, limit } = this.#run.task;
    const { program, reader } = this.#run.prepared;
    const { split, startState, resume } = this.#work;
    return reader.open({
      split,
      startState,
      resume,
      source: byteSource(source),
      record_bytes_max: program.record_bytes_max,
      window_bytes: limit === null ? program.window_bytes : Math.min(program.window_bytes, limits.window_bytes_first),
      unfinished: source.kind === 'pushed' && !source.last,
    });
  }

  #scan(scan: Scan): void {
    const { cancel, task, deadline_ms } = this.#run;
    const output = this.#output;
    const { filter, project, accumulate } = this.#run.prepared;
    const { limit } = task;
    while (Atomics.load(cancel, 0) === 0 && scan.next()) {
      const failure = filter(scan);
      if (accumulate !== null) {
        if (scan.count > 0) accumulate(scan, this.#partials!);
      } else if (scan.count > 0) {
        const wanted = limit === null ? scan.count : Math.min(scan.count, limit - this.#rows);
        const { rows, error } = project!(scan, output, wanted);
        this.#rows += rows;
        if (error !== null) {
          this.#error = error;
          return;
        }
        if (this.#rows === limit) return;
        if (rows < wanted) {
          this.#resumeAt = scan.resumeAt(scan.selected()[rows]!);
          return;
        }
      }
      if (failure !== null) {
        this.#error = failure;
        return;
      }
      // why: a split whose last record is read goes on to its end, where its quote state is found.
      if (scan.position <= this.#endOf(scan) && (output.full || performance.now() > deadline_ms)) {
        this.#resumeAt = scan.resumeAt(null);
        return;
      }
    }
  }

  #result(scan: Scan | null): SplitOutcome {
    const { split } = this.#work;
    const { prepared, task } = this.#run;
    const { source, queryId } = task;
    const resumed =
      scan !== null && this.#resumeAt !== null && this.#resumeAt.offset <= this.#endOf(scan) && this.#error === null
        ? { ...this.#resumeAt, partials: this.#partials, thread: scan.rewind === undefined ? null : threadId }
        : null;
    if (scan?.rewind !== undefined && resumed !== null) parked = { queryId, prepared, split, resume: resumed, scan };
    const { scanned_bytes, processed_bytes } = this.#bytesRead(scan);
    return {
      index: split.index,
      rows: this.#rows,
      partials: this.#partials,
      scanned_bytes,
      processed_bytes,
      resume: resumed,
      assumedStart: scan?.assumedStart ?? 'unknown',
      endState: scan?.endState ?? 'outside',
      consumed_bytes: source.kind === 'pushed' && scan !== null ? scan.position - source.offset : 0,
      error: this.#error,
    };
  }

  /** The last offset at which a record of the split may begin. */
  #endOf(scan: Scan): number {
    return scan.end ?? this.#work.split.end;
  }

  #bytesRead(scan: Scan | null): Pick<SplitResult, 'scanned_bytes' | 'processed_bytes'> {
    const { split, resume } = this.#work;
    const traffic = scan?.traffic ?? null;
    if (traffic !== null) {
      const { read_bytes, decompressed_bytes } = this.#traffic;
      return {
        scanned_bytes: traffic.read_bytes - read_bytes,
        processed_bytes: traffic.decompressed_bytes - decompressed_bytes,
      };
    }
    if (split.rowGroup !== undefined) return { scanned_bytes: 0, processed_bytes: 0 };
    const from = Math.min(resume?.offset ?? split.start, split.end);
    const to = this.#resumeAt === null ? split.end : Math.min(this.#resumeAt.offset, split.end);
    return { scanned_bytes: to - from, processed_bytes: to - from };
  }
}
