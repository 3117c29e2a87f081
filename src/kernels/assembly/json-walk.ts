// The records of a JSON text: the values at the FROM path of each root value, one after another, in a window of any stream of
// values. What must be remembered from window to window is a small stack of the containers the path leads through; everything
// off the path is skipped by its brackets.
//
// A path program: u32 count of steps, then 16 bytes a step: u32 kind, name (see `sameName`), its length, index.
// The state (see `json-state` in ../json-kernels.ts): u32 frames, skip, skip depth, closing, in string, escaped, expect, 0; then
// 16 bytes a frame: u32 kind, step, counter, matched.
import { endsCount, jsonIndex, seen } from './json-index';
import { BASE, LIMIT, closeFrom, closingQuote, openDepth } from './json-masks';
import { isBlank, isScalar, scalarEnd, skipBlanks } from './json-check';
import { sameKey } from './json-text';
import { ENDS, ROWS } from './state';

export const EXACT: u32 = 1, FOLD: u32 = 2, INDEX: u32 = 3, ELEMENTS: u32 = 4, MEMBERS: u32 = 5;
const LIST: u32 = 1, OBJECT: u32 = 2;
const NONE: u32 = 0, CONTAINER: u32 = 1, STRING: u32 = 2;
/** What comes next inside the innermost frame. */
const VALUE: u32 = 0, FIRST_ELEMENT: u32 = 1, AFTER: u32 = 2, FIRST_KEY: u32 = 3, KEY: u32 = 4, COLON: u32 = 5;
/** Why a walk ended. */
const FULL: u32 = 0, MORE: u32 = 1, BAD: u32 = 2, END: u32 = 3;
const FRAMES: usize = 32, FRAME_BYTES: usize = 16;
const ENDS_QUOTED: u32 = 64, ENDS_ESCAPED: u32 = 128;

let state: usize = 0;
let path: usize = 0;
let steps: u32 = 0;
let next: usize = 0;
let status: u32 = 0;
let rows: u32 = 0;
/** The ends found by the index are those of the records to come. */
export let knowsEnds: bool = false;
let endsUsed: u32 = 0;

export function jsonPath(stateAddress: usize, program: usize): void {
  state = stateAddress;
  path = program;
  steps = load<u32>(program);
}

export function walkNext(): usize {
  return next;
}
export function walkStatus(): u32 {
  return status;
}

// @ts-ignore: decorator
@inline
function stepAt(index: u32): usize {
  return path + 4 + (<usize>index << 4);
}

// @ts-ignore: decorator
@inline
function top(): usize {
  return state + FRAMES + (<usize>(load<u32>(state) - 1)) * FRAME_BYTES;
}

// @ts-ignore: decorator
@inline
function expect(what: u32): void {
  store<u32>(state, what, 24);
}

/** Values inside the innermost frame are records. */
function holdsRecords(): bool {
  if (load<u32>(state, 4) != NONE) return false;
  if (load<u32>(state) == 0) return steps == 0;
  const frame = top();
  const step = load<u32>(frame, 4), kind = load<u32>(stepAt(step));
  return (kind == ELEMENTS || kind == MEMBERS) && step + 1 == steps;
}

/** Indexes a window that goes on where the state stands. */
export function walkIndex(base: usize, size: u32, lines: bool): u32 {
  knowsEnds = holdsRecords();
  endsUsed = 0;
  return jsonIndex(base, size, load<u32>(state, 16) != 0, load<u32>(state, 20) != 0, knowsEnds, lines);
}

function push(kind: u32, step: u32): void {
  store<u32>(state, load<u32>(state) + 1);
  const frame = top();
  store<u32>(frame, kind);
  store<u32>(frame, step, 4);
  store<u64>(frame, 0, 8);
  knowsEnds = false;
  expect(kind == LIST ? FIRST_ELEMENT : FIRST_KEY);
}

function pop(): void {
  store<u32>(state, load<u32>(state) - 1);
  knowsEnds = false;
  afterValue();
}

