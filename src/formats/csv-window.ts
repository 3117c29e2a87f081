/**
 * Reads the bytes of a split into the memory of the thread and finds its records, a window at a time. A window begins at a record;
 * what it leaves unfinished is carried in front of the next read, so a record is always contiguous.
 *
 * Rows come in the order of the object. What is wrong with the bytes is thrown when its record's turn comes, not before: the
 * answer does not depend on where windows begin.
 */
import { SelectError } from '../base/errors.ts';
import { type CsvDialect, indexFlag, type Kernels } from '../kernels/kernels.ts';
import type { Memory } from '../kernels/memory.ts';
import { guessQuoted } from './csv-dialect.ts';
import { readOn } from './read-on.ts';
import type { QuoteState, SplitPart } from './scan.ts';

/** The part of an object to read, in its dialect, on a thread. */
export interface WindowOptions extends SplitPart {
  readonly memory: Memory;
  readonly simd: Kernels;
  readonly reference: Kernels;
  readonly dialect: CsvDialect;
}

const GUESS_BYTES = 65_536;

export class CsvWindows {
  readonly #options: WindowOptions;
  readonly #memory: Memory;
  readonly #fast: Kernels;
  readonly #delimiterBytes: number;
  /** Add to an address to get the offset in the object. */
  #delta = 0;
  /** Addresses: the next record, and the end of what is loaded. */
  #next: number;
  #have: number;
  #eof = false;
  /** Ends of the window: its base, how many there are, how many became rows. */
  #base = 0;
  #ends = 0;
  #used = 0;
  #done = false;
  #finishFrom: number | null = null;
  #failure: SelectError | null = null;
  /** How the current rows were found; locate their columns with the same. */
  kernels: Kernels;
  flags = 0;
  assumedStart: QuoteState = 'outside';
  endState: QuoteState = 'outside';

