/** Strict mode one byte at a time, on the state that `assembly/json-strict.ts` tells of. */
import type { Memory } from './memory.ts';
import { isBlank, isOpener } from './reference-json-text.ts';

/** What may stand next, in the order of the state's first word. Those from `string` on are inside a token. */
const expectations = ['value', 'first element', 'first key', 'key', 'colon', 'after', 'string', 'escape', 'hex', 'number', 'word'] as const;
type Expectation = (typeof expectations)[number];

/** How a number may have begun, in the order of the state's detail from 1 on; those of `wholeNumbers` may end there. */
const numbers = [
  /^-$/,
  /^-?0$/,
  /^-?[1-9]\d*$/,
  /^-?\d+\.$/,
  /^-?\d+\.\d+$/,
  /^-?\d+(?:\.\d+)?[eE]$/,
  /^-?\d+(?:\.\d+)?[eE][+-]$/,
  /^-?\d+(?:\.\d+)?[eE][+-]?\d+$/,
];
/** A number as each of them, to try a byte behind. */
const begun = ['-', '0', '1', '1.', '1.1', '1e', '1e+', '1e1'];
const wholeNumbers = ['0', '1', '1.1', '1e1'];
/** The letters behind the first of `true`, `false` and `null`; the detail of a word is where in them it stands. */
const words = 'rue\0alse\0ull\0';

const DEPTH_WORD = 1;
const KEY_WORD = 2;
const DETAIL_WORD = 3;
const BITS = 16;

export class ReferenceStrict {
  readonly #memory: Memory;
  #state = 0;
  #depth_max = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  run(state: number, from: number, to: number, depth_max: number): number {
    this.#state = state;
    this.#depth_max = depth_max;
    for (let at = from; at < to; at++) if (!this.#take(this.#memory.u8[at]!)) return at;
    if (this.#expected === 'after' && this.#get(DEPTH_WORD) === 0) this.#expect('value');
    if (this.#expected === 'value' && this.#get(DEPTH_WORD) === 0) {
      this.#set(KEY_WORD, 0);
      this.#set(DETAIL_WORD, 0);
    }
    return -1;
  }

  /** Whether a byte may stand here; the state is then that behind it. */
  #take(byte: number): boolean {
    const character = String.fromCharCode(byte);
    switch (this.#expected) {
      case 'string':
        return this.#inString(character);
      case 'escape':
        return character === 'u' ? this.#expect('hex', 4) : '"\\/bfnrt'.includes(character) && this.#expect('string');
      case 'hex':
        if (!/[\da-fA-F]/.test(character)) return false;
        this.#set(DETAIL_WORD, this.#get(DETAIL_WORD) - 1);
        return this.#get(DETAIL_WORD) > 0 || this.#expect('string');
      case 'number':
        return this.#inNumber(character);
      case 'word':
        if (character !== words[this.#get(DETAIL_WORD)]) return false;
        this.#set(DETAIL_WORD, this.#get(DETAIL_WORD) + 1);
        return words[this.#get(DETAIL_WORD)] !== '\0' || this.#expect('after');
      case 'after':
        return this.#afterValue(byte);
      case 'colon':
        return isBlank(byte) || (character === ':' && this.#expect('value'));
      default:
        return isBlank(byte) || this.#begin(byte);
    }
  }

  #inString(character: string): boolean {
    if (character < ' ') return false;
    if (character === '\\') return this.#expect('escape');
    return character !== '"' || this.#expect(this.#get(KEY_WORD) === 0 ? 'after' : 'colon');
  }

  #inNumber(character: string): boolean {
    const before = begun[this.#get(DETAIL_WORD) - 1]!;
    const now = numbers.findIndex((pattern) => pattern.test(before + character));
    if (now >= 0) return this.#expect('number', now + 1);
    if (!wholeNumbers.includes(before)) return false;
    this.#expect('after');
    return this.#take(character.charCodeAt(0));
  }

  #afterValue(byte: number): boolean {
    const depth = this.#get(DEPTH_WORD);
    if (depth === 0) {
      this.#expect('value');
      return this.#take(byte);
    }
    const character = String.fromCharCode(byte);
    if (isBlank(byte)) return true;
    if (character === ',') return this.#expect(this.#isObject(depth - 1) ? 'key' : 'value');
    if (character !== (this.#isObject(depth - 1) ? '}' : ']')) return false;
    this.#set(DEPTH_WORD, depth - 1);
    return true;
  }

  /** A key, a value, or the bracket that closes what has just been opened. */
  #begin(byte: number): boolean {
    const character = String.fromCharCode(byte);
    const expected = this.#expected;
    if ((expected === 'first key' && character === '}') || (expected === 'first element' && character === ']')) {
      this.#expect('after');
      return this.#take(byte);
    }
    const isKey = expected === 'first key' || expected === 'key';
    if (character === '"') {
      this.#set(KEY_WORD, Number(isKey));
      return this.#expect('string');
    }
    if (isKey) return false;
    if (isOpener(byte)) return this.#open(character === '{');
    const number = numbers.findIndex((pattern) => pattern.test(character));
    if (number >= 0) return this.#expect('number', number + 1);
    const word = ['t', 'f', 'n'].indexOf(character);
    return word >= 0 && this.#expect('word', [0, 4, 9][word]!);
  }

  #open(object: boolean): boolean {
    const depth = this.#get(DEPTH_WORD);
    if (depth >= this.#depth_max) return false;
    const at = this.#state + BITS + (depth >> 3);
    const bit = 1 << (depth & 7);
    this.#memory.u8[at] = object ? this.#memory.u8[at]! | bit : this.#memory.u8[at]! & ~bit;
    this.#set(DEPTH_WORD, depth + 1);
    return this.#expect(object ? 'first key' : 'first element');
  }

  #isObject(depth: number): boolean {
    return ((this.#memory.u8[this.#state + BITS + (depth >> 3)]! >> (depth & 7)) & 1) === 1;
  }

  get #expected(): Expectation {
    return expectations[this.#get(0)]!;
  }

  /** Answers true, as `#take` does for a byte that may stand where it does. */
  #expect(what: Expectation, detail = this.#get(DETAIL_WORD)): true {
    this.#set(0, expectations.indexOf(what));
    this.#set(DETAIL_WORD, detail);
    return true;
  }

  #get(word: number): number {
    return this.#memory.u32[(this.#state >> 2) + word]!;
  }

  #set(word: number, value: number): void {
    this.#memory.u32[(this.#state >> 2) + word] = value;
  }
}
