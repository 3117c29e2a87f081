/**
 * How the columns of a scan share the memory for decoding. Pages of most files are small, and a page of each column is open at once.
 * Where pages are as large as their row group of a million rows they do not fit all: then the largest columns are decoded one after
 * the other, a run of rows each, as often as it takes.
 */
import { limits } from '../../base/limits.ts';
import { RENDERED_BYTES_MAX } from '../../kernels/column-kernels.ts';
import type { EncodedScan, EncodedSlot } from './encoded-scan.ts';
import type { ColumnChunk, RowGroup } from './metadata.ts';
import { PIECE_VALUES } from './scan-space.ts';
import { leavesOf } from './schema.ts';
import { valueForm } from './value-form.ts';

export interface MemoryPlan {
  /** Rows of a batch. */
  readonly rows_max: number;
  /** Texts of a batch, all columns together. */
  readonly texts_bytes: number;
  /** Bytes of the chunks that are kept as they are stored, all columns together. */
  readonly windows_bytes: number;
  /** For a page as it is stored, until it is decompressed. */
  readonly stored_bytes: number;
  /** Room for what is only faster. */
  readonly spare_bytes: number;
  /** Texts of nested values that are put together at once, of each column with such. */
  readonly nested_bytes: number;
  /** By slot: the bytes of a run of its rows; 0: its pages stay open. */
  readonly runs: readonly number[];
  /** Where runs are decoded, one at a time. */
  readonly work_bytes: number;
  /** By slot: of a nested column whose leaves are decoded one after the other, the bytes of a run of each; 0: their pages are open together. */
  readonly leaf_runs: readonly number[];
}

/** `bytes`: in all. `rows`: how many of the row group are scanned. */
export function planMemory(encoded: EncodedScan, group: RowGroup, rows: number, bytes: number): MemoryPlan {
  const { slots } = encoded;
  const nested_bytes = nestedBytes(slots);
  const needs: Need[] = [];
  for (const slot of slots) needs.push(needOf(encoded, slot, group));
  // why: who does not say how many pages there are seldom means one that large.
  const stored_bytes = Math.min(
    Math.floor(bytes / 4),
    group.chunks.reduce((most, chunk) => Math.max(most, storedNeed(chunk)), 0),
  );
  const open = needs.reduce((sum, { page }, slot) => sum + page + (slots[slot]!.kind === 'nested' ? nested_bytes : 0), 0);
  const windows = group.chunks.reduce((sum, { pages }) => sum + Math.min(pages.bytes, WINDOW_BYTES_MAX), 0);
  const none = slots.map(() => 0);
  const { rows_max, texts_bytes, bytes: batch_bytes } = batchOf(slots, VALUES_BYTES);
  const fixed_bytes = SCRATCH_BYTES + stored_bytes + batch_bytes;
  for (const windows_bytes of [WINDOWS_BYTES, WINDOWS_BYTES_SMALL]) {
    const spare_bytes = bytes - fixed_bytes - Math.min(windows_bytes, windows) - open;
    if (spare_bytes >= MARGIN_BYTES)
      return { rows_max, texts_bytes, windows_bytes, stored_bytes, spare_bytes, nested_bytes, runs: none, work_bytes: 0, leaf_runs: none };
  }
  const small = batchOf(slots, VALUES_BYTES / 2);
  const room = bytes - SCRATCH_BYTES - stored_bytes - small.bytes - WINDOWS_BYTES_SMALL - MARGIN_BYTES;
  const tested = new Set(encoded.tests.map(({ slot }) => slot));
  const share = group.rows === 0 ? 0 : rows / group.rows;
  // why: a predicate on open pages spares other columns; then the smallest pages, since it is the large ones that make room.
  const order = [...slots.keys()].sort((a, b) => Number(tested.has(b)) - Number(tested.has(a)) || needs[a]!.page - needs[b]!.page || a - b);
  const run_bytes_min = Math.floor(Math.min(RUN_BYTES_MIN, room / (4 * Math.max(1, slots.length))));
  const cut = cheapest(
    order.map((slot) => ({
      page: needs[slot]!.page + (slots[slot]!.kind === 'nested' ? RUN_NESTED_BYTES : 0),
      loaded: needs[slot]!.loaded * share,
    })),
    room,
    run_bytes_min,
  );
  const inRuns = order.slice(cut.open);
  const loaded = inRuns.reduce((sum, slot) => sum + needs[slot]!.loaded, 0);
  const runs = [...none];
  for (const slot of inRuns) runs[slot] = run_bytes_min + Math.floor((cut.run_bytes * needs[slot]!.loaded) / Math.max(1, loaded));
  return {
    rows_max: small.rows_max,
    texts_bytes: small.texts_bytes,
    windows_bytes: WINDOWS_BYTES_SMALL,
    stored_bytes,
    spare_bytes: 0,
    nested_bytes: RUN_NESTED_BYTES,
    runs,
    work_bytes: Math.floor(cut.work_bytes),
    leaf_runs: slots.map((slot, index) => {
      if (slot.kind === 'flat' || runs[index] === 0 || needs[index]!.page + RUN_NESTED_BYTES + WORK_BYTES <= cut.work_bytes) return 0;
      const leaf_bytes = Math.floor(leafRoom(cut.work_bytes) / LEAF_RUNS_SHARE / leavesOf(slot.node).length) - LEAF_SPACING_BYTES;
      return leaf_bytes < LEAF_RUN_BYTES_MIN ? 0 : leaf_bytes;
    }),
  };
}

