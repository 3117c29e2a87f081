/** Kernels over cells of CSV: SIMD against the plain ones, and what both write of cells against the fields they were made of. */
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { CELL_BYTES, COLUMN_BYTES, columnForm } from '../src/kernels/cell-kernels.ts';
import type { CsvStyle, Kernels } from '../src/kernels/kernels.ts';
import { rowState } from '../src/kernels/value-kernels.ts';
import { bytes, constants, layout, memory, Random, reference, seed, simd, twins, u8, u32 } from './support/kernels.ts';

const { output } = layout;
const i64 = new BigInt64Array(memory.wasm.buffer);
const TEXT = ['a', 'b', 'é', ' ', ',', '"', "'", '\\', '\t', '\n', '\r', '0', '-'];
/** More than two blocks of rows. */
const ROWS_MAX = 200;

/** Room behind one another, spaced for kernels. */
let next = layout.decode;
function take(size: number): number {
  const at = next;
  next = (next + size + 255) & ~63;
  return at;
}

function randomStyle(random: Random): CsvStyle {
  const quote = random.pick(['"', '"', "'", '']);
  const mark = quote === '' ? '' : random.pick([quote, quote, '\\']);
  return {
    fieldDelimiter: Buffer.from(random.pick([',', '\t', '0', '.', '-'])),
    recordDelimiter: Buffer.from(random.pick(['\n', '\r\n', ';'])),
    quote: Buffer.from(quote),
    escape: Buffer.from(mark),
    always: random.chance(0.3),
  };
}

/** Fields over texts, or in a state. */
function layFields(random: Random, count: number, bytes_max: number, states: readonly number[]): number {
  const fields = take(8 * count);
  const texts = take((bytes_max + 32) * count);
  for (let index = 0; index < count; index++) {
    const text = Buffer.from(random.text(TEXT, bytes_max).slice(0, bytes_max));
    const at = texts + (bytes_max + 32) * index;
    u8.set(text.subarray(0, bytes_max), at);
    u32[(fields >> 2) + 2 * index] = at;
    u32[(fields >> 2) + 2 * index + 1] =
      states.length > 0 && random.chance(0.1) ? 2 ** 32 - random.pick(states) : Math.min(text.length, bytes_max);
  }
  return fields;
}

function cellsAt(cells: number, size: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const cell = cells + size * index;
    return bytes.toString('latin1', cell, cell + u8[cell + size - 1]!);
  });
}

const EMPTY = [rowState.null, rowState.missing];

t.test('cells of fields are what a column of them is written as', async (t) => {
  const random = new Random(seed);
  let made = 0;
  for (let round = 0; round < 2000; round++) {
    next = layout.decode;
    constants.reset();
    const csv = randomStyle(random);
    const style = constants.style(csv, false);
    const count = 1 + random.below(8);
    const size = random.pick([CELL_BYTES, 2 * CELL_BYTES]);
    const fields = layFields(random, count, random.below(40), random.chance(0.3) ? [...EMPTY, rowState.doubt] : EMPTY);
    const [fast, plain] = twins.map(({ cells: kernels }) => {
      const cells = take(size * count);
      const longest = kernels.makeCells(fields, count, style, size, cells);
      return { longest, cells: longest === 0 ? [] : cellsAt(cells, size, count) };
    });
    if (!isDeepStrictEqual(fast, plain)) return void t.strictSame(fast, plain, JSON.stringify({ round, size }));
    if (fast!.longest === 0) continue;
    const list = constants.u32s([fields]);
    reference.writeCsv(list, 1, 0, count, style, output, output + 8192);
    const written = bytes.toString('latin1', output, reference.written().end);
    const wanted = fast!.cells.map((cell) => cell.slice(0, -1) + String(csv.recordDelimiter)).join('');
    if (written !== wanted) return void t.equal(written, wanted);
    made++;
  }
  t.ok(made > 500, `${made} rounds made cells`);
});

interface Coded {
  readonly cells: number;
  readonly size: number;
  readonly count: number;
  readonly codes: number;
}

function layCoded(random: Random, kernels: Kernels, style: number, rows: number): Coded | null {
  const count = 1 + random.below(7);
  const fields = layFields(random, count, random.pick([3, 6, 13, 28]), EMPTY);
  for (const size of [CELL_BYTES, 2 * CELL_BYTES]) {
    const cells = take(size * count);
    if (kernels.cells.makeCells(fields, count, style, size, cells) === 0) continue;
    const codes = take(4 * rows);
    for (let row = 0; row < rows; row++) u32[(codes >> 2) + row] = random.below(count);
    return { cells, size, count, codes };
  }
  return null;
}

