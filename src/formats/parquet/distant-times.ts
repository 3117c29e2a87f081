/**
 * Timestamps of INT96 that lie outside of what nanoseconds in an i64 reach, the years 1677 to 2262. A column has codes in their place:
 * counts next to the least and the greatest i64, so that they compare with all others as the times do.
 */
import type { Memory } from '../../kernels/memory.ts';
import { INT96_ENDS } from '../../kernels/parquet-kernels.ts';
import { Timestamp } from '../../vector/timestamp.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import type { Items } from './value-form.ts';

export class DistantTimes {
  readonly #memory: Memory;
  readonly #times: { readonly day: number; readonly nanos: bigint }[] = [];
  /** The first ones are those of the dictionary. */
  #kept = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Some counts are codes. */
  get some(): boolean {
    return this.#times.length > 0;
  }

  /** Keeps the ones there are. */
  keep(): void {
    this.#kept = this.#times.length;
  }

  /** Forgets those that are not kept. */
  clear(): void {
    // why: each batch of each column asks for it, and setting a length is slow.
    if (this.#times.length > this.#kept) this.#times.length = this.#kept;
  }

  /** Puts codes where `takeInt96` left the least and the greatest count. False: there are too many. */
  encode(values: number, { positions, shift, rows, count }: Items, into: number): boolean {
    const { wasm, u32 } = this.#memory;
    const counts = new BigInt64Array(wasm.buffer);
    const view = new DataView(wasm.buffer);
    for (let j = 0; j < count; j++) {
      const at = (into >> 3) + (rows === 0 ? j : u32[(rows >> 2) + j]!);
      if (counts[at] !== LEAST && counts[at] !== GREATEST) continue;
      const code = this.#times.length;
      if (code === INT96_ENDS) return false;
      const from = values + 12 * ((positions === 0 ? j : u32[(positions >> 2) + j]!) + shift);
      this.#times.push({ nanos: view.getBigInt64(from, true), day: view.getInt32(from + 8, true) });
      counts[at] = counts[at] === LEAST ? LEAST + BigInt(code) : GREATEST - BigInt(code);
    }
    return true;
  }

  /** What a count stands for; undefined: for itself. */
  valueOf(count: bigint): SqlValue | undefined {
    const code = count < 0n ? count - LEAST : GREATEST - count;
    const time = code < this.#times.length ? this.#times[Number(code)] : undefined;
    return time === undefined ? undefined : momentOf(time.day, time.nanos);
  }
}

const LEAST = -(2n ** 63n);
const GREATEST = 2n ** 63n - 1n;
const JULIAN_EPOCH = 2_440_588;
const SECOND = 1_000_000_000n;

/** `nanos` since the midnight of a Julian day; they may be more than a day's, or negative. */
function momentOf(day: number, nanos: bigint): SqlValue {
  const fraction = ((nanos % SECOND) + SECOND) % SECOND;
  const seconds = (day - JULIAN_EPOCH) * 86_400 + Number((nanos - fraction) / SECOND);
  const moment = Timestamp.fromEpoch(seconds, 'second', String(fraction).padStart(9, '0'), null);
  if (moment !== null) return moment;
  const value = `Julian day ${day} and ${nanos} nanoseconds lie outside the years 1 to 9999`;
  return new Failure({ code: 'ValueParseFailure', params: { value } });
}
