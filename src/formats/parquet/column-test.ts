/** Predicates on typed columns, ready to run: their constants lie in the memory of the thread. */
import type { Constants } from '../../kernels/constants.ts';
import { bound, NEEDLE_BYTES_MAX } from '../../kernels/kernels.ts';
import type { ThreadKernels } from '../../kernels/load.ts';
import { INT96_ENDS, openBound } from '../../kernels/parquet-kernels.ts';
import type { ScanPredicate } from '../../vector/predicate.ts';
import type { Literal } from '../../vector/value.ts';
import { containedText } from '../predicate-kernels.ts';
import { type IntegerRange, integerOf, integerRange, overlap } from './integer-range.ts';
import type { Leaf } from './metadata.ts';
import { type ValueForm, valueForm } from './value-form.ts';

/** Keeps values: answers the numbers, counted from `base`, of those of `count` values from an address on that pass. */
export type KeepValues = (values: number, count: number, base: number, into: number) => number;

export interface ValuesTest {
  readonly kind: 'values';
  /** A NULL passes; it is not among the values. */
  readonly passes_null: boolean;
  /** Loaded values. */
  readonly loaded: KeepValues;
  /** Fields whose bytes ascend in memory; the same as `loaded` where nothing is faster. */
  readonly ascending: KeepValues;
  /** Values of a fixed width as PLAIN has them; null where they have to be loaded. */
  readonly stored: KeepValues | null;
  /** How long it takes for a value, from 0 on. */
  readonly cost: number;
}

export type ColumnTest = { readonly kind: 'null'; readonly wants_null: boolean; readonly cost: number } | ValuesTest;

/** Null: the scan does not decide such a predicate. */
export function columnTest(thread: ThreadKernels, predicate: ScanPredicate, leaf: Leaf): ColumnTest | null {
  if (predicate.kind === 'null') return { kind: 'null', wants_null: !predicate.negated, cost: 0 };
  const form = valueForm(leaf);
  if (leaf.physical === 'INT96' && !constantsOf(predicate).every((literal) => isNear(form, literal))) return null;
  const keeps = form.kind === 'string' ? textTest(thread, predicate) : numberTest(thread, predicate, leaf, form);
  if (keeps === null) return null;
  const passes_null = predicate.kind === 'member' && predicate.negated;
  return { kind: 'values', passes_null, ascending: keeps.loaded, stored: null, cost: form.kind === 'string' ? 1 : 0, ...keeps };
}

function constantsOf(predicate: Exclude<ScanPredicate, { kind: 'null' }>): readonly Literal[] {
  switch (predicate.kind) {
    case 'range':
      return [predicate.low ?? [], predicate.high ?? []].flat();
    case 'member':
      return predicate.values;
    default:
      return [];
  }
}

/** Whether a timestamp is none of those for which INT96 has codes. */
function isNear(form: ValueForm, literal: Literal): boolean {
  const [low, high] = [INT64.low + BigInt(INT96_ENDS), INT64.high - BigInt(INT96_ENDS)];
  return typeof integerOf(form, literal, { low, high }) === 'bigint';
}

type Keeps = Pick<ValuesTest, 'loaded'> & Partial<Omit<ValuesTest, 'kind' | 'passes_null'>>;

function textTest(thread: ThreadKernels, predicate: ScanPredicate): Keeps | null {
  switch (predicate.kind) {
    case 'range':
      return textRange(thread, predicate);
    case 'member':
      return textMember(thread, predicate.values, predicate.negated);
    case 'like':
      return textLike(thread, predicate);
    default:
      return null;
  }
}

type SelectTexts = (fields: number, count: number, into: number) => number;

/** Kernels over fields count from 0. */
function textKeeps({ memory }: ThreadKernels, select: SelectTexts): KeepValues {
  return (fields, count, base, into) => {
    const kept = select(fields, count, into);
    if (base !== 0) for (let at = into >> 2; at < (into >> 2) + kept; at++) memory.u32[at]! += base;
    return kept;
  };
}

