/**
 * Reads the bytes of a split of JSON into the memory of the thread and finds its records, a window at a time. A window begins
 * where the walk stands: at a record or between two, or inside something that is skipped. What it leaves unfinished is carried in
 * front of the next read, so a record is always contiguous.
 *
 * Rows come in the order of the object. What is wrong with the bytes is thrown when its record's turn comes, not before: the
 * answer does not depend on where windows begin.
 */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { jsonFlag, walkStatus } from '../kernels/json-kernels.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Memory } from '../kernels/memory.ts';
import { lastBoundary } from './json-boundary.ts';
import { captureState, restoreState, type ScanState, stateText } from './json-state.ts';
import { readOn } from './read-on.ts';
import type { JsonState, ScanResume, SplitPart, StartState } from './scan.ts';

export interface JsonWindowOptions extends SplitPart {
  readonly memory: Memory;
  readonly kernels: Kernels;
  /** Address of the program of FROM's path. */
  readonly source_program: number;
  /** Records are root values, usually one a line. */
  readonly lines: boolean;
  /** The object can be cut at lines. */
  readonly cuttable: boolean;
  /** All of the text is held to the grammar. */
  readonly strict: boolean;
}

/** Read before the start of a split to find a record there. */
const LOOK_BACK_BYTES = 4096;
const LOOK_AHEAD_BYTES = 64;
/** By so much a record is seen to be too long. */
const SPARE_BYTES = 64;
/** UTF-8's byte order mark. */
const MARK = [0xef, 0xbb, 0xbf] as const;

export class JsonWindows {
  readonly #options: JsonWindowOptions;
  readonly #memory: Memory;
  /** Add to an address to get the offset in the object. */
  #delta = 0;
  /** Addresses: where the walk stands, and the end of what is loaded. */
  #next = 0;
  #have = 0;
  #eof = false;
  /** The window: its base, its end, how large the next one is, and whether it is used up. */
  #base = 0;
  #limit = 0;
  #wanted: number;
  #used = true;
  /** Rows before this offset are not wanted. */
  #from = 0;
  #done = false;
  #failure: SelectError | null = null;
  /** The batch: the walk's state before it, and where that was. */
  #before: { readonly offset: number; readonly state: ScanState } | null = null;
  #endState: JsonState | null = null;
  flags = 0;
  assumedStart: StartState;

  constructor(options: JsonWindowOptions) {
    this.#options = options;
    this.#memory = options.memory;
    this.#wanted = options.window_bytes;
    const { kernels, memory, resume, split, startState } = options;
    kernels.json.jsonPath(memory.layout.json_state, options.source_program);
    this.assumedStart = startState === 'unknown' ? 'certain' : startState;
    if (resume !== null) {
      this.#begin(restoreState(memory, resume.state) ?? resume.offset, resume.offset);
      return;
    }
    const stateOffset = restoreState(memory, startState);
    if (stateOffset !== null) this.#begin(stateOffset, split.first ? 0 : split.start + 1);
    else if (split.first) this.#begin(split.start, 0);
    else if (options.cuttable) this.#findFirstRecord();
    else this.#cannotStart();
  }

  /** Object offset where the walk stands. */
  get position(): number {
    return this.#next + this.#delta;
  }

  get endState(): JsonState {
    return this.#endState ?? stateText(this.position, captureState(this.#memory));
  }