/** Of the room where a nested column is decoded in runs: what its leaves have. */
function leafRoom(work_bytes: number): number {
  return Math.floor(work_bytes - RUN_NESTED_BYTES - WORK_BYTES);
}

/** The rest of it, beside runs of so many leaves: where one of them is decoded. */
export function leafWorkBytes({ work_bytes }: MemoryPlan, leaves: number, leaf_bytes: number): number {
  return leaf_bytes === 0 ? 0 : leafRoom(work_bytes) - leaves * (leaf_bytes + LEAF_SPACING_BYTES);
}

interface Cut {
  /** How many columns, the first in order, have their pages open. */
  readonly open: number;
  readonly run_bytes: number;
  readonly work_bytes: number;
}

/** What decodes least: every run decodes the pages of its column again. */
function cheapest(columns: readonly { readonly page: number; readonly loaded: number }[], room: number, run_bytes_min: number): Cut {
  let best: Cut & { readonly cost: number } = { open: 0, run_bytes: 0, work_bytes: 0, cost: Number.POSITIVE_INFINITY };
  let open = columns.reduce((sum, { page }) => sum + page, 0);
  let [loaded, decoded, work] = [0, 0, 0];
  for (let index = columns.length - 1; index >= 0; index--) {
    const { page } = columns[index]!;
    open -= page;
    loaded += columns[index]!.loaded;
    decoded += page;
    work = Math.max(work, page + WORK_BYTES);
    const left = room - open - (columns.length - index) * run_bytes_min;
    // why: pages may be larger than they are thought to be, and then this is the limit.
    const run_bytes = Math.min(loaded, index === 0 ? Math.max(left - work, left / 8) : left - work);
    if (run_bytes <= 0) continue;
    const cost = decoded * Math.ceil(loaded / run_bytes);
    if (cost < best.cost) best = { open: index, run_bytes, work_bytes: left - run_bytes, cost };
  }
  return best;
}

interface Need {
  /** While a page is open, and what is made of it. */
  readonly page: number;
  /** All rows of the row group as a run. */
  readonly loaded: number;
}

function needOf({ schema }: EncodedScan, slot: EncodedSlot, group: RowGroup): Need {
  const leaves = slot.kind === 'flat' ? [slot.leaf] : leavesOf(slot.node);
  let [page, loaded] = [0, slot.kind === 'nested' ? group.rows * FIELD_BYTES : 0];
  for (const leaf of leaves) {
    const chunk = group.chunks.find((candidate) => candidate.leaf === leaf);
    if (chunk === undefined) continue;
    const { kind, wide } = valueForm(schema.leaves[leaf]!);
    page += (slot.kind === 'nested' ? NESTED_LEAF_BYTES : COLUMN_BYTES) + pageNeed(chunk, slot.kind === 'nested');
    const texts = kind === 'string' || slot.kind === 'nested' ? chunk.uncompressed_bytes : 0;
    loaded += texts + (slot.kind === 'nested' ? 0 : chunk.values * ((wide ? 16 : FIELD_BYTES) + 1));
  }
  return { page, loaded };
}

/** Of an open page: its bytes and the dictionary's, decoded values, levels. More than it is most of the time. */
function pageNeed({ uncompressed_bytes: all, data_pages, values, encodings, codec, pages }: ColumnChunk, isNested: boolean): number {
  const bytes = codec === 'UNCOMPRESSED' ? Math.max(all, pages.bytes) : all;
  const isOne = data_pages === null || data_pages < 2;
  const page = isOne ? bytes : Math.min(bytes, (PAGE_SLACK * bytes) / data_pages + PAGE_BYTES_MIN);
  const page_values = bytes === 0 ? 0 : values * Math.min(1, page / bytes);
  const hasDictionary = encodings.some((encoding) => encoding.endsWith('DICTIONARY'));
  const dictionary = hasDictionary ? Math.min(isOne ? DICTIONARY_BYTES_LARGE : DICTIONARY_BYTES, bytes / 2) : 0;
  const decoded = encodings.reduce((most, encoding) => {
    const [of_page, of_value] = decodedBytes[encoding] ?? [0, 0];
    return Math.max(most, of_page * page + of_value * page_values);
  }, 0);
  return ROOM_SLACK * (page + dictionary + decoded + page_values * (LEVELS_BYTES + (isNested ? LEVELS_BYTES_NESTED : 0)));
}