/** A value of the innermost frame is behind us. */
// @ts-ignore: decorator
@inline
function afterValue(): void {
  if (load<u32>(state) == 0) {
    expect(VALUE);
    return;
  }
  expect(AFTER);
  if (load<u32>(top(), 12) != 0) {
    // The only value wanted of this container: skip its rest.
    store<u32>(state, CONTAINER, 4);
    store<u32>(state, 1, 8);
    store<u32>(state, 1, 12);
  }
}

// @ts-ignore: decorator
@inline
function addRow(from: usize, to: usize): void {
  const row = ROWS + (<usize>rows << 3);
  store<u32>(row, <u32>from);
  store<u32>(row, <u32>to, 4);
  rows++;
}

/** The end of the value at `p`: 0 where the window ends first, 1 where there is none. */
function valueEnd(p: usize, eof: bool): usize {
  const c = <u32>load<u8>(p);
  if ((c | 0x20) == 0x7b) return closeFrom(p, 0);
  if (c == 34) {
    const q = closingQuote(p + 1);
    return q ? q + 1 : 0;
  }
  const e = scalarEnd(p, LIMIT);
  if (e == LIMIT && !eof) return 0;
  return e != p && isScalar(p, e) ? e : 1;
}

/** Skips the value at `p`, which no path leads to: answers where to go on, 0 for more bytes, 1 for an error. */
function skipValue(p: usize, eof: bool): usize {
  const c = <u32>load<u8>(p);
  if ((c | 0x20) == 0x7b) {
    store<u32>(state, CONTAINER, 4);
    store<u32>(state, 0, 8);
    store<u32>(state, 0, 12);
    return p;
  }
  if (c == 34) {
    store<u32>(state, STRING, 4);
    return p + 1;
  }
  const e = valueEnd(p, eof);
  if (e > 1) afterValue();
  return e;
}

/** Meets the value at `p`, which `step` steps of the path lead to. Answers as `skipValue`. */
function meet(p: usize, step: u32, eof: bool): usize {
  const c = <u32>load<u8>(p);
  for (; step < steps; step++) {
    const kind = load<u32>(stepAt(step));
    if (c == 91 && (kind == ELEMENTS || kind == INDEX)) {
      push(LIST, step);
      return p + 1;
    }
    if (c == 123 && (kind == MEMBERS || kind == EXACT || kind == FOLD)) {
      push(OBJECT, step);
      return p + 1;
    }
    if (kind == ELEMENTS || kind == MEMBERS) continue; // what is no container stands for itself
    const e = skipValue(p, eof);
    if (e > 1) addRow(p, p); // MISSING
    return e;
  }
  const e = (c | 0x20) == 0x7b && knowsEnds ? nextEnd() : valueEnd(p, eof);
  if (e > 1) {
    addRow(p, e);
    afterValue();
  }
  return e;
}

// @ts-ignore: decorator
@inline
function nextEnd(): usize {
  if (endsUsed >= endsCount) return 0;
  endsUsed++;
  return BASE + <usize>load<u32>(ENDS + (<usize>(endsUsed - 1) << 2));
}

/** A value of the innermost frame begins at `p`. */
function enter(p: usize, eof: bool): usize {
  if (load<u32>(state) == 0) return meet(p, 0, eof);
  const frame = top();
  const step = load<u32>(frame, 4), at = stepAt(step), kind = load<u32>(at);
  if (kind == ELEMENTS || kind == MEMBERS) return meet(p, step + 1, eof);
  let wanted = load<u32>(frame, 12) != 0;
  if (kind == INDEX) {
    const counter = load<u32>(frame, 8);
    wanted = counter == load<u32>(at, 12);
    if (wanted) store<u32>(frame, 1, 12);
    const e = wanted ? meet(p, step + 1, eof) : skipValue(p, eof);
    if (e > 1) store<u32>(frame, counter + 1, 8);
    else if (wanted) store<u32>(frame, 0, 12);
    return e;
  }
  return wanted ? meet(p, step + 1, eof) : skipValue(p, eof);
}

