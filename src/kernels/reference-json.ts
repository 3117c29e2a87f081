/** Plain twins of the JSON kernels: the meaning is told in `json-kernels.ts`. */
import { type JsonKernels, NO_COLUMN, stepKind } from './json-kernels.ts';
import { FIELD_MISSING } from './kernels.ts';
import type { Memory } from './memory.ts';
import { ReferenceStrict } from './reference-json-strict.ts';
import { jsonError, skipBlanks, unescape } from './reference-json-text.ts';
import { ReferenceWalk } from './reference-json-walk.ts';
import { JsonWindow } from './reference-json-window.ts';
import { ReferenceJsonWriter } from './reference-json-write.ts';
import { utf8Error } from './reference-utf8.ts';

export function referenceJson(memory: Memory): JsonKernels {
  return new ReferenceJson(memory);
}

/** A member or an element: its key between the quotes, and where its value begins. */
interface Part {
  readonly key: { readonly start: number; readonly end: number } | null;
  readonly start: number;
}

const BRANCH_WORDS = 6;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

class ReferenceJson extends ReferenceJsonWriter implements JsonKernels {
  readonly #memory: Memory;
  readonly #window: JsonWindow;
  readonly #walk: ReferenceWalk;
  readonly #strict: ReferenceStrict;
  #others = 0;

  constructor(memory: Memory) {
    const window = new JsonWindow(memory);
    super(window);
    this.#memory = memory;
    this.#window = window;
    this.#walk = new ReferenceWalk(window);
    this.#strict = new ReferenceStrict(memory);
  }

  jsonPath(state: number, program: number): void {
    this.#walk.setPath(state, program);
  }

  walkIndex(base: number, size: number, lines: number): number {
    return this.#walk.index(base, size, lines !== 0);
  }

  jsonControlAt(): number {
    return this.#window.controlAt;
  }

  jsonEncodingAt(): number {
    return utf8Error(this.#memory.u8, this.#window.base, this.#window.limit);
  }

  jsonWalk(from: number, eof: number, rows_max: number): number {
    return this.#walk.walk(from, eof !== 0, rows_max);
  }

  walkNext(): number {
    return this.#walk.next;
  }

  walkStatus(): number {
    return this.#walk.status;
  }

  jsonError(start: number, end: number, depth_max: number): number {
    return jsonError(this.#memory.u8, start, end, depth_max);
  }

  jsonStrict(state: number, from: number, to: number, depth_max: number): number {
    return this.#strict.run(state, from, to, depth_max);
  }

  jsonLocate(selection: number, count: number, program: number, columns: number, fields: number, stride: number): void {
    const { u32, layout } = this.#memory;
    for (let index = 0; index < count; index++) {
      const row = selection === 0 ? index : u32[(selection >> 2) + index]!;
      const put = (column: number, start: number, length: number): void => {
        const word = ((fields + column * stride) >> 2) + 2 * row;
        u32[word] = start;
        u32[word + 1] = length;
      };
      for (let column = 0; column < columns; column++) put(column, 0, FIELD_MISSING);
      const start = u32[(layout.rows >> 2) + 2 * row]!;
      if (u32[(layout.rows >> 2) + 2 * row + 1]! > start) this.#descend(program, start, put);
    }
  }

  jsonStrings(fields: number, selection: number, count: number, texts: number, into: number): number {
    const { u32, u8, bytes, layout } = this.#memory;
    let arena = layout.arena;
    let kept = 0;
    this.#others = 0;
    for (let index = 0; index < count; index++) {
      const row = selection === 0 ? index : u32[(selection >> 2) + index]!;
      const start = u32[(fields >> 2) + 2 * row]!;
      const length = u32[(fields >> 2) + 2 * row + 1]!;
      if (length === FIELD_MISSING) continue;
      const text = u8[start] === QUOTE ? unescape(bytes.subarray(start + 1, start + length - 1)) : null;
      if (text === null) {
        u8[layout.undecided + row] = 1;
        this.#others++;
        continue;
      }
      const isCopy = text.length !== length - 2;
      if (isCopy) u8.set(text, arena);
      u32[(texts >> 2) + 2 * row] = isCopy ? arena : start + 1;
      u32[(texts >> 2) + 2 * row + 1] = text.length;
      if (isCopy) arena += text.length;
      u32[(into >> 2) + kept++] = row;
    }
    return kept;
  }

  jsonOthers(): number {
    return this.#others;
  }

  jsonContaining(rows: number, needle: number, length: number, into: number): number {
    const { u32, bytes, layout } = this.#memory;
    const wanted = bytes.subarray(needle, needle + length);
    let kept = 0;
    for (let row = 0; row < rows; row++) {
      const record = bytes.subarray(u32[(layout.rows >> 2) + 2 * row]!, u32[(layout.rows >> 2) + 2 * row + 1]!);
      if (record.includes(wanted) || record.includes('\\')) u32[(into >> 2) + kept++] = row;
    }
    return kept;
  }

  /** Finds the columns of a node below the value at `at`: of equal keys the first, those without escapes before those with. */
  #descend(node: number, at: number, put: (column: number, start: number, length: number) => void): void {
    const parts = this.#parts(at);
    const isObject = this.#memory.u8[at] === OPEN_BRACE;
    for (const branch of this.#branches(node)) {
      const fits = (part: Part): boolean =>
        part.key !== null && this.#window.isName(part.key.start, part.key.end, branch.name, branch.length);
      const isPlain = ({ key }: Part): boolean => key !== null && !this.#memory.bytes.subarray(key.start, key.end).includes('\\');
      const isMember = branch.kind !== stepKind.index;
      const part = isMember
        ? (parts.find((one) => isPlain(one) && fits(one)) ?? parts.find(fits))
        : isObject
          ? undefined
          : parts[branch.index];
      if (part === undefined) continue;
      if (branch.column !== NO_COLUMN) put(branch.column, part.start, this.#window.endOfValue(part.start) - part.start);
      if (branch.below !== 0) this.#descend(branch.below, part.start, put);
    }
  }

  /** The members or elements of the value at `at`, as far as they are in order. */
  #parts(at: number): Part[] {
    const { memory, limit } = this.#window;
    const { u8 } = memory;
    const parts: Part[] = [];
    const isObject = u8[at] === OPEN_BRACE;
    if (!isObject && u8[at] !== OPEN_BRACKET) return parts;
    let next = skipBlanks(u8, at + 1, limit);
    while (u8[next] !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
      let key: Part['key'] = null;
      if (isObject) {
        if (u8[next] !== QUOTE) return parts;
        key = { start: next + 1, end: this.#window.closingQuote(next + 1) };
        next = skipBlanks(u8, key.end + 1, limit);
        if (u8[next] !== COLON) return parts;
        next = skipBlanks(u8, next + 1, limit);
      }
      parts.push({ key, start: next });
      next = skipBlanks(u8, this.#window.endOfValue(next), limit);
      if (u8[next] !== COMMA) return parts;
      next = skipBlanks(u8, next + 1, limit);
    }
    return parts;
  }

  #branches(node: number): { number: number; kind: number; name: number; length: number; index: number; column: number; below: number }[] {
    const { u32 } = this.#memory;
    return Array.from({ length: u32[node >> 2]! }, (_, number) => {
      const at = (node >> 2) + 1 + number * BRANCH_WORDS;
      return {
        number,
        kind: u32[at]!,
        name: u32[at + 1]!,
        length: u32[at + 2]!,
        index: u32[at + 3]!,
        column: u32[at + 4]!,
        below: u32[at + 5]!,
      };
    });
  }
}
