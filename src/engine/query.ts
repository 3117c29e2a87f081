/**
 * The engine as its callers see it: a query is prepared (admitted, described, compiled: everything that can be wrong before
 * a byte of output), then run.
 */
import { createHash } from 'node:crypto';
import { assert } from '../base/assert.ts';
import type { ByteRange } from '../base/bytes.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Decoding } from '../formats/codecs/block.ts';
import { GUNZIP_TURNS, type InflateStats, inflate } from '../formats/codecs.ts';
import { isCuttable } from '../formats/csv-dialect.ts';
import type { InputFormat, OutputFormat, ScanRange } from '../formats/format.ts';
import { footerBytes } from '../formats/parquet/describe.ts';
import { heldFooterBytes } from '../formats/parquet/footer.ts';
import { whyUncut } from '../formats/serialization.ts';
import { splitsOf } from '../formats/split.ts';
import type { Plan } from '../sql/plan.ts';
import type { ObjectRef, StreamOptions } from '../storage/store.ts';
import type { OutputBlock } from './deliver.ts';
import type { DescribeResult } from './describe.ts';
import { QueryDriver } from './driver.ts';
import { ObjectFeed, type SplitFeed } from './feed.ts';
import { PieceFeed } from './pieces.ts';
import { type Described, LruCache, PlanCache, type PlannedQuery } from './plan-cache.ts';
import { createPool, type Pool } from './pool.ts';
import type { QueryStats } from './query-stats.ts';
import { answerOfFooter, checkReadable, splitsOfPlan } from './row-groups.ts';
import { type Occupant, Scheduler } from './scheduler.ts';
import type { Starts } from './split-window.ts';
import type { PushedSource } from './task.ts';
import { TextStream } from './text-stream.ts';

export type { OutputBlock } from './deliver.ts';
export type { QueryStats } from './query-stats.ts';

export interface EngineOptions {
  /** Worker threads; 0 runs everything in this one. */
  readonly workers: number;
  /** `reference`: the plain kernels for everything, and nothing of Parquet is passed over; what tests compare against. */
  readonly kernels?: 'simd' | 'reference';
  readonly split_bytes?: number;
  readonly window_bytes?: number;
  readonly record_bytes_max?: number;
  readonly queries_active_max?: number;
  readonly queries_queued_max?: number;
  readonly query_deadline_ms?: number;
  /** A query whose client takes nothing for so long gives its place to one that waits for it. */
  readonly query_stall_ms?: number;
  /** `inclusive`: a ScanRange holds the record that begins at its Start. */
  readonly scanRangeBoundaries?: 'shared' | 'inclusive';
}

/** An object to query. The caller opens it, and closes it once `run` has ended or `cancel` has resolved. */
export interface QueryObject {
  /** How workers read it; null when only `stream` can. */
  readonly ref: ObjectRef | null;
  /** Bytes as stored. */
  readonly size: number;
  /** Identity of these bytes; empty when there is none, and then nothing is remembered of the object. */
  readonly etag: string;
  /** Used for compressed objects and for those without a `ref`. It may leave the options aside. */
  stream(range?: ByteRange, signal?: AbortSignal, options?: StreamOptions): AsyncIterable<Uint8Array>;
}

export interface QueryRequest {
  readonly object: QueryObject;
  readonly expression: string;
  readonly input: InputFormat;
  readonly output: OutputFormat;
  readonly scanRange?: ScanRange | null;
  /** What blocks hold: event-stream frames, or bare records. */
  readonly sink: 'frames' | 'blocks';
  /** A block holds only until the next is asked for. */
  readonly reuses?: boolean;
  readonly signal?: AbortSignal;
}

/** A query that is admitted and compiled. It holds a place among the running queries until it is run to its end or cancelled. */
export interface PreparedQuery {
  /** Names of the output columns; null where each record has its own. */
  readonly columns: readonly string[] | null;
  readonly plan: Plan;
  /** Grows while the query runs. */
  readonly stats: Readonly<QueryStats>;
  /**
   * The output, once: blocks of whole frames or whole records, in input order. Throws a `SelectError`, or the reason of the
   * request's signal. When it has ended in any way, nothing reads the object any more.
   */
  run(): AsyncIterable<OutputBlock>;
  /** Ends the query, run or not; a run under way ends quietly. Resolves when nothing reads the object any more. */
  cancel(): Promise<void>;
}

export interface EngineLoad {
  readonly workers: number;
  readonly queries_active: number;
  /** Waiting for others to end. */
  readonly queries_queued: number;
  /** Tasks that workers have, or that wait for them. */
  readonly tasks_running: number;
}

export class Engine {
  readonly #pool: Pool;
  readonly #scheduler: Scheduler;
  readonly #plans: PlanCache;
  readonly #descriptions = new LruCache<Described>(limits.describe_cache_entries_max, limits.describe_cache_bytes_max);
  readonly #record_bytes_max: number;
  readonly #split_bytes: number;
  readonly #query_deadline_ms: number;
  readonly #boundaries: 'shared' | 'inclusive';
  readonly #prunes: boolean;

