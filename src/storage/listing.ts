/** Pages of keys: order, prefixes, delimiters and where the next page starts. Knows no store. */
import { limits } from '../base/limits.ts';
import type { ListedObject } from './object.ts';
import type { ListRequest, ListResult } from './store.ts';

/** Orders text as its UTF-8 bytes would be ordered, which is S3's order of keys. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    // why: surrogates stand for characters above U+FFFF, yet below U+E000 as code units.
    if (x !== y)
      return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) && y >= 0xe000 ? 1 : isSurrogate(y) && x >= 0xe000 ? -1 : x - y;
  }
  return a.length - b.length;
}

/** One page being filled, by keys offered in order. */
export class ListPage {
  readonly prefix: string;
  readonly startAfter: string;
  readonly #delimiter: string;
  readonly #maxKeys: number;
  readonly #objects: ListedObject[] = [];
  readonly #commonPrefixes: string[] = [];
  #last: string | undefined;
  #isTruncated = false;

  constructor(request: ListRequest) {
    this.prefix = request.prefix ?? '';
    this.startAfter = request.startAfter ?? '';
    this.#delimiter = request.delimiter ?? '';
    this.#maxKeys = Math.min(request.maxKeys ?? limits.list_keys_max, limits.list_keys_max);
  }

  /** Whether no further key can change the page. */
  get isDone(): boolean {
    return this.#isTruncated || this.#maxKeys <= 0;
  }

  /** Objects and prefixes that still fit. */
  get room(): number {
    return this.#maxKeys - this.#objects.length - this.#commonPrefixes.length;
  }

  /** Whether the key belongs on this page or a later one. */
  wants(key: string): boolean {
    return key.startsWith(this.prefix) && compareUtf8(key, this.startAfter) > 0;
  }

  /** The common prefix that a key, or all keys beginning with this text, are rolled up into. */
  commonPrefixOf(text: string): string | undefined {
    if (this.#delimiter === '' || !text.startsWith(this.prefix)) return undefined;
    const at = text.indexOf(this.#delimiter, this.prefix.length);
    return at < 0 ? undefined : text.slice(0, at + this.#delimiter.length);
  }

  /** Whether the common prefix is on this page or an earlier one. */
  isPast(commonPrefix: string): boolean {
    return commonPrefix === this.#last || commonPrefix === this.startAfter;
  }

  addCommonPrefix(commonPrefix: string): void {
    if (this.#takes(commonPrefix)) this.#commonPrefixes.push(commonPrefix);
  }

  addObject(object: ListedObject): void {
    if (this.#takes(object.key)) this.#objects.push(object);
  }

  result(): ListResult {
    const { isTruncated, nextStartAfter } = { isTruncated: this.#isTruncated, nextStartAfter: this.#last };
    const page = { objects: this.#objects, commonPrefixes: this.#commonPrefixes, isTruncated };
    return isTruncated && nextStartAfter !== undefined ? { ...page, nextStartAfter } : page;
  }

  #takes(last: string): boolean {
    if (this.room <= 0) this.#isTruncated = true;
    else this.#last = last;
    return !this.#isTruncated;
  }
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000;
}
