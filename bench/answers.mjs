// Do two engines give the same answer? Answers are CSV or lines of JSON; engines quote and order differently, so text is not compared.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const T = 0x54;
const DAY_BYTES = 10;
const FIELD_END = 0x1f;
const RELATIVE_ERROR_MAX = 1e-9;

/**
 * What is compared of an answer.
 * @param {string} path CSV without a header line, or for `objects` and `numbers` lines of JSON
 * @param {import('./queries.mjs').Query['compare']} compare
 * @returns {string | number[]}
 */
export function answerOf(path, compare) {
  if (compare === 'rows') {
    const { rows, digest } = digestRows(path);
    return `${rows} rows, digest ${digest}`;
  }
  if (compare === 'row-count') return `${digestRows(path).rows} rows`;
  if (compare === 'objects') {
    const { objects, digest } = digestObjects(path);
    return `${objects} objects, digest ${digest}`;
  }
  if (statSync(path).size > 1 << 16) throw new Error('an answer of values must be short');
  const text = readFileSync(path, 'latin1').trim();
  if (compare === 'numbers') return Object.values(JSON.parse(text));
  return text.split(/[,\n]/).map((field) => Number(field.replaceAll('"', '')));
}

/** @param {string | number[]} a @param {string | number[]} b */
export function answersAgree(a, b) {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) <= RELATIVE_ERROR_MAX * Math.abs(value));
}

/**
 * Counts and hashes the records of a CSV file, whatever their order, quoting, zeros after a decimal point, and the T that ends a day
 * (`2010-02-03T`).
 * @param {string} path
 * @returns {{ rows: number, digest: string }}
 */
export function digestRows(path) {
  const rows = new RowDigest();
  const fd = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) {
    for (let i = 0; i < n; i++) rows.push(buffer[i]);
  }
  closeSync(fd);
  return rows.end();
}

/**
 * Counts and hashes the values of a file of JSON lines, whatever their order, spacing, escapes and way of writing numbers.
 * @param {string} path
 * @returns {{ objects: number, digest: string }}
 */
function digestObjects(path) {
  let objects = 0;
  let sum = 0n;
  for (const line of linesOf(path)) {
    sum += createHash('md5')
      .update(JSON.stringify(JSON.parse(line)))
      .digest()
      .readBigUInt64LE();
    objects++;
  }
  return { objects, digest: BigInt.asUintN(64, sum).toString(16).padStart(16, '0') };
}

function* linesOf(path) {
  const fd = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(1 << 20);
  let rest = Buffer.alloc(0);
  for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) {
    const data = Buffer.concat([rest, buffer.subarray(0, n)]);
    let at = 0;
    for (let end = data.indexOf(LF, at); end >= 0; end = data.indexOf(LF, at)) {
      if (end > at) yield data.toString('utf8', at, end);
      at = end + 1;
    }
    rest = data.subarray(at);
  }
  closeSync(fd);
  if (rest.length > 0) yield rest.toString('utf8');
}

class RowDigest {
  rows = 0;
  #sumA = 0;
  #sumB = 0;
  #a = 0;
  #b = 0;
  #fieldBytes = 0;
  #quoted = false;
  /** The last byte was a quote inside a quoted field: its end, or the first of a doubled quote. */
  #quoteSeen = false;
  #numeric = true;
  /** A point seen and held back with the zeros after it, until a digit shows that they count. */
  #heldPoint = false;
  #heldZeros = 0;
  #pointSeen = false;
  /** A T seen behind ten bytes, where a day may end with it. */
  #heldT = false;

  /** @param {number} byte */
  push(byte) {
    if (this.#quoted) {
      if (this.#quoteSeen) {
        this.#quoteSeen = false;
        if (byte === QUOTE) return this.#content(byte);
        this.#quoted = false;
      } else {
        if (byte === QUOTE) this.#quoteSeen = true;
        else this.#content(byte);
        return;
      }
    }
    if (byte === COMMA) this.#endField();
    else if (byte === LF) this.#endRow();
    else if (byte === QUOTE && this.#fieldBytes === 0) this.#quoted = true;
    else if (byte !== CR) this.#content(byte);
  }

  end() {
    if (this.#fieldBytes > 0) this.#endRow();
    const hex = (sum) => (sum >>> 0).toString(16).padStart(8, '0');
    return { rows: this.rows, digest: hex(this.#sumA) + hex(this.#sumB) };
  }

  #content(byte) {
    if (this.#heldT) {
      this.#heldT = false;
      this.#hash(T);
    }
    this.#fieldBytes++;
    if (byte === T && this.#fieldBytes === DAY_BYTES + 1) {
      this.#release();
      this.#heldT = true;
      return;
    }
    if (this.#numeric) {
      if (byte === DOT && !this.#pointSeen) {
        this.#pointSeen = true;
        this.#heldPoint = true;
        return;
      }
      if (byte === ZERO && this.#pointSeen) {
        this.#heldZeros++;
        return;
      }
      if (byte < ZERO || byte > NINE) this.#numeric = false;
      this.#release();
    }
    this.#hash(byte);
  }

  #release() {
    if (this.#heldPoint) this.#hash(DOT);
    for (; this.#heldZeros > 0; this.#heldZeros--) this.#hash(ZERO);
    this.#heldPoint = false;
  }

  #endField() {
    this.#hash(FIELD_END);
    this.#fieldBytes = 0;
    this.#heldT = false;
    this.#numeric = true;
    this.#pointSeen = false;
    this.#heldPoint = false;
    this.#heldZeros = 0;
  }

  #endRow() {
    this.#endField();
    this.rows++;
    this.#sumA = (this.#sumA + Math.imul(this.#a ^ (this.#a >>> 15), 0x2c1b3c6d)) | 0;
    this.#sumB = (this.#sumB + Math.imul(this.#b ^ (this.#b >>> 13), 0x297a2d39)) | 0;
    this.#a = 0;
    this.#b = 0;
  }

  #hash(byte) {
    this.#a = (Math.imul(this.#a ^ byte, 0x01000193) + 0x9e37) | 0;
    this.#b = Math.imul(this.#b + byte, 0x85ebca6b) ^ (this.#b >>> 16);
  }
}