  constructor(options: EngineOptions) {
    const { kernels = 'simd', window_bytes = limits.window_bytes, record_bytes_max = limits.record_bytes_max } = options;
    const { queries_active_max = limits.queries_active_max, queries_queued_max = limits.queries_queued_max } = options;
    this.#pool = createPool(options);
    const { query_stall_ms = limits.query_stall_ms } = options;
    this.#scheduler = new Scheduler(this.#pool, { queries_active_max, queries_queued_max, query_stall_ms });
    this.#plans = new PlanCache({ kernels, window_bytes, record_bytes_max });
    this.#record_bytes_max = record_bytes_max;
    this.#split_bytes = options.split_bytes ?? limits.split_bytes;
    this.#query_deadline_ms = options.query_deadline_ms ?? limits.query_deadline_ms;
    this.#prunes = kernels !== 'reference';
    this.#boundaries = options.scanRangeBoundaries ?? 'shared';
  }

  /** Raises every error there is before output: `SlowDown`, those of the object's first bytes, those of the expression. */
  async prepare(request: QueryRequest): Promise<PreparedQuery> {
    checkScanRange(request);
    checkAccess(request);
    const waiting = this.#scheduler.admit(request.signal);
    if (waiting !== null) await waiting;
    const text = isPushed(request) ? openText(request, this.#pool.decoding) : null;
    try {
      const described = this.#known(request) ?? (await this.#describe(request, text));
      request.signal?.throwIfAborted();
      const planned = this.#plans.plan(request.expression, described, request.input, request.output);
      if (described.footer !== null) checkReadable(described.footer, planned.plan);
      return this.#prepared(request, described, planned, text);
    } catch (error) {
      await text?.close();
      this.#scheduler.leave();
      throw error;
    }
  }

  /** What there is to do at this moment. */
  get load(): EngineLoad {
    const { active, queued, tasks } = this.#scheduler.load;
    return { workers: this.#pool.workers, queries_active: active, queries_queued: queued, tasks_running: tasks };
  }

  /** Ends the workers. Queries still running fail. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }

  #known({ object, input }: QueryRequest): Described | undefined {
    return object.etag === '' ? undefined : this.#descriptions.get(descriptionKey(object, input));
  }

  async #describe({ object, input }: QueryRequest, pushed: PushedText | null): Promise<Described> {
    const result = pushed === null ? await this.#describeObject(object, input) : await this.#describeText(pushed, input);
    assert(result !== 'more', 'a description reads on until it knows');
    if ('error' in result) throw SelectError.fromValue(result.error);
    const { schema, footer } = result.description;
    const text = JSON.stringify([schema, footer?.schema]);
    // A hash, because the schema of a wide object is long and this is part of the key of every plan.
    const described = { ...result.description, schemaKey: createHash('sha256').update(text).digest('base64') };
    const bytes = 2 * text.length + (footer === null ? 0 : heldFooterBytes(footer));
    if (object.etag !== '') this.#descriptions.set(descriptionKey(object, input), described, bytes);
    return described;
  }

  #describeObject({ ref }: QueryObject, input: InputFormat): Promise<DescribeResult> {
    assert(ref !== null, 'an object without a reference is pushed');
    return this.#pool.describe({ source: ref, input, record_bytes_max: this.#record_bytes_max });
  }

  async #describeText({ stream }: PushedText, input: InputFormat): Promise<DescribeResult> {
    for (let wanted = 64 * 1024; ; wanted *= 4) {
      await stream.fill(wanted + 1);
      const bytes = stream.peek(wanted);
      const all = stream.ended && bytes.length === stream.buffered_bytes;
      // What there is of damaged text may be enough; none of it is not.
      if (all && bytes.length === 0) stream.check();
      const source: PushedSource = { kind: 'pushed', parts: [bytes], offset: 0, last: all && stream.failure === null };
      const result = await this.#pool.describe({ source, input, record_bytes_max: this.#record_bytes_max });
      if (result !== 'more') return result;
      if (all) stream.check();
      assert(!all, 'all of the text is enough to describe it');
    }
  }

  #prepared(request: QueryRequest, described: Described, planned: PlannedQuery, text: PushedText | null): PreparedQuery {
    const { input, output, sink, reuses = false, signal } = request;
    const driver = new QueryDriver(this.#scheduler, {
      planned,
      output,
      sink,
      reuses,
      record_bytes_max: this.#record_bytes_max,
      starts: text === null ? startsOf(input) : 'known',
      parks: input.format === 'parquet',
      queues: text === null,
      utcnow_ms: Date.now(),
    });
    const abort = (): void => driver.fail(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const deadline = setTimeout(() => driver.fail(new SelectError('Busy')), this.#query_deadline_ms).unref();
    let closed: Promise<void> | null = null;
    const close = (): Promise<void> => {
      closed ??= (async () => {
        // A read under way may never end by itself (a pipe), so it is stopped before it is waited for.
        const textClosed = text?.close();
        await driver.close();
        await textClosed;
        clearTimeout(deadline);
        signal?.removeEventListener('abort', abort);
        this.#scheduler.leave(occupant);
      })();
      return closed;
    };
    const occupant: Occupant = {
      get stalledSince_ms() {
        return driver.stalledSince_ms;
      },
      evict: () => {
        driver.fail(new SelectError('RequestTimeout'));
        // Whoever runs the query is told of a failure too.
        close().catch(() => {});
      },
    };
    this.#scheduler.occupy(occupant);
    let started = false;
    const run = async function* (feed: SplitFeed | null): AsyncGenerator<OutputBlock, void, undefined> {
      try {
        yield* driver.run(feed);
      } finally {
        await close();
      }
    };
    return {
      columns: planned.columns,
      plan: planned.plan,
      stats: driver.stats,
      run: () => {
        assert(!started, 'a query runs once');
        started = true;
        return run(this.#feed(request, described, planned.plan, text, driver));
      },
      cancel: () => {
        driver.cancel();
        return close();
      },
    };
  }

  /** Where the splits come from; null when nothing is to be read. */
  #feed(
    { object, input, scanRange = null }: QueryRequest,
    { dataStart, footer }: Described,
    plan: Plan,
    text: PushedText | null,
    driver: QueryDriver,
  ) {
    if (plan.empty || plan.limit === 0) return null;
    if (text !== null) {
      return new PieceFeed(text.stream, {
        input,
        dataStart,
        piece_bytes: Math.min(input.compression === 'gzip' ? limits.gunzip_piece_bytes : limits.piece_bytes, this.#split_bytes),
        record_bytes_max: this.#record_bytes_max,
        ahead: Math.min(2, this.#pool.workers + 1),
        onReady: () => driver.feedReady(),
      });
    }
    assert(object.ref !== null, 'an object without a reference is pushed');
    if (footer !== null) {
      driver.scannedBefore(footerBytes(footer));
      const options = { footer, plan, scanRange, boundaries: this.#boundaries };
      const known = this.#prunes ? answerOfFooter(options) : null;
      if (known !== null) driver.known(known);
      if (known !== null) return null;
      driver.stats.row_groups = { total: 0, ruled_out: 0 };
      const { row_groups } = driver.stats;
      return new ObjectFeed(
        object.ref,
        splitsOfPlan({ ...options, prunes: this.#prunes, split_bytes: this.#split_bytes, counts: row_groups }),
      );
    }
    // What comes before the records has been read too.
    if (scanRange === null) driver.scannedBefore(Math.min(dataStart, object.size));
    const split_bytes = input.format === 'csv' && !isCuttable(input) ? Number.POSITIVE_INFINITY : this.#split_bytes;
    const splits = splitsOf({ dataStart, size: object.size, scanRange, split_bytes, boundaries: this.#boundaries });
    return new ObjectFeed(object.ref, splits);
  }
}

/** Text that comes in order through this thread. */
interface PushedText {
  readonly stream: TextStream;
  close(): Promise<void>;
}

function isPushed({ object, input }: QueryRequest): boolean {
  return input.compression !== 'none' || object.ref === null;
}

function openText({ object, input, signal }: QueryRequest, decoding: Decoding): PushedText {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const stats: InflateStats = { compressed_bytes: 0, inflated_bytes: 0 };
  const streamOptions =
    input.compression === 'gzip'
      ? { piece_bytes: limits.gunzip_piece_bytes, turns: GUNZIP_TURNS }
      : { piece_bytes: limits.stream_read_bytes };
  const stream = new TextStream(
    inflate(input.compression, object.stream(undefined, controller.signal, streamOptions), stats, { decoding }),
    {
      compressed: () => stats.compressed_bytes,
      owned: input.compression !== 'none',
    },
  );
  return {
    stream,
    close: () => {
      signal?.removeEventListener('abort', abort);
      controller.abort();
      return stream.close().catch(() => {});
    },
  };
}

/** Some input can be read from its beginning only. */
function checkScanRange({ scanRange, input, object }: QueryRequest): void {
  if ((scanRange ?? null) === null) return;
  const refuse = (reason: string): never => {
    throw new SelectError('UnsupportedScanRangeInput', { reason });
  };
  const reason = whyUncut(input);
  if (reason !== null) refuse(reason);
  if (object.ref === null) refuse('the object is a stream');
}

/** A footer stands at the end, and columns anywhere. */
function checkAccess({ input, object }: QueryRequest): void {
  if (input.format !== 'parquet' || object.ref !== null) return;
  throw new SelectError('NotImplemented', { reason: 'Parquet from an object that can be read in order only' });
}

/** How a split that does not begin the object comes to know the state it begins in. */
function startsOf(input: InputFormat): Starts {
  if (input.format === 'json') return input.type === 'document' ? 'chained' : 'guessed';
  return input.format === 'csv' && input.allowQuotedRecordDelimiter ? 'guessed' : 'known';
}

function descriptionKey({ etag, size }: QueryObject, input: InputFormat): string {
  return `${etag}\0${size}\0${JSON.stringify(input)}`;
}
