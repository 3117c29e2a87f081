/** The columns of a scan, each opened once. */
import { assert } from '../../base/assert.ts';
import type { Selection, Vector } from '../../vector/vector.ts';
import type { LoadedColumn } from '../scan.ts';
import type { EncodedSlot } from './encoded-scan.ts';
import { type BatchRows, FlatColumn, type Target } from './flat-column.ts';
import { nodeWriter } from './json-assembly.ts';
import { LeafCursor } from './leaf-cursor.ts';
import { LeafTokens } from './leaf-tokens.ts';
import type { ColumnChunk, Leaf, ParquetNode, ParquetSchema, RowGroup } from './metadata.ts';
import { NestedColumn } from './nested-column.ts';
import type { PageLocation } from './page-index.ts';
import type { ScanSpace } from './scan-space.ts';
import { leavesOf } from './schema.ts';
import type { TextArea } from './text-area.ts';

/** What a scan does with a column. Rows are those of the row group, ascending. */
export interface ScanColumn {
  readonly form: Pick<LoadedColumn, 'kind' | 'scale' | 'wide' | 'unit' | 'utc'>;
  /** How many of the rows, from the first on, can be loaded at once. */
  loadable(rows: number, count: number): number;
  /** Loads rows; answers whether `states` say anything. */
  load(rows: BatchRows, target: Target, texts: TextArea): boolean;
  /** Writes texts where that is faster than to load and render values; false: it is not. */
  writeTexts(rows: BatchRows, form: 'csv' | 'json', fields: number, texts: TextArea): boolean;
  /** The values of loaded tokens, which are JSON of any type; null, or absent: the column has a type. */
  readTokens?(fields: number, rows: Selection): Vector | null;
}

/** Bytes of the chunks that are kept in memory as they are stored, all columns together. */
const WINDOWS_BYTES = 32 * 1024 * 1024;
const WINDOW_BYTES_MAX = 2 * 1024 * 1024;
const WINDOW_BYTES_MIN = 16 * 1024;
/** Texts of nested values, all columns together. */
const NESTED_BYTES = 32 * 1024 * 1024;

export class ScanColumns {
  readonly #space: ScanSpace;
  readonly #schema: ParquetSchema;
  readonly #group: RowGroup;
  readonly #window_bytes: number;
  readonly #flat = new Map<number, FlatColumn>();
  readonly #nested_bytes: number;
  readonly #locate: (chunk: ColumnChunk, leaf: Leaf) => readonly PageLocation[] | null;

  /** `locate`: where the pages of a chunk are, where that is worth knowing. */
  constructor(
    space: ScanSpace,
    schema: ParquetSchema,
    group: RowGroup,
    slots: readonly EncodedSlot[],
    locate: (chunk: ColumnChunk, leaf: Leaf) => readonly PageLocation[] | null,
  ) {
    this.#space = space;
    this.#schema = schema;
    this.#group = group;
    this.#locate = locate;
    const share = Math.floor(WINDOWS_BYTES / Math.max(1, group.chunks.length));
    this.#window_bytes = Math.max(WINDOW_BYTES_MIN, Math.min(WINDOW_BYTES_MAX, share));
    this.#nested_bytes = Math.floor(NESTED_BYTES / Math.max(1, slots.filter(({ kind }) => kind === 'nested').length));
  }

  of(slot: EncodedSlot): ScanColumn {
    if (slot.kind === 'flat') return this.flat(slot.leaf);
    const leaves = leavesOf(slot.node);
    // why: levels count from the root of the schema, and those of the node end where its leaves' do.
    const definition = this.#schema.leaves[leaves[0]!]!.definition_max - levelsOf(slot.node);
    const writer = nodeWriter(slot.node, (leaf) => this.#cursor(leaf), definition, 0);
    return new NestedColumn(this.#space, writer, slot.rest, this.#nested_bytes);
  }

  flat(leaf: number): FlatColumn {
    const known = this.#flat.get(leaf);
    if (known !== undefined) return known;
    const column = this.#schema.leaves[leaf]!;
    const chunk = this.#chunk(leaf);
    const { rows } = this.#group;
    const opened = new FlatColumn(this.#space, column, chunk, rows, this.#window_bytes, this.#locate(chunk, column));
    this.#flat.set(leaf, opened);
    return opened;
  }

  #cursor(index: number): { readonly cursor: LeafCursor; readonly tokens: LeafTokens } {
    const leaf = this.#schema.leaves[index]!;
    const chunk = this.#chunk(index);
    const cursor = new LeafCursor(this.#space, leaf, chunk, this.#group.rows, this.#window_bytes, this.#locate(chunk, leaf));
    return { cursor, tokens: new LeafTokens(this.#space, leaf, cursor) };
  }

  #chunk(leaf: number): ColumnChunk {
    const chunk = this.#group.chunks.find((candidate) => candidate.leaf === leaf);
    assert(chunk !== undefined, 'a task has the chunks that its query reads');
    return chunk;
  }
}

/** Definition levels from a node to its first leaf, its own among them. */
function levelsOf(node: ParquetNode): number {
  const own = Number(node.optional);
  switch (node.kind) {
    case 'leaf':
      return own;
    case 'struct':
      return own + levelsOf(node.children[0]!);
    case 'list':
      return own + 1 + levelsOf(node.element);
    case 'map':
      return own + 1 + levelsOf(node.key);
  }
}