/** Of a page as it is stored, until it is decompressed. */
function storedNeed({ codec, pages, data_pages }: ColumnChunk): number {
  if (codec === 'UNCOMPRESSED') return 0;
  const average = pages.bytes / Math.max(1, data_pages ?? 1);
  return Math.ceil(Math.min(pages.bytes, PAGE_SLACK * average + PAGE_BYTES_MIN));
}

/** Room for the texts of nested values that are put together at once, of each column with such whose pages are open. */
function nestedBytes(slots: readonly EncodedSlot[]): number {
  return Math.floor(NESTED_BYTES / Math.max(1, slots.filter(({ kind }) => kind === 'nested').length));
}

function batchOf(
  slots: readonly EncodedSlot[],
  values_bytes: number,
): { readonly rows_max: number; readonly texts_bytes: number; readonly bytes: number } {
  const count = Math.max(1, slots.length);
  const rows_max = Math.max(1, Math.min(PIECE_VALUES, Math.floor(values_bytes / ((VALUE_BYTES + RENDERED_BYTES_MAX) * count))));
  const hasPaths = slots.some((slot) => slot.kind === 'nested' && slot.rest.length > 0);
  const texts_bytes = (hasPaths ? PATH_TEXTS_BYTES : 0) + RENDERED_BYTES_MAX * rows_max * count;
  return { rows_max, texts_bytes, bytes: texts_bytes + VALUE_BYTES * rows_max * count };
}

/** Values, states, fields and texts of a batch, all columns together. */
const VALUES_BYTES = 32 * 1024 * 1024;
/** What each row of a column takes of them, but for its text. */
const VALUE_BYTES = 16 + 1 + 8;
/** Texts of what is behind a path are of any length. */
const PATH_TEXTS_BYTES = 16 * 1024 * 1024;
const WINDOWS_BYTES = 32 * 1024 * 1024;
const WINDOWS_BYTES_SMALL = 4 * 1024 * 1024;
/** Of one chunk. */
export const WINDOW_BYTES_MAX = 2 * 1024 * 1024;
/** Pages and dictionaries may be larger than they are thought to be, and blocks leave gaps. */
const MARGIN_BYTES = 4 * 1024 * 1024;
/** Scratch, survivors, and what the blocks of an arena take beside what is asked for. */
const SCRATCH_BYTES = 3 * 1024 * 1024;
/** Texts of nested values, all columns together. */
const NESTED_BYTES = 32 * 1024 * 1024;
/** Where there are runs: still twice the longest record. */
const RUN_NESTED_BYTES = 4 * limits.record_bytes_max;
/** A run has room for a long text, whatever the others have. */
const RUN_BYTES_MIN = 1024 * 1024;
/** Of the room of leaves in runs, what is kept of all of them; the rest is where one is decoded. */
const LEAF_RUNS_SHARE = 4;
const LEAF_RUN_BYTES_MIN = 1024;
/** Between their blocks. */
const LEAF_SPACING_BYTES = 256;
const FIELD_BYTES = 8;
/** Pages of a chunk are about of one size. */
const PAGE_SLACK = 1.25;
const PAGE_BYTES_MIN = 64 * 1024;
/** Most writers give up on a dictionary at 1 MiB; those that do not, write one page. */
const DICTIONARY_BYTES = 1024 * 1024;
/** What is made of the entries of a dictionary that counts as a part of the page: a million of them. */
const DICTIONARY_BYTES_LARGE = 8 * 1024 * 1024;
/** A run in the making, and windows of the chunks it is made of. */
const WORK_BYTES = 1024 * 1024;
/** What a column has open besides, its window at least. */
const COLUMN_BYTES = 20 * 1024;
/** Of a leaf of nested values also a piece of them, in the making. */
const NESTED_LEAF_BYTES = 180 * 1024;
/** What is made of a page as a whole, by its bytes and its values: numbers, lengths, prefixes, fields, texts put together. */
const decodedBytes: Readonly<Record<string, readonly [of_page: number, of_value: number]>> = {
  BYTE_STREAM_SPLIT: [1, 0],
  DELTA_BINARY_PACKED: [0, 8],
  DELTA_LENGTH_BYTE_ARRAY: [0, 12],
  DELTA_BYTE_ARRAY: [2, 16],
};
/** Bits and ranks of NULLs. */
const LEVELS_BYTES = 0.2;
const LEVELS_BYTES_NESTED = 2;
/** Rooms are made a little larger than what they are for. */
const ROOM_SLACK = 1.05;