  constructor(options: WindowOptions) {
    this.#options = options;
    this.#memory = options.memory;
    const { dialect, split } = options;
    const resume = options.resume?.offset ?? null;
    this.#delimiterBytes = dialect.recordDelimiter.length;
    options.reference.csvDialect(dialect);
    this.#fast = options.simd.supports(dialect) ? options.simd : options.reference;
    this.#fast.csvDialect(dialect);
    this.kernels = this.#fast;
    const start = resume ?? (split.first ? split.start : Math.max(0, split.start - 2 * this.#delimiterBytes + 2));
    this.#next = options.memory.layout.read;
    this.#have = this.#next;
    this.#delta = start - this.#next;
    if (resume === null && !split.first) this.#findFirstRecord();
  }

  /** Object offset of the next record that is not yet a row. */
  get position(): number {
    return this.#next + this.#delta;
  }

  offsetOf(address: number): number {
    return address + this.#delta;
  }

  /**
   * Makes the next rows, at most `rows_max`, and answers how many; 0 at the end of the split.
   * @throws {SelectError} OverMaxRecordSize, InvalidTextEncoding, CSVUnescapedQuote, CSVEscapingRecordDelimiter, each with its offset
   */
  nextRows(rows_max: number): number {
    while (!this.#done) {
      if (this.#used >= this.#ends && !this.#load()) break;
      const result = this.kernels.csvRecords(this.#base, this.#used, this.#ends, this.#next, rows_max);
      const from = this.#next;
      this.#used = result.ends;
      this.#next = result.next;
      let rows = result.rows;
      if (this.#options.record_bytes_max < this.#options.window_bytes) this.#checkRows(rows);
      if (this.position > this.#options.split.end) {
        rows = this.#rowsUpTo(this.#options.split.end - this.#delta, rows);
        this.#done = true;
        // why: the index that finds the end state would overwrite what locating these rows needs.
        if (this.#options.dialect.quotedRecordDelimiters) this.#finishFrom = from;
      }
      if (rows > 0) return rows;
    }
    if (this.#finishFrom !== null) this.#finish(this.#finishFrom);
    return 0;
  }

  /** Rows whose first byte is not past `address`. */
  #rowsUpTo(address: number, rows: number): number {
    const { u32, layout } = this.#memory;
    let low = 0;
    let high = rows;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (u32[(layout.rows >> 2) + 2 * middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The split is read: find the quote state where it ends. `from`: a record's address at or before that. */
  #finish(from: number): void {
    this.#finishFrom = null;
    const end = this.#stateOffset(this.#options.split.end) - this.#delta;
    if (end <= from) return;
    this.kernels.csvIndex(from, 0, end - from, 0, false);
    this.endState = this.kernels.flags() & indexFlag.endsQuoted ? 'quoted' : 'outside';
  }

  /** Indexes the next window; false at the end of the object. */
  #load(): boolean {
    if (this.#failure !== null) throw this.#failure;
    const { window_bytes } = this.#options;
    if (this.#have - this.#next < window_bytes) this.#read();
    if (this.#next === this.#have) return false;
    this.#base = this.#next;
    this.#used = 0;
    this.kernels = this.#fast;
    let to = Math.min(window_bytes, this.#have - this.#base);
    let ends = this.#index(0, to, false);
    while (ends === 0 && this.#failure === null) {
      if (to > this.#options.record_bytes_max) throw this.#failed('OverMaxRecordSize', this.#base);
      const from = to;
      if (this.#base + to === this.#have) {
        if (this.#eof && this.#options.unfinished) return false;
        if (this.#eof) throw this.#failed('CSVUnescapedQuote', this.#base);
        this.#read();
        this.#base = this.#next;
      }
      to = Math.min(to + window_bytes, this.#have - this.#base);
      ends =
        this.kernels.kind === 'reference' ? this.#index(0, to, false) : this.#index(from, to, (this.flags & indexFlag.endsQuoted) !== 0);
    }
    this.#ends = ends;
    if (to > window_bytes) this.#checkLength();
    if (this.flags & indexFlag.highByte) this.#validate();
    if (this.#ends === 0 && this.#failure !== null) throw this.#failure;
    return true;
  }

  /** Ends in part of the window, by the reference kernels where the SIMD ones find an irregular quote. */
  #index(from: number, to: number, quoted: boolean): number {
    const { reference, dialect } = this.#options;
    const before = from === 0 ? 0 : this.flags & ~indexFlag.endsQuoted;
    let ends = this.kernels.csvIndex(this.#base, from, to, 0, quoted);
    this.flags = before | this.kernels.flags();
    const doubtful = indexFlag.irregular | (dialect.quotedRecordDelimiters ? 0 : indexFlag.quotedDelimiter);
    if (this.flags & doubtful && this.kernels !== reference) {
      this.kernels = reference;
      ends = reference.csvIndex(this.#base, 0, to, 0, false);
      this.flags = reference.flags();
    }
    if (this.kernels === reference && !dialect.quotedRecordDelimiters && this.flags & indexFlag.quotedDelimiter) {
      const at = ends === 0 ? 0 : this.#end(ends - 1);
      this.#failure = this.#failed('CSVEscapingRecordDelimiter', this.#base + at);
    }
    return ends;
  }

  /** A record that needed more than one window may be too long. */
  #checkLength(): void {
    if (this.#end(0) - this.#delimiterBytes > this.#options.record_bytes_max) throw this.#failed('OverMaxRecordSize', this.#base);
  }

  #checkRows(rows: number): void {
    const { u32, layout } = this.#memory;
    for (let row = layout.rows >> 2; row < (layout.rows >> 2) + 2 * rows; row += 2) {
      if (u32[row + 1]! - u32[row]! > this.#options.record_bytes_max) throw this.#failed('OverMaxRecordSize', u32[row]!);
    }
  }

  /** Records before the first ill-formed byte are read, the next is the error. */
  #validate(): void {
    if (this.#ends === 0) return;
    const bad = this.kernels.utf8Error(this.#base, this.#base + this.#end(this.#ends - 1));
    if (bad < 0) return;
    let ends = this.#ends;
    while (ends > 0 && this.#end(ends - 1) > bad - this.#base) ends--;
    this.#ends = ends;
    this.#failure = this.#failed('InvalidTextEncoding', bad);
  }

  #end(index: number): number {
    return this.#memory.u32[(this.#memory.layout.ends >> 2) + index]!;
  }

  #failed(
    code: 'OverMaxRecordSize' | 'CSVUnescapedQuote' | 'CSVEscapingRecordDelimiter' | 'InvalidTextEncoding',
    address: number,
  ): SelectError {
    const offset = this.offsetOf(address);
    return new SelectError(code, code === 'OverMaxRecordSize' ? { bytes_max: this.#options.record_bytes_max, offset } : { offset });
  }

  /** Carries what is left to before the read area and reads behind it. At the object's end the last record gets its delimiter. */
  #read(): void {
    if (this.#eof) return;
    const loaded = readOn(this.#memory, this.#options, { next: this.#next, have: this.#have, delta: this.#delta });
    this.#next = loaded.next;
    this.#have = loaded.have;
    this.#delta = loaded.delta;
    this.#eof = loaded.eof;
    if (this.#eof) this.#terminate();
  }

  #terminate(): void {
    const { bytes, u8 } = this.#memory;
    const { recordDelimiter } = this.#options.dialect;
    if (this.#have === this.#next || this.#options.unfinished) return;
    const tail = this.#have - this.#delimiterBytes;
    if (tail >= this.#next && bytes.compare(recordDelimiter, 0, this.#delimiterBytes, tail, this.#have) === 0) return;
    u8.set(recordDelimiter, this.#have);
    this.#have += this.#delimiterBytes;
  }

  /** The first record of a split that begins at any byte: behind the first record end that lies past `split.start`. */
  #findFirstRecord(): void {
    const { split, dialect, startState, window_bytes } = this.#options;
    this.#read();
    const before = this.#next;
    this.#next = Math.min(this.#have, this.#stateOffset(split.start) - this.#delta);
    let quoted = false;
    if (dialect.quotedRecordDelimiters) {
      quoted =
        startState === 'unknown'
          ? guessQuoted(this.#memory.u8.subarray(this.#next, Math.min(this.#have, this.#next + GUESS_BYTES)), dialect)
          : startState === 'quoted';
    }
    this.assumedStart = quoted ? 'quoted' : 'outside';
    if (!quoted) this.#leaveDelimiter(before, split.start - this.#delta);
    // why: quotes need not balance before the first delimiter where a delimiter ends a record in any case.
    const bare = { ...dialect, quote: new Uint8Array(0) };
    if (!dialect.quotedRecordDelimiters) this.#fast.csvDialect(bare);
    while (!this.#done && this.#next < this.#have) {
      const to = Math.min(window_bytes, this.#have - this.#next);
      const ends = this.#indexSkipped(to, quoted);
      if (ends < 0) {
        this.assumedStart = 'unknown';
        this.#done = true;
        break;
      }
      const found = this.#firstEndPast(split.start, ends);
      if (found >= 0) {
        if (dialect.quotedRecordDelimiters && this.offsetOf(this.#next + found) > split.end) this.#skipToEnd(quoted);
        this.#next += found;
        break;
      }
      if (this.offsetOf(this.#next + to) > split.end && dialect.quotedRecordDelimiters) this.#skipToEnd(quoted);
      // Keep the bytes that may begin a delimiter of two.
      const keep = this.#have - this.#next === to && this.#eof ? 0 : this.#delimiterBytes - 1;
      if (keep > 0) this.#indexSkipped(to - keep, quoted);
      quoted = dialect.quotedRecordDelimiters && (this.flags & indexFlag.endsQuoted) !== 0;
      this.#next += to - keep;
      if (this.#have - this.#next <= keep) this.#read();
    }
    if (!dialect.quotedRecordDelimiters) this.#fast.csvDialect(dialect);
    if (this.#next >= this.#have || this.position > split.end) this.#done = true;
  }

  /** Where the quote state of a boundary is told: any record delimiter that ends behind the boundary begins here or later. */
  #stateOffset(boundary: number): number {
    return Math.max(0, boundary - this.#delimiterBytes + 1);
  }

  /** Begins behind a record delimiter that the start lies in: its rest would look like text. */
  #leaveDelimiter(from: number, to: number): void {
    const { bytes } = this.#memory;
    const { recordDelimiter } = this.#options.dialect;
    for (let end = Math.min(to, this.#have); end > this.#next && end - this.#delimiterBytes >= from; end--) {
      if (bytes.compare(recordDelimiter, 0, this.#delimiterBytes, end - this.#delimiterBytes, end) === 0) {
        this.#next = end;
        return;
      }
    }
  }

  /** Ends before the split's first record; -1 where the quote state must be known to find them. */
  #indexSkipped(to: number, quoted: boolean): number {
    const { reference, startState, dialect } = this.#options;
    let ends = this.#fast.csvIndex(this.#next, 0, to, 0, quoted);
    this.flags = this.#fast.flags();
    if (!dialect.quotedRecordDelimiters || !(this.flags & indexFlag.irregular) || this.#fast === reference) return ends;
    // Parity cannot be trusted here. Without knowing the state nothing can be said; with it the reference reads on.
    if (startState === 'unknown') return -1;
    ends = reference.csvIndex(this.#next, 0, to, 0, quoted);
    this.flags = reference.flags();
    return ends;
  }

  /** Offset from `#next` of the first record end past the object offset `start`, or -1. */
  #firstEndPast(start: number, ends: number): number {
    const { bytes } = this.#memory;
    const { recordDelimiter } = this.#options.dialect;
    for (let index = 0; index < ends; index++) {
      const end = this.#end(index);
      const address = this.#next + end;
      if (this.offsetOf(address) <= start) continue;
      if (bytes.compare(recordDelimiter, 0, this.#delimiterBytes, address - this.#delimiterBytes, address) === 0) return end;
    }
    return -1;
  }

  /** No record begins in this split: the state where it ends is that of the record it lies in. */
  #skipToEnd(quoted: boolean): void {
    this.#indexSkipped(Math.max(0, this.#stateOffset(this.#options.split.end) - this.offsetOf(this.#next)), quoted);
    this.endState = this.flags & indexFlag.endsQuoted ? 'quoted' : 'outside';
    this.#done = true;
  }
}