function textRange(thread: ThreadKernels, predicate: Extract<ScanPredicate, { kind: 'range' }>): Keeps | null {
  const { low, high, negated } = predicate;
  if ((low !== null && low.type !== 'string') || (high !== null && high.type !== 'string')) return null;
  const [lowText, highText] = [Buffer.from(low?.text ?? ''), Buffer.from(high?.text ?? '')];
  const bounds = {
    low: thread.constants.bytes(lowText),
    lowLength: lowText.length,
    lowBound: low === null ? bound.none : predicate.lowInclusive ? bound.inclusive : bound.exclusive,
    high: thread.constants.bytes(highText),
    highLength: highText.length,
    highBound: high === null ? bound.none : predicate.highInclusive ? bound.inclusive : bound.exclusive,
  };
  return { loaded: textKeeps(thread, (fields, count, into) => thread.simd.selectText(fields, 0, count, bounds, negated, into)) };
}

function textMember(thread: ThreadKernels, values: readonly Literal[], negated: boolean): Keeps | null {
  const texts = new Set<string>();
  for (const value of values) {
    if (value.type !== 'string') return null;
    texts.add(value.text);
  }
  const set = thread.constants.textSet([...texts].map((text) => Buffer.from(text)));
  return { loaded: textKeeps(thread, (fields, count, into) => thread.simd.selectIn(fields, 0, count, set, texts.size, negated, into)) };
}

function textLike(thread: ThreadKernels, { pattern, negated }: Extract<ScanPredicate, { kind: 'like' }>): Keeps {
  const program = thread.constants.likeProgram(pattern);
  const loaded = textKeeps(thread, (fields, count, into) => thread.simd.selectLike(fields, 0, count, program, negated, into));
  const text = negated ? null : containedText(pattern);
  const needle = Buffer.from(text ?? '');
  if (needle.length === 0 || needle.length > NEEDLE_BYTES_MAX) return { loaded, cost: 2 };
  const address = thread.constants.bytes(needle);
  const { parquet } = thread.simd;
  return {
    loaded,
    ascending: (fields, count, base, into) => parquet.fieldsContaining(fields, count, address, needle.length, base, into),
    cost: 2,
  };
}

function numberTest(thread: ThreadKernels, predicate: ScanPredicate, leaf: Leaf, form: ValueForm): Keeps | null {
  if (predicate.kind === 'range') {
    if (form.kind === 'float') return floatRange(thread, predicate, leaf);
    const range = integerRange(form, predicate, form.wide ? INT128 : INT64);
    return range === null ? null : rangeKeeps(thread, range, predicate.negated, leaf, form);
  }
  if (predicate.kind !== 'member') return null;
  return form.kind === 'float' ? floatMember(thread, predicate, leaf) : integerMember(thread, predicate, leaf, form);
}

const INT32: IntegerRange = { low: -(2n ** 31n), high: 2n ** 31n - 1n };
const UINT32: IntegerRange = { low: 0n, high: 2n ** 32n - 1n };
const INT64: IntegerRange = { low: -(2n ** 63n), high: 2n ** 63n - 1n };
const INT128: IntegerRange = { low: -(2n ** 127n), high: 2n ** 127n - 1n };

/** Keeps all values, or none. */
function keepsAll({ memory }: ThreadKernels, all: boolean): Keeps {
  const loaded: KeepValues = (_, count, base, into) => {
    if (!all) return 0;
    for (let i = 0; i < count; i++) memory.u32[(into >> 2) + i] = base + i;
    return count;
  };
  return { loaded };
}

function rangeKeeps(thread: ThreadKernels, range: IntegerRange, negated: boolean, leaf: Leaf, form: ValueForm): Keeps {
  const { low, high } = range;
  if (low > high) return keepsAll(thread, negated);
  const { parquet } = thread.simd;
  const not = Number(negated);
  if (form.wide) {
    const bounds = int128s(thread.constants, [low, high]);
    return { loaded: (values, count, base, into) => parquet.filterInt128(values, 0, count, bounds, not, base, into) };
  }
  const loaded: KeepValues = (values, count, base, into) => parquet.filterInt64(values, 0, count, low, high, not, base, into);
  if (leaf.physical === 'INT64') return { loaded, stored: loaded };
  if (leaf.physical !== 'INT32') return { loaded };
  const stored = overlap(range, leaf.logical.kind === 'int' && !leaf.logical.signed ? UINT32 : INT32);
  if (stored.low > stored.high) return keepsAll(thread, negated);
  const [first, last] = [Number(BigInt.asIntN(32, stored.low)), Number(BigInt.asIntN(32, stored.high))];
  return { loaded, stored: (values, count, base, into) => parquet.filterInt32(values, 0, count, first, last, not, base, into) };
}

