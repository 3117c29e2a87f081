/** The columns of a scan, each opened once. */
import { assert } from '../../base/assert.ts';
import type { EncodedScan, EncodedSlot } from './encoded-scan.ts';
import { FlatColumn } from './flat-column.ts';
import { type AssemblyLeaf, nodeWriter } from './json-assembly.ts';
import { LeafCursor } from './leaf-cursor.ts';
import { LeafTokens } from './leaf-tokens.ts';
import { leafWorkBytes, type MemoryPlan, WINDOW_BYTES_MAX } from './memory-plan.ts';
import type { ColumnChunk, Leaf, ParquetNode, RowGroup } from './metadata.ts';
import { NestedColumn } from './nested-column.ts';
import type { PageLocation } from './page-index.ts';
import { type Block, RunColumn } from './run-column.ts';
import { RunLeaf } from './run-leaf.ts';
import type { ScanColumn } from './scan-column.ts';
import { ChunkErrors, type ScanSpace } from './scan-space.ts';
import { leavesOf } from './schema.ts';

/** Where the pages of a chunk are; null where that is not worth knowing. */
export type Locate = (chunk: ColumnChunk, leaf: Leaf) => readonly PageLocation[] | null;

export interface ScanColumnsSettings {
  readonly plan: MemoryPlan;
  /** Behind the last row of the row group that is scanned. */
  readonly end: number;
}

/** A field, or a value and its state. */
const ROW_BYTES = 9;
const WINDOW_BYTES_MIN = 16 * 1024;

export class ScanColumns {
  readonly #space: ScanSpace;
  readonly #encoded: EncodedScan;
  readonly #group: RowGroup;
  readonly #settings: ScanColumnsSettings;
  readonly #window_bytes: number;
  readonly #flat = new Map<number, FlatColumn>();
  readonly #locate: Locate;
  /** Where runs are decoded. */
  readonly #work: Block;

  constructor(space: ScanSpace, encoded: EncodedScan, group: RowGroup, settings: ScanColumnsSettings, locate: Locate) {
    this.#space = space;
    this.#encoded = encoded;
    this.#group = group;
    this.#settings = settings;
    this.#locate = locate;
    const { windows_bytes, work_bytes } = settings.plan;
    const share = Math.floor(windows_bytes / Math.max(1, group.chunks.length));
    this.#window_bytes = Math.max(WINDOW_BYTES_MIN, Math.min(WINDOW_BYTES_MAX, share));
    this.#work = this.#block(work_bytes);
  }

  of(slot: number): ScanColumn {
    const run_bytes = this.#settings.plan.runs[slot]!;
    return run_bytes === 0 ? this.#open(this.#encoded.slots[slot]!, 0) : this.#inRuns(slot, run_bytes);
  }

  /** `leaf_bytes`: of a run of each leaf; 0: their pages are open together. */
  #open(slot: EncodedSlot, leaf_bytes: number): ScanColumn {
    if (slot.kind === 'flat') return this.flat(slot.leaf);
    const { schema } = this.#encoded;
    const leaves = leavesOf(slot.node);
    // why: levels count from the root of the schema, and those of the node end where its leaves' do.
    const definition = schema.leaves[leaves[0]!]!.definition_max - levelsOf(slot.node);
    const open = (leaf: number): AssemblyLeaf => (leaf_bytes === 0 ? this.#cursor(leaf) : this.#leafInRuns(leaf, leaf_bytes));
    const writer = nodeWriter(slot.node, open, definition, 0);
    return new NestedColumn(this.#space, writer, slot.rest, this.#settings.plan.nested_bytes);
  }

  #inRuns(index: number, run_bytes: number): ScanColumn {
    const slot = this.#encoded.slots[index]!;
    const leaves = slot.kind === 'flat' ? [slot.leaf] : leavesOf(slot.node);
    const chunks = leaves.map((leaf) => this.#chunk(leaf));
    const { path } = this.#encoded.schema.leaves[leaves[0]!]!;
    const leaf_bytes = this.#settings.plan.leaf_runs[index]!;
    const work_bytes = leafWorkBytes(this.#settings.plan, leaves.length, leaf_bytes);
    return new RunColumn(this.#space, {
      open: (space) => this.#again(space, work_bytes).#open(slot, leaf_bytes),
      work: this.#work,
      kept: this.#block(run_bytes),
      row_bytes: ROW_BYTES + chunks.reduce((sum, chunk) => sum + chunk.uncompressed_bytes, 0) / Math.max(1, this.#group.rows),
      end: this.#settings.end,
      errors: new ChunkErrors(path),
      offset: chunks[0]!.pages.offset,
    });
  }

  /** The same columns in other room. */
  #again(space: ScanSpace, work_bytes: number): ScanColumns {
    const settings = { ...this.#settings, plan: { ...this.#settings.plan, work_bytes } };
    return new ScanColumns(space, this.#encoded, this.#group, settings, this.#locate);
  }

  #leafInRuns(index: number, bytes: number): AssemblyLeaf {
    const { path, definition_max } = this.#encoded.schema.leaves[index]!;
    const leaf = new RunLeaf(this.#space, {
      open: (space) => this.#again(space, 0).#cursor(index),
      work: this.#work,
      kept: this.#block(bytes),
      definition_max,
      end: this.#settings.end,
      errors: new ChunkErrors(path),
      offset: this.#chunk(index).pages.offset,
    });
    return { cursor: leaf, tokens: leaf };
  }

  #block(bytes: number): Block {
    const address = bytes === 0 ? 0 : this.#space.arena.take(bytes);
    assert(address !== -1, 'what is planned has room');
    return { address, bytes };
  }

  flat(leaf: number): FlatColumn {
    const known = this.#flat.get(leaf);
    if (known !== undefined) return known;
    const column = this.#encoded.schema.leaves[leaf]!;
    const chunk = this.#chunk(leaf);
    const { rows } = this.#group;
    const opened = new FlatColumn(this.#space, column, chunk, rows, this.#window_bytes, this.#locate(chunk, column));
    this.#flat.set(leaf, opened);
    return opened;
  }

  #cursor(index: number): { readonly cursor: LeafCursor; readonly tokens: LeafTokens } {
    const leaf = this.#encoded.schema.leaves[index]!;
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
