/** What queries have in common: descriptions of objects and compiled plans, kept in bounded caches. */
import { limits } from '../base/limits.ts';
import type { InputFormat, OutputFormat } from '../formats/format.ts';
import { compileQuery, outputColumns } from '../sql/compile.ts';
import type { Plan } from '../sql/plan.ts';
import type { Description } from './describe.ts';
import { encodeProgram } from './program-bytes.ts';
import type { Program } from './task.ts';

/** A map that forgets what was not used for longest, bounded in entries and in bytes. */
export class LruCache<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly bytes: number }>();
  readonly #entries_max: number;
  readonly #bytes_max: number;
  #bytes = 0;

  constructor(entries_max: number, bytes_max: number) {
    this.#entries_max = entries_max;
    this.#bytes_max = bytes_max;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** `bytes`: what `value` holds; the key is counted on top. A value over the bound is not kept. */
  set(key: string, value: Value, bytes: number): void {
    const entry = { value, bytes: bytes + 2 * key.length };
    if (entry.bytes > this.#bytes_max) return;
    this.#drop(key);
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytes_max && this.#entries.size <= this.#entries_max) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}

/** `schemaKey` stands for the schema. */
export type Described = Description & { readonly schemaKey: string };

/** A query ready to be sent to workers. */
export interface PlannedQuery {
  /** Unique in this process: in-process tasks of several engines share one cache of decoded programs. */
  readonly planId: string;
  readonly plan: Plan;
  /** Names of the output columns; null where each record has its own (`SELECT *` without a header). */
  readonly columns: readonly string[] | null;
  readonly program: SharedArrayBuffer;
}

/** What every program of one engine shares. */
export type ProgramOptions = Pick<Program, 'record_bytes_max' | 'kernels' | 'window_bytes'>;

let plans_made = 0;

/** Compiles expressions, each once for one schema and one pair of serializations. */
export class PlanCache {
  readonly #cache = new LruCache<PlannedQuery>(Number.POSITIVE_INFINITY, limits.plan_cache_bytes_max);
  readonly #options: ProgramOptions;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  /** Raises every error a query can have before a byte is read. */
  plan(expression: string, { schema, footer, schemaKey }: Described, input: InputFormat, output: OutputFormat): PlannedQuery {
    const key = `${schemaKey}\0${JSON.stringify(input)}\0${JSON.stringify(output)}\0${expression}`;
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const plan = compileQuery(expression, schema);
    const program = encodeProgram({ plan, schema, parquet: footer?.schema ?? null, input, output, ...this.#options });
    plans_made++;
    const planned = { planId: `plan-${plans_made}`, plan, columns: outputColumns(plan, schema), program };
    // The plan as objects takes about as much again as its serialized form.
    this.#cache.set(key, planned, 3 * program.byteLength);
    return planned;
  }
}
