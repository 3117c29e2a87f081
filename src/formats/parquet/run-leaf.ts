/**
 * A leaf of a nested column whose leaves' pages do not fit the memory together. It keeps the entries of a run of rows, their values as
 * JSON; for the next run its pages are opened again, in room that the leaves share, and given up.
 */
import type { Memory } from '../../kernels/memory.ts';
import { Arena } from './arena.ts';
import type { AssemblyLeaf, LeafEntries, LeafTexts } from './json-assembly.ts';
import { JsonBuffer } from './json-buffer.ts';
import type { Block } from './run-column.ts';
import type { ChunkErrors, ScanSpace } from './scan-space.ts';

export interface RunLeafSettings {
  /** Opens the leaf from its beginning. */
  readonly open: (space: ScanSpace) => AssemblyLeaf;
  /** Where a run is decoded. */
  readonly work: Block;
  /** Where it is kept: texts from the front on, entries from the back. */
  readonly kept: Block;
  readonly definition_max: number;
  /** Behind the last row that may be asked for. */
  readonly end: number;
  readonly errors: ChunkErrors;
  /** Of the column chunk, for errors. */
  readonly offset: number;
}

export class RunLeaf implements LeafEntries, LeafTexts {
  readonly #space: ScanSpace;
  readonly #memory: Memory;
  readonly #settings: RunLeafSettings;
  readonly errors: ChunkErrors;
  readonly offset: number;
  /** Address behind the entry that is kept first. */
  readonly #top: number;
  /** Rows `[first, end)` of the row group, and how many entries they have. */
  #first = 0;
  #end = 0;
  #count = 0;
  /** The entry, and the row it belongs to. */
  #entry = 0;
  #row = 0;

  constructor(space: ScanSpace, settings: RunLeafSettings) {
    this.#space = space;
    this.#memory = space.memory;
    this.#settings = settings;
    this.errors = settings.errors;
    this.offset = settings.offset;
    this.#top = (settings.kept.address + settings.kept.bytes) & -ENTRY_BYTES_ALIGNED;
  }

  get repetition(): number {
    return this.#entry < this.#count ? this.#memory.u8[this.#addressOf(this.#entry) + REPETITION]! : 0;
  }

  get definition(): number {
    return this.#entry < this.#count ? this.#memory.u8[this.#addressOf(this.#entry) + DEFINITION]! : 0;
  }

  /** Goes to the next entry; behind the run there are none. */
  advance(): void {
    this.#entry++;
    if (this.repetition === 0) this.#row++;
  }

  /** Goes to the first entry of `row`. */
  seek(row: number): void {
    if (row < this.#first || row >= this.#end) this.#decode(row);
    if (row < this.#row || (row === this.#row && this.repetition !== 0)) {
      this.#entry = 0;
      this.#row = this.#first;
    }
    while (this.#row < row) this.advance();
  }

  write(into: JsonBuffer, quoted: boolean): void {
    const { u32, u8 } = this.#memory;
    const word = this.#addressOf(this.#entry) >> 2;
    const [from, length] = [u32[word]!, u32[word + 1]!];
    const bare = quoted && u8[from] !== QUOTE;
    if (bare) into.byte(QUOTE);
    into.copy(from, length);
    if (bare) into.byte(QUOTE);
  }

  #addressOf(entry: number): number {
    return this.#top - (entry + 1) * ENTRY_BYTES;
  }

  /** Decodes rows from `first` on: as many as there is room for. */
  #decode(first: number): void {
    const { work, kept, end } = this.#settings;
    const arena = new Arena(work.address, work.bytes);
    arena.spare_bytes = 0;
    const leaf = this.#settings.open({ ...this.#space, arena });
    leaf.cursor.seek(first);
    this.#first = first;
    this.#end = first;
    this.#count = 0;
    // why: entries of a row that did not fit stay behind the last one, where nobody asks for them.
    for (let at = kept.address; this.#end < end && leaf.cursor.repetition === 0; this.#end++) {
      at = this.#keepRow(leaf, at);
      if (at === -1) break;
    }
    if (this.#end === first) throw this.errors.tooLarge(this.offset);
    this.#entry = 0;
    this.#row = first;
  }

  /** Keeps the entries of the row at the cursor, their texts from `from` on; answers where these end, or -1 where there is no room. */
  #keepRow({ cursor, tokens }: AssemblyLeaf, from: number): number {
    const { u8, u32 } = this.#memory;
    const into = new JsonBuffer(this.#memory, from, this.#addressOf(this.#count) - from);
    do {
      const start = into.at;
      if (cursor.definition === this.#settings.definition_max) tokens.write(into, false);
      const address = this.#addressOf(this.#count);
      // why: the texts of a long row may have grown over its own entries; they are no more than this row's.
      if (into.full || address < into.at) return -1;
      u32[address >> 2] = start;
      u32[(address >> 2) + 1] = into.at - start;
      u8[address + REPETITION] = cursor.repetition;
      u8[address + DEFINITION] = cursor.definition;
      this.#count++;
      cursor.advance();
    } while (cursor.repetition > 0);
    return into.at;
  }
}

/** An entry: address and length of its text, and its levels. */
const ENTRY_BYTES = 12;
const ENTRY_BYTES_ALIGNED = 4;
const REPETITION = 8;
const DEFINITION = 9;
const QUOTE = 0x22;
