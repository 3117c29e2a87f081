/** Cuts a text object, or a ScanRange of it, into splits at fixed boundaries of the object. */
import { assert } from '../base/assert.ts';
import type { ScanRange, Split } from './format.ts';

export interface SplitRequest {
  /** Where the first data record begins: behind a byte order mark and the header record. */
  readonly dataStart: number;
  /** Bytes of the object. */
  readonly size: number;
  readonly scanRange: ScanRange | null;
  /** Boundaries lie at the multiples of it, so that aggregates per split do not depend on the range's start. */
  readonly split_bytes: number;
  /** `inclusive`: Start belongs to the range, as Amazon's text says. Default `shared`: it belongs to the range that ends there. */
  readonly boundaries?: 'shared' | 'inclusive' | undefined;
}

/**
 * The splits of an object in order. Each record is owned by the one that holds its first byte; tilings that share boundaries
 * own every record once. Nothing for a range that holds no first byte of a data record.
 */
export function* splitsOf(request: SplitRequest): Generator<Split, void, undefined> {
  const { dataStart, size, split_bytes } = request;
  assert(split_bytes > 0 && dataStart >= 0, 'splits have a size');
  const owned = ownedBytes(request);
  if (owned === null || dataStart >= size || owned.end < dataStart) return;
  // why: nothing that begins before dataStart is data, so a range from before it takes its first record whole and unsearched.
  let first = owned.after < dataStart;
  let start = first ? dataStart : owned.after;
  for (let index = 0; first || start < owned.end; index++) {
    const end = Math.min((Math.floor(start / split_bytes) + 1) * split_bytes, owned.end);
    yield { index, start, end, first };
    start = end;
    first = false;
  }
}

/** The first bytes that a ScanRange owns: `after < b <= end`; `after` is -1 where byte 0 belongs to it. Null: none. */
export function ownedBytes({
  size,
  scanRange,
  boundaries,
}: Pick<SplitRequest, 'size' | 'scanRange' | 'boundaries'>): { readonly after: number; readonly end: number } | null {
  if (scanRange === null) return { after: -1, end: size };
  const { start, end } = scanRange;
  if (start === null) {
    const length = Math.min(end ?? size, size);
    return length === 0 ? null : { after: size - length - 1, end: size };
  }
  if (start >= size) return null;
  const after = start === 0 || boundaries === 'inclusive' ? start - 1 : start;
  return { after, end: Math.min(end ?? size, size) };
}