/** Reads the key at `p`, if the frame looks for one. Answers one past it, or 0. */
function readKey(p: usize): usize {
  const q = closingQuote(p + 1);
  if (!q) return 0;
  const frame = top(), at = stepAt(load<u32>(frame, 4));
  const kind = load<u32>(at);
  if (kind != MEMBERS) store<u32>(frame, <u32>sameKey(p + 1, q, <usize>load<u32>(at, 4), load<u32>(at, 8)), 12);
  expect(COLON);
  return q + 1;
}

/** Closes the innermost frame at its bracket. A member or an element that was looked for and not found is MISSING. */
function close(p: usize): usize {
  const kind = load<u32>(stepAt(load<u32>(top(), 4)));
  if (kind != ELEMENTS && kind != MEMBERS) addRow(p, p);
  pop();
  return p + 1;
}

/** Goes on skipping. Answers where to go on, or 0 when the window is used up. */
function skip(p: usize): usize {
  if (load<u32>(state, 4) == STRING) {
    const q = closingQuote(p);
    if (!q) return 0;
    store<u32>(state, NONE, 4);
    afterValue();
    return q + 1;
  }
  const e = closeFrom(p, <i32>load<u32>(state, 8));
  if (!e) {
    store<u32>(state, <u32>openDepth, 8);
    return 0;
  }
  store<u32>(state, NONE, 4);
  const closing = load<u32>(state, 12) != 0;
  store<u32>(state, 0, 12);
  if (closing) pop();
  else afterValue();
  return e;
}

/** Records in a row whose ends are known: each a line, or an element behind a comma. Answers where something else stands. */
function runOfRecords(p: usize, rows_max: u32): usize {
  const inList = load<u32>(state) != 0;
  if (inList && load<u32>(top()) != LIST) return p;
  while (rows < rows_max && endsUsed < endsCount) {
    let q = p;
    if (inList) {
      if (load<u8>(q) != 44) break;
      q++;
    } else if (load<u8>(q) == 10) q++;
    if (load<u8>(q) <= 32) q = skipBlanks(q, LIMIT);
    if ((load<u8>(q) | 0x20) != 0x7b) break;
    p = nextEnd();
    addRow(q, p);
  }
  return p;
}

/**
 * Finds the next records from `p` on, at most `rows_max`, as rows. `eof`: the text ends with the window. Where a window ends
 * inside something skipped, all of it is used.
 */
export function jsonWalk(start: usize, eof: bool, rows_max: u32): u32 {
  let p = start;
  rows = 0;
  status = FULL;
  store<u64>(state, 0, 16);
  while (rows < rows_max) {
    if (load<u32>(state, 4) != NONE) {
      const e = skip(p);
      if (!e) {
        next = LIMIT;
        store<u32>(state, <u32>((seen & ENDS_QUOTED) != 0), 16);
        store<u32>(state, <u32>((seen & ENDS_ESCAPED) != 0), 20);
        status = MORE;
        return rows;
      }
      p = e;
      continue;
    }
    // Between two records: the state stays what it is.
    if (knowsEnds && load<u32>(state, 24) == (load<u32>(state) ? AFTER : VALUE)) p = runOfRecords(p, rows_max);
    if (rows == rows_max) break;
    if (p < LIMIT && isBlank(<u32>load<u8>(p))) p = skipBlanks(p, LIMIT);
    if (p >= LIMIT) {
      status = eof && load<u32>(state) == 0 ? END : MORE;
      break;
    }
    const c = <u32>load<u8>(p), what = load<u32>(state, 24);
    let e: usize = 1;
    if (what == VALUE) e = enter(p, eof);
    else if (what == AFTER) {
      const list = load<u32>(top()) == LIST;
      if (c == 44) {
        expect(list ? VALUE : KEY);
        e = p + 1;
      } else if (c == (list ? <u32>93 : <u32>125)) e = close(p);
    } else if (what == FIRST_ELEMENT) e = c == 93 ? close(p) : enter(p, eof);
    else if (what == COLON) {
      if (c == 58) {
        expect(VALUE);
        e = p + 1;
      }
    } else if (c == 34) e = readKey(p);
    else if (what == FIRST_KEY && c == 125) e = close(p);
    if (e <= 1) {
      status = e ? BAD : MORE;
      break;
    }
    p = e;
  }
  next = p;
  return rows;
}
