/**
 * A list, a group or a map in one row group, as JSON. Its rows are put together in the order in which they are asked for, some ahead:
 * where a row ends is known only when it is read, so how many are loaded at once is for this column to say.
 */
import type { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { FIELD_MISSING } from '../../kernels/kernels.ts';
import { rowState } from '../../kernels/value-kernels.ts';
import { decodeToken } from '../../vector/json.ts';
import { followPath } from '../../vector/json-path.ts';
import { JsonValue } from '../../vector/json-value.ts';
import type { PathStep } from '../../vector/path.ts';
import { csvText, jsonText } from '../../vector/text.ts';
import type { SqlValue } from '../../vector/value.ts';
import type { Selection, Vector } from '../../vector/vector.ts';
import { Room } from './arena.ts';
import type { BatchRows, Target } from './flat-column.ts';
import type { NodeWriter } from './json-assembly.ts';
import { JsonBuffer } from './json-buffer.ts';
import type { ScanSpace } from './scan-space.ts';
import type { TextArea } from './text-area.ts';

export class NestedColumn {
  readonly #space: ScanSpace;
  readonly #node: NodeWriter;
  readonly #rest: readonly PathStep[];
  readonly #room: Room;
  readonly #bytes: number;
  /** Rows that are put together, and their fields. */
  readonly #rows = new Uint32Array(limits.batch_rows_max);
  readonly #fields = new Uint32Array(2 * limits.batch_rows_max);
  #count = 0;

  /** `bytes`: room for the texts of rows that are put together at once. */
  constructor(space: ScanSpace, node: NodeWriter, rest: readonly PathStep[], bytes: number) {
    this.#space = space;
    this.#node = node;
    this.#rest = rest;
    this.#bytes = bytes;
    this.#room = new Room(space.arena);
  }

  readonly form = { kind: 'json', scale: 0, wide: false, unit: 'days', utc: false } as const;

  /** How many of the rows, from the first on, can be loaded at once; it puts them together. */
  loadable(rows: number, count: number): number {
    if (count === 0) return 0;
    const wanted = this.#space.memory.u32.subarray(rows >> 2, (rows >> 2) + count);
    if (this.#indexOf(wanted[0]!) === -1) this.#assemble(wanted);
    const first = this.#indexOf(wanted[0]!);
    let same = 1;
    while (same < count && first + same < this.#count && this.#rows[first + same] === wanted[same]) same++;
    return same;
  }

  /** Loads rows that `loadable` spoke of. */
  load({ rows, slots, count }: BatchRows, { values }: Target): boolean {
    const { u32 } = this.#space.memory;
    let index = this.#indexOf(u32[rows >> 2]!);
    for (let j = 0; j < count; j++) {
      const row = u32[(rows >> 2) + j]!;
      while (this.#rows[index]! < row) index++;
      const field = (values >> 2) + 2 * u32[(slots >> 2) + j]!;
      u32[field] = this.#fields[2 * index]!;
      u32[field + 1] = this.#fields[2 * index + 1]!;
    }
    return false;
  }

  /** Behind a path anything can stand, and that has its text like values of any type; lists and groups are their own. */
  writeTexts(rows: BatchRows, form: 'csv' | 'json', fields: number, texts: TextArea): boolean {
    if (this.#rest.length === 0 || form === 'json') return false;
    this.load(rows, { values: fields, states: 0 });
    return this.writeTokens(rows, fields, texts);
  }

  writeTokens({ slots, count }: BatchRows, fields: number, texts: TextArea): boolean {
    if (this.#rest.length === 0) return false;
    const { memory } = this.#space;
    for (let j = 0; j < count; j++) {
      const slot = memory.u32[(slots >> 2) + j]!;
      const text = csvText(this.#valueAt(fields, slot));
      const bytes = Buffer.byteLength(text);
      const at = texts.take(bytes);
      if (at === -1) throw this.#tooLarge();
      memory.bytes.write(text, at);
      memory.u32[(fields >> 2) + 2 * slot] = at;
      memory.u32[(fields >> 2) + 2 * slot + 1] = bytes;
    }
    return true;
  }

  readTokens(fields: number, rows: Selection): Vector | null {
    if (this.#rest.length === 0) return null;
    return { kind: 'values', values: Array.from(rows, (row) => this.#valueAt(fields, row)) };
  }

  #valueAt(fields: number, row: number): SqlValue {
    const { u32, bytes } = this.#space.memory;
    const word = (fields >> 2) + 2 * row;
    const [start, length] = [u32[word]!, u32[word + 1]!];
    return length === FIELD_MISSING ? undefined : decodeToken(bytes.toString('utf8', start, start + length));
  }

  #indexOf(row: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle]! < row) low = middle + 1;
      else high = middle;
    }
    return low < this.#count && this.#rows[low] === row ? low : -1;
  }

  /** Puts the first rows together: as many as fit half of the room, which leaves the other half to the last one. */
  #assemble(rows: Uint32Array): void {
    if (!this.#room.reserve(this.#bytes)) throw this.#tooLarge();
    const start = this.#room.address;
    const into = new JsonBuffer(this.#space.memory, start, this.#bytes);
    this.#count = 0;
    for (const row of rows) {
      this.#write(row, into);
      if (into.full) throw this.#tooLarge();
      if (into.at - start > this.#bytes / 2) break;
    }
  }

  #write(row: number, into: JsonBuffer): void {
    const { leaves } = this.#node;
    for (const leaf of leaves) leaf.seek(row);
    const from = into.at;
    const field = 2 * this.#count;
    const isNull = this.#node.isNull();
    this.#node.write(into);
    for (const { repetition, errors, offset } of leaves)
      if (repetition > 0 && !into.full) throw errors.damaged(offset, 'its lists are longer than those beside them');
    let length = into.at - from;
    if (isNull) length = 2 ** 32 - rowState.null;
    if (this.#rest.length > 0) length = this.#follow(from, isNull, into);
    this.#rows[this.#count++] = row;
    this.#fields[field] = from;
    this.#fields[field + 1] = length;
  }

  /** Replaces the text by what the path leads to; answers the length of its field. */
  #follow(from: number, isNull: boolean, into: JsonBuffer): number {
    const text = this.#space.memory.bytes.toString('utf8', from, into.at);
    const token = jsonText(isNull ? undefined : followPath(new JsonValue(text), this.#rest));
    into.at = from;
    if (token === undefined) return FIELD_MISSING;
    into.bytes(Buffer.from(token));
    return into.at - from;
  }

  #tooLarge(): SelectError {
    const { errors, offset } = this.#node.leaves[0]!;
    return errors.tooLong(offset, this.#bytes >> 1);
  }
}