function integerMember(
  thread: ThreadKernels,
  { values, negated }: Extract<ScanPredicate, { kind: 'member' }>,
  leaf: Leaf,
  form: ValueForm,
): Keeps | null {
  const members = new Set<bigint>();
  for (const value of values) {
    const member = integerOf(form, value, form.wide ? INT128 : INT64);
    if (member === null) return null;
    if (member !== undefined) members.add(member);
  }
  const sorted = [...members].sort((a, b) => (a < b ? -1 : 1));
  const [only] = sorted;
  if (only === undefined) return keepsAll(thread, negated);
  if (sorted.length === 1) return rangeKeeps(thread, { low: only, high: only }, negated, leaf, form);
  const { parquet } = thread.simd;
  const not = Number(negated);
  const size = sorted.length;
  if (form.wide) {
    const set = int128s(thread.constants, sorted);
    return { loaded: (at, count, base, into) => parquet.memberInt128(at, 0, count, set, size, not, base, into) };
  }
  const set = int64s(thread.constants, sorted);
  const loaded: KeepValues = (at, count, base, into) => parquet.memberInt64(at, 0, count, set, size, not, base, into);
  return leaf.physical === 'INT64' ? { loaded, stored: loaded } : { loaded };
}

function int64s(constants: Constants, values: readonly bigint[]): number {
  return constants.bytes(new Uint8Array(BigInt64Array.from(values).buffer));
}

function int128s(constants: Constants, values: readonly bigint[]): number {
  return int64s(
    constants,
    values.flatMap((value) => [BigInt.asIntN(64, value), BigInt.asIntN(64, value >> 64n)]),
  );
}

function floatRange(thread: ThreadKernels, predicate: Extract<ScanPredicate, { kind: 'range' }>, leaf: Leaf): Keeps | null {
  const { low, high, negated } = predicate;
  if ((low !== null && low.type !== 'float') || (high !== null && high.type !== 'float')) return null;
  const from = low?.value ?? Number.NEGATIVE_INFINITY;
  const to = high?.value ?? Number.POSITIVE_INFINITY;
  // why: nothing lies beside a NaN, and a negated range keeps what lies outside of it.
  if (Number.isNaN(from) || Number.isNaN(to)) return keepsAll(thread, negated);
  const open =
    (low !== null && !predicate.lowInclusive ? openBound.low : 0) | (high !== null && !predicate.highInclusive ? openBound.high : 0);
  const { parquet } = thread.simd;
  const not = Number(negated);
  const loaded: KeepValues = (values, count, base, into) => parquet.filterFloat64(values, 0, count, from, to, open, not, base, into);
  if (leaf.physical === 'DOUBLE') return { loaded, stored: loaded };
  if (leaf.physical !== 'FLOAT') return { loaded };
  return { loaded, stored: (values, count, base, into) => parquet.filterFloat32(values, 0, count, from, to, open, not, base, into) };
}

function floatMember(thread: ThreadKernels, { values, negated }: Extract<ScanPredicate, { kind: 'member' }>, leaf: Leaf): Keeps | null {
  const members = new Set<number>();
  for (const value of values) {
    if (value.type !== 'float') return null;
    if (!Number.isNaN(value.value)) members.add(value.value);
  }
  if (members.size === 0) return keepsAll(thread, negated);
  const set = thread.constants.bytes(new Uint8Array(Float64Array.from(members).sort().buffer));
  const { parquet } = thread.simd;
  const size = members.size;
  const not = Number(negated);
  const loaded: KeepValues = (at, count, base, into) => parquet.memberFloat64(at, 0, count, set, size, not, base, into);
  return leaf.physical === 'DOUBLE' ? { loaded, stored: loaded } : { loaded };
}
