/** The records of a JSON text, as `assembly/json-walk.ts` finds them, on the same state and the same programs. */
import { FRAME_BYTES, STATE_BYTES, stepKind, walkStatus } from './json-kernels.ts';
import { isBlank, isOpener, isScalar, scalarEnd } from './reference-json-text.ts';
import type { JsonWindow } from './reference-json-window.ts';

/** Words of the state. */
const FRAMES = 0;
const SKIP = 1;
const SKIP_DEPTH = 2;
const CLOSING = 3;
const IN_STRING = 4;
const ESCAPED = 5;
const EXPECT = 6;
const NONE = 0;
const CONTAINER = 1;
const STRING = 2;
const VALUE = 0;
const FIRST_ELEMENT = 1;
const AFTER = 2;
const FIRST_KEY = 3;
const KEY = 4;
const COLON = 5;
const LIST = 1;
const OBJECT = 2;
/** Words of a frame. */
const KIND = 0;
const STEP = 1;
const COUNTER = 2;
const MATCHED = 3;

/** Answers of the steps of a walk: where to go on, or why not. */
const MORE = 0;
const BAD = 1;

export class ReferenceWalk {
  readonly #window: JsonWindow;
  readonly #rows: [start: number, end: number][] = [];
  #state = 0;
  #path = 0;
  #eof = false;
  next = 0;
  status: number = walkStatus.full;

  constructor(window: JsonWindow) {
    this.#window = window;
  }

  setPath(state: number, program: number): void {
    this.#state = state;
    this.#path = program;
  }

  index(base: number, size: number, lines: boolean): number {
    return this.#window.index(base, size, this.#get(IN_STRING) !== 0, this.#get(ESCAPED) !== 0, this.#holdsRecords(), lines);
  }

  walk(from: number, eof: boolean, rows_max: number): number {
    const { memory, limit } = this.#window;
    this.#rows.length = 0;
    this.#eof = eof;
    this.status = walkStatus.full;
    this.#set(IN_STRING, 0);
    this.#set(ESCAPED, 0);
    let at = from;
    while (this.#rows.length < rows_max) {
      while (this.#get(SKIP) === NONE && at < limit && isBlank(memory.u8[at]!)) at++;
      if (this.#get(SKIP) === NONE && at >= limit) {
        this.status = eof && this.#get(FRAMES) === 0 ? walkStatus.end : walkStatus.more;
        break;
      }
      const next = this.#get(SKIP) === NONE ? this.#step(at) : this.#skip(at);
      if (next === MORE || next === BAD) {
        this.status = next === MORE ? walkStatus.more : walkStatus.bad;
        if (next === MORE && this.#get(SKIP) !== NONE) {
          at = limit;
          this.#set(IN_STRING, Number(this.#window.endsInString));
          this.#set(ESCAPED, Number(this.#window.endsEscaped));
        }
        break;
      }
      at = next;
    }
    this.next = at;
    for (const [row, [start, end]] of this.#rows.entries()) {
      memory.u32[(memory.layout.rows >> 2) + 2 * row] = start;
      memory.u32[(memory.layout.rows >> 2) + 2 * row + 1] = end;
    }
    return this.#rows.length;
  }

  #step(at: number): number {
    const character = String.fromCharCode(this.#window.memory.u8[at]!);
    const inList = this.#get(FRAMES) > 0 && this.#frame(KIND) === LIST;
    switch (this.#get(EXPECT)) {
      case VALUE:
        return this.#enter(at);
      case FIRST_ELEMENT:
        return character === ']' ? this.#close(at) : this.#enter(at);
      case AFTER:
        if (character === (inList ? ']' : '}')) return this.#close(at);
        if (character !== ',') return BAD;
        this.#set(EXPECT, inList ? VALUE : KEY);
        return at + 1;
      case COLON:
        if (character !== ':') return BAD;
        this.#set(EXPECT, VALUE);
        return at + 1;
      case FIRST_KEY:
        return character === '}' ? this.#close(at) : character === '"' ? this.#key(at) : BAD;
      default:
        return character === '"' ? this.#key(at) : BAD;
    }
  }

  #enter(at: number): number {
    if (this.#get(FRAMES) === 0) return this.#meet(at, 0);
    const step = this.#frame(STEP);
    const kind = this.#stepWord(step, 0);
    if (kind === stepKind.elements || kind === stepKind.members) return this.#meet(at, step + 1);
    if (kind !== stepKind.index) return this.#frame(MATCHED) !== 0 ? this.#meet(at, step + 1) : this.#skipValue(at);
    const frames = this.#get(FRAMES);
    const counter = this.#frame(COUNTER);
    const wanted = counter === this.#stepWord(step, 3);
    if (wanted) this.#setFrame(MATCHED, 1);
    const next = wanted ? this.#meet(at, step + 1) : this.#skipValue(at);
    if (next === MORE || next === BAD) this.#setFrame(MATCHED, 0);
    else this.#setFrame(COUNTER, counter + 1, frames);
    return next;
  }

  /** A value that the first `step` steps lead to. */
  #meet(at: number, step: number): number {
    const { u8 } = this.#window.memory;
    for (; step < this.#window.memory.u32[this.#path >> 2]!; step++) {
      const kind = this.#stepWord(step, 0);
      const wantsList = kind === stepKind.elements || kind === stepKind.index;
      if (u8[at] === 0x5b && wantsList) return this.#push(LIST, step, at);
      if (u8[at] === 0x7b && !wantsList) return this.#push(OBJECT, step, at);
      if (kind === stepKind.elements || kind === stepKind.members) continue;
      const next = this.#skipValue(at);
      if (next !== MORE && next !== BAD) this.#rows.push([at, at]);
      return next;
    }
    const end = this.#valueEnd(at);
    if (end === MORE || end === BAD) return end;
    this.#rows.push([at, end]);
    this.#afterValue();
    return end;
  }