t.test('pairs of cells', async (t) => {
  const random = new Random(seed);
  let crossed_rounds = 0;
  for (let round = 0; round < 300; round++) {
    next = layout.decode;
    constants.reset();
    const style = constants.style(randomStyle(random), false);
    const rows = random.below(ROWS_MAX);
    const [first, second] = [layCoded(random, reference, style, rows), layCoded(random, reference, style, rows)];
    if (first === null || second === null) continue;
    const [left, right] = [first, second].map(({ cells, size, count }) => cellsAt(cells, size, count)) as [string[], string[]];
    const wanted = left.flatMap((one) => right.map((other) => one + other));
    const longest = Math.max(...wanted.map(({ length }) => length));
    if (longest >= 2 * CELL_BYTES) continue;
    const size = longest < CELL_BYTES ? CELL_BYTES : 2 * CELL_BYTES;
    const codes = Array.from(u32.subarray(first.codes >> 2, (first.codes >> 2) + rows));
    const others = u32.subarray(second.codes >> 2, (second.codes >> 2) + rows);
    for (const { kind, cells: kernels } of twins) {
      const cells = take(size * wanted.length);
      const found = kernels.crossCells(first.cells, first.count, first.size, second.cells, second.count, second.size, size, cells);
      if (found !== longest) return void t.equal(found, longest, kind);
      const texts = cellsAt(cells, size, wanted.length);
      if (!isDeepStrictEqual(texts, wanted)) return void t.strictSame(texts, wanted, kind);
      u32.set(codes, first.codes >> 2);
      kernels.crossCodes(first.codes, second.codes, second.count, rows);
      const crossed = Array.from(u32.subarray(first.codes >> 2, (first.codes >> 2) + rows));
      const expected = codes.map((code, row) => code * second.count + others[row]!);
      if (!isDeepStrictEqual(crossed, expected)) return void t.strictSame(crossed, expected, kind);
    }
    crossed_rounds++;
  }
  t.ok(crossed_rounds > 100, `${crossed_rounds} rounds of pairs`);
});

function randomNumber(random: Random): bigint {
  const digits = 10n ** BigInt(random.below(20));
  const magnitude = ((BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32))) % digits;
  const edge = random.pick([99_999_999n, 100_000_000n, 0n, 5n, 100n, 4_294_967_296n, -(2n ** 63n), 2n ** 63n - 1n]);
  return random.chance(0.2) ? edge : BigInt.asIntN(64, random.chance(0.3) ? -magnitude : magnitude);
}

/** Writes a description of a random column at an address. */
function layColumn(random: Random, style: number, rows: number, at: number): void {
  const coded = random.chance(0.5) ? layCoded(random, reference, style, rows) : null;
  if (coded !== null) {
    const form = coded.size === CELL_BYTES ? columnForm.cells : columnForm.wideCells;
    u32.set([form, coded.cells, coded.codes, 0], at >> 2);
  } else if (random.chance(0.5)) {
    const values = take(8 * rows);
    for (let row = 0; row < rows; row++) i64[(values >> 3) + row] = randomNumber(random);
    u32.set([columnForm.numbers, values, random.pick([0, 0, 2, 2, 1, 7, 18]), 0], at >> 2);
  } else {
    const states = random.chance(0.1) ? [...EMPTY, rowState.doubt] : EMPTY;
    const fields = layFields(random, rows, random.pick([5, 5, 31, 64, 150]), states);
    u32.set([random.chance(0.3) ? columnForm.plain : columnForm.fields, fields, 0, 0], at >> 2);
  }
}

t.test('columns of cells, numbers and fields as CSV', async (t) => {
  const random = new Random(seed);
  let [whole, cut, blocked] = [0, 0, 0];
  for (let round = 0; round < 1500; round++) {
    next = layout.decode;
    constants.reset();
    const style = constants.style(randomStyle(random), false);
    const rows = 1 + random.below(random.chance(0.2) ? ROWS_MAX : 20);
    const columns = 1 + random.below(random.chance(0.1) ? 300 : 9);
    const list = constants.take(COLUMN_BYTES * columns);
    for (let column = 0; column < columns; column++) layColumn(random, style, rows, list + COLUMN_BYTES * column);
    const chosen = random.chance(0.5) ? null : random.subset(rows, 0.6);
    if (chosen !== null) u32.set(chosen, layout.selections[0] >> 2);
    const [selection, count] = [chosen === null ? 0 : layout.selections[0], chosen?.length ?? rows];
    const room = random.chance(0.5) ? 1024 * 1024 : random.below(600);
    const [fast, plain] = [simd, reference].map((kernels) => {
      u8.fill(0xee, output, output + room + 512);
      kernels.writeCells(list, columns, selection, count, style, output, output + room);
      const { rows, end, blocked } = kernels.written();
      const isInRoom = u8.subarray(output + room + 64, output + room + 512).every((byte) => byte === 0xee);
      return { rows, end, blocked, isInRoom, text: bytes.toString('latin1', output, end) };
    });
    if (!isDeepStrictEqual(fast, plain)) return void t.strictSame(fast, plain, JSON.stringify({ round, columns, rows, room }));
    if (plain!.blocked) blocked++;
    else if (plain!.rows < count) cut++;
    else whole++;
  }
  t.ok(Math.min(whole, cut, blocked) > 50, `${whole} rounds written whole, ${cut} cut, ${blocked} blocked`);
});