  /** Where a later task goes on: at an address among the rows of the batch, or behind the batch. */
  resumeAt(address: number | null): ScanResume {
    if (address === null || this.#before === null)
      return { offset: this.position, state: stateText(this.position, captureState(this.#memory)) };
    return { offset: this.offsetOf(address), state: stateText(this.#before.offset, this.#before.state) };
  }

  offsetOf(address: number): number {
    return address + this.#delta;
  }

  /**
   * Makes the next rows, at most `rows_max`, and answers how many; 0 at the end of the split.
   * @throws {SelectError} OverMaxRecordSize, InvalidTextEncoding, JSONParsingError, each with its offset
   */
  nextRows(rows_max: number): number {
    while (!this.#done) {
      if (this.#used) {
        // why: what is wrong with a record that begins behind the split is for the next one to say.
        if (this.position > this.#options.split.end) break;
        if (this.#failure !== null) throw this.#failure;
        if (!this.#load()) break;
      }
      this.#before = { offset: this.position, state: captureState(this.#memory) };
      const rows = this.#walk(rows_max);
      if (rows > 0) return rows;
    }
    return 0;
  }

  #begin(offset: number, from: number): void {
    this.#next = this.#memory.layout.read;
    this.#have = this.#next;
    this.#delta = offset - this.#next;
    this.#from = from;
  }

  /** Nothing can be read before the state is known. */
  #cannotStart(): void {
    this.#begin(this.#options.split.start, 0);
    this.assumedStart = 'unknown';
    this.#done = true;
  }

  /** The rows of the split among the next ones of the window. */
  #walk(rows_max: number): number {
    const { kernels, split, unfinished } = this.#options;
    const atEnd = this.#eof && !unfinished && this.#limit === this.#have && this.#failure === null;
    const from = this.#next;
    const found = kernels.json.jsonWalk(from, Number(atEnd), rows_max);
    this.#next = kernels.json.walkNext() >>> 0;
    const status = kernels.json.walkStatus();
    if (status === walkStatus.end) this.#done = true;
    else if (status === walkStatus.bad) this.#fail('JSONParsingError', this.#next, this.#next);
    else if (status === walkStatus.more) this.#more();
    const sound = this.#soundRows(found);
    const skipped = this.#rowsBefore(this.#from - this.#delta, sound);
    const rows = sound - skipped;
    if (skipped > 0) this.#dropRows(skipped, rows);
    if (this.position <= split.end) return this.#strictRows(from, this.#next, rows);
    const kept = this.#rowsBefore(split.end - this.#delta + 1, rows);
    if (kept < rows) this.#endBefore();
    return this.#strictRows(from, kept === rows ? this.#next : kept > 0 ? this.#endOf(kept - 1) : from, kept);
  }

  /** Rows before the first byte of `[from, to)` that is not JSON, where all of the text has to be. */
  #strictRows(from: number, to: number, rows: number): number {
    const { kernels, strict } = this.#options;
    if (!strict) return rows;
    const error = kernels.json.jsonStrict(this.#memory.layout.json_strict, from, to, limits.json_depth_max);
    if (error < 0) return rows;
    const begun = this.#rowsBefore(error + 1, rows);
    const isInside = begun > 0 && this.#endOf(begun - 1) > error;
    if (!isInside && this.offsetOf(error) > this.#options.split.end) {
      this.#endBefore();
      return rows;
    }
    this.#fail('JSONParsingError', isInside ? this.#startOf(begun - 1) : error, error);
    return isInside ? begun - 1 : begun;
  }

  /** What comes behind the split is for the next one to find, from where this batch began. */
  #endBefore(): void {
    this.#done = true;
    this.#endState = stateText(this.#before!.offset, this.#before!.state);
  }

  #startOf(row: number): number {
    return this.#memory.u32[(this.#memory.layout.rows >> 2) + 2 * row]!;
  }

  #endOf(row: number): number {
    return this.#memory.u32[(this.#memory.layout.rows >> 2) + 2 * row + 1]!;
  }

  /** The window holds no further whole record. */
  #more(): void {
    this.#used = true;
    if (this.#failure !== null) return;
    const { record_bytes_max, window_bytes, unfinished } = this.#options;
    const stuck = this.#next === this.#base && this.#next < this.#limit;
    this.#wanted = stuck ? Math.min(2 * (this.#limit - this.#base), Math.max(record_bytes_max + SPARE_BYTES, window_bytes)) : window_bytes;
    if (this.#limit === this.#have && this.#eof) {
      if (unfinished) this.#done = true;
      else this.#fail('JSONParsingError', this.#next, this.#errorFrom(this.#next));
    } else if (stuck && this.#limit - this.#base > record_bytes_max) {
      const error = this.#errorFrom(this.#next);
      if (error < this.#limit) this.#fail('JSONParsingError', this.#next, error);
      else this.#fail('OverMaxRecordSize', this.#next, this.#next);
    }
  }

  /** Address of the first byte that no value from `address` on could have; the window's end where there is none. */
  #errorFrom(address: number): number {
    const error = this.#options.kernels.json.jsonError(address, this.#limit, limits.json_depth_max);
    return error < 0 ? this.#limit : error;
  }

  /** Rows before the first that is too long or, where that is in question, no JSON. */
  #soundRows(rows: number): number {
    const { kernels, record_bytes_max, window_bytes } = this.#options;
    const mayBeLong = record_bytes_max < Math.max(window_bytes, this.#limit - this.#base);
    const inQuestion = (this.flags & (jsonFlag.newlineInside | jsonFlag.deep)) !== 0;
    if (!mayBeLong && !inQuestion) return rows;
    for (let row = 0; row < rows; row++) {
      const start = this.#startOf(row);
      const end = this.#endOf(row);
      if (end - start > record_bytes_max) this.#fail('OverMaxRecordSize', start, start);
      else if (inQuestion && end > start) {
        const error = kernels.json.jsonError(start, end, limits.json_depth_max);
        if (error >= 0) this.#fail('JSONParsingError', start, error);
      }
      if (this.#failure !== null && this.#next === start) return row;
    }
    return rows;
  }

  #rowsBefore(address: number, rows: number): number {
    let low = 0;
    let high = rows;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#startOf(middle) < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #dropRows(first: number, rows: number): void {
    const at = this.#memory.layout.rows >> 2;
    this.#memory.u32.copyWithin(at, at + 2 * first, at + 2 * (first + rows));
  }

  /** The scan ends before the record at `record` with an error at `address`. */
  #fail(code: 'OverMaxRecordSize' | 'JSONParsingError' | 'InvalidTextEncoding', record: number, address: number): void {
    const offset = this.offsetOf(address);
    const started = this.offsetOf(record);
    const params = code === 'OverMaxRecordSize' ? { bytes_max: this.#options.record_bytes_max, offset } : { offset };
    const hint =
      code === 'JSONParsingError' && started < offset ? { hint: `The record that begins at byte ${started} is not valid JSON.` } : {};
    this.#failure = new SelectError(code, { ...params, ...hint });
    this.#next = record;
    this.#used = true;
    this.#done = false;
  }

  /** Indexes the next window; false at the end of the object. */
  #load(): boolean {
    while (this.#have - this.#next < this.#wanted && !this.#eof) this.#read();
    const { kernels, lines } = this.#options;
    this.#base = this.#next;
    let size = Math.min(this.#wanted, this.#have - this.#base);
    if (this.#base + size < this.#have || !this.#eof || this.#options.unfinished) size = this.#wholeCharacters(size);
    this.#limit = this.#base + size;
    this.flags = kernels.json.walkIndex(this.#base, size, Number(lines));
    this.#used = false;
    const control = kernels.json.jsonControlAt();
    const encoding = kernels.json.jsonEncodingAt();
    if (encoding >= 0 && (control < 0 || encoding < control)) this.#cut('InvalidTextEncoding', encoding);
    else if (control >= 0) this.#cut('JSONParsingError', control);
    return true;
  }

  /** Records before `address` are read, the next is the error. */
  #cut(code: 'JSONParsingError' | 'InvalidTextEncoding', address: number): void {
    const offset = this.offsetOf(address);
    this.#failure = new SelectError(code, { offset });
    this.#limit = address;
    this.flags = this.#options.kernels.json.walkIndex(this.#base, address - this.#base, Number(this.#options.lines));
  }

  /** As many of the first `size` bytes of the window as are whole characters, if they are UTF-8 at all. */
  #wholeCharacters(size: number): number {
    const { u8 } = this.#memory;
    for (let back = 1; back <= 3 && back < size; back++) {
      const byte = u8[this.#base + size - back]!;
      if (byte < 0x80) break;
      if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? size - back : size;
    }
    return size;
  }

  /** Carries what is left to before the read area and reads behind it. */
  #read(): void {
    const loaded = readOn(this.#memory, this.#options, { next: this.#next, have: this.#have, delta: this.#delta });
    this.#next = loaded.next;
    this.#have = loaded.have;
    this.#delta = loaded.delta;
    this.#eof = loaded.eof;
  }

  /** The last line before the split's start where a record begins for certain: from there it is walked up to the start. */
  #findFirstRecord(): void {
    const { source, split, record_bytes_max, startState } = this.#options;
    for (let length = LOOK_BACK_BYTES; ; length *= 8) {
      const from = Math.max(0, split.start + 1 - Math.min(length, record_bytes_max + LOOK_BACK_BYTES));
      const bytes = new Uint8Array(split.start + 1 - from + LOOK_AHEAD_BYTES);
      const read = source.read(bytes, 0, bytes.length, from);
      const boundary = lastBoundary(bytes.subarray(0, read), split.start + 1 - from);
      if (boundary >= 0) this.#begin(from + boundary, split.start + 1);
      else if (from === 0) this.#begin(MARK.every((byte, index) => bytes[index] === byte) ? MARK.length : 0, split.start + 1);
      else if (length <= record_bytes_max) continue;
      else if (startState === 'unknown') this.#cannotStart();
      else throw new SelectError('OverMaxRecordSize', { bytes_max: record_bytes_max, offset: from });
      return;
    }
  }
}