  #valueEnd(at: number): number {
    const { limit, memory } = this.#window;
    if (isOpener(memory.u8[at]!)) return this.#window.closeFrom(at, 0).end;
    if (memory.u8[at] === 0x22) {
      const quote = this.#window.closingQuote(at + 1);
      return quote === 0 ? MORE : quote + 1;
    }
    const end = scalarEnd(memory.u8, at, limit);
    if (end === limit && !this.#eof) return MORE;
    return isScalar(memory.u8, at, end) ? end : BAD;
  }

  #skipValue(at: number): number {
    const byte = this.#window.memory.u8[at]!;
    if (isOpener(byte)) {
      this.#set(SKIP, CONTAINER);
      this.#set(SKIP_DEPTH, 0);
      this.#set(CLOSING, 0);
      return at;
    }
    if (byte === 0x22) {
      this.#set(SKIP, STRING);
      return at + 1;
    }
    const end = this.#valueEnd(at);
    if (end !== MORE && end !== BAD) this.#afterValue();
    return end;
  }

  #skip(at: number): number {
    if (this.#get(SKIP) === STRING) {
      const quote = this.#window.closingQuote(at);
      if (quote === 0) return MORE;
      this.#set(SKIP, NONE);
      this.#afterValue();
      return quote + 1;
    }
    const { end, depth } = this.#window.closeFrom(at, this.#get(SKIP_DEPTH));
    if (end === 0) {
      this.#set(SKIP_DEPTH, depth);
      return MORE;
    }
    this.#set(SKIP, NONE);
    const closing = this.#get(CLOSING) !== 0;
    this.#set(CLOSING, 0);
    if (closing) this.#pop();
    else this.#afterValue();
    return end;
  }

  #key(at: number): number {
    const quote = this.#window.closingQuote(at + 1);
    if (quote === 0) return MORE;
    const step = this.#frame(STEP);
    if (this.#stepWord(step, 0) !== stepKind.members) {
      this.#setFrame(MATCHED, Number(this.#window.isName(at + 1, quote, this.#stepWord(step, 1), this.#stepWord(step, 2))));
    }
    this.#set(EXPECT, COLON);
    return quote + 1;
  }

  #close(at: number): number {
    const kind = this.#stepWord(this.#frame(STEP), 0);
    if (kind !== stepKind.elements && kind !== stepKind.members) this.#rows.push([at, at]);
    this.#pop();
    return at + 1;
  }

  #push(kind: number, step: number, at: number): number {
    this.#set(FRAMES, this.#get(FRAMES) + 1);
    for (const [word, value] of [kind, step, 0, 0].entries()) this.#setFrame(word, value);
    this.#set(EXPECT, kind === LIST ? FIRST_ELEMENT : FIRST_KEY);
    return at + 1;
  }

  #pop(): void {
    this.#set(FRAMES, this.#get(FRAMES) - 1);
    this.#afterValue();
  }

  /** Behind the only value wanted of a container the rest of it is skipped. */
  #afterValue(): void {
    this.#set(EXPECT, this.#get(FRAMES) === 0 ? VALUE : AFTER);
    if (this.#get(FRAMES) === 0 || this.#frame(MATCHED) === 0) return;
    this.#set(SKIP, CONTAINER);
    this.#set(SKIP_DEPTH, 1);
    this.#set(CLOSING, 1);
  }

  #holdsRecords(): boolean {
    const steps = this.#window.memory.u32[this.#path >> 2]!;
    if (this.#get(SKIP) !== NONE) return false;
    if (this.#get(FRAMES) === 0) return steps === 0;
    const step = this.#frame(STEP);
    const kind = this.#stepWord(step, 0);
    return (kind === stepKind.elements || kind === stepKind.members) && step + 1 === steps;
  }

  #get(word: number): number {
    return this.#window.memory.u32[(this.#state >> 2) + word]!;
  }

  #set(word: number, value: number): void {
    this.#window.memory.u32[(this.#state >> 2) + word] = value;
  }

  #frame(word: number): number {
    return this.#get(this.#frameWord(this.#get(FRAMES)) + word);
  }

  #setFrame(word: number, value: number, frame = this.#get(FRAMES)): void {
    this.#set(this.#frameWord(frame) + word, value);
  }

  #frameWord(frame: number): number {
    return (STATE_BYTES + (frame - 1) * FRAME_BYTES) >> 2;
  }

  #stepWord(step: number, word: number): number {
    return this.#window.memory.u32[(this.#path >> 2) + 1 + 4 * step + word]!;
  }
}
