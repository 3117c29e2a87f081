import fc from 'fast-check';
import t from 'tap';
import type { Split } from '../src/formats/format.ts';
import { type SplitRequest, splitsOf } from '../src/formats/split.ts';

const request = (over: Partial<SplitRequest>): SplitRequest => ({ dataStart: 0, size: 100, scanRange: null, split_bytes: 8, ...over });
const owns = ({ start, end, first }: Split, byte: number): boolean => (first ? start <= byte : start < byte) && byte <= end;

/** First bytes at or behind `dataStart` that the splits own, with repetitions. */
function owned(over: Partial<SplitRequest>): number[] {
  const { dataStart, size } = request(over);
  const splits = [...splitsOf(request(over))];
  const bytes = Array.from({ length: size - dataStart }, (_, i) => dataStart + i);
  return splits.flatMap((split) => bytes.filter((byte) => owns(split, byte)));
}

const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

t.test('splits lie on fixed boundaries', async (t) => {
  t.strictSame(
    [...splitsOf(request({ size: 20, dataStart: 3 }))],
    [
      { index: 0, start: 3, end: 8, first: true },
      { index: 1, start: 8, end: 16, first: false },
      { index: 2, start: 16, end: 20, first: false },
    ],
  );
  t.strictSame(
    [...splitsOf(request({ size: 20, scanRange: { start: 10, end: 18 } }))],
    [
      { index: 0, start: 10, end: 16, first: false },
      { index: 1, start: 16, end: 18, first: false },
    ],
  );
  t.strictSame([...splitsOf(request({ size: 10, dataStart: 8 }))], [{ index: 0, start: 8, end: 10, first: true }]);
  t.strictSame([...splitsOf(request({ scanRange: { start: 0, end: 0 } }))], [{ index: 0, start: 0, end: 0, first: true }]);
});

t.test('nothing to read, no split', async (t) => {
  const empty: Partial<SplitRequest>[] = [
    { size: 0 },
    { size: 5, dataStart: 5 },
    { scanRange: { start: 100, end: 200 } },
    { scanRange: { start: 1000, end: null } },
    { scanRange: { start: null, end: 0 } },
    { scanRange: { start: 10, end: 10 } },
    { dataStart: 50, scanRange: { start: 0, end: 49 } },
    { dataStart: 50, scanRange: { start: 10, end: 49 } },
  ];
  for (const over of empty) t.strictSame([...splitsOf(request(over))], [], JSON.stringify(over));
});

t.test('what a range owns', async (t) => {
  const cases: readonly [Partial<SplitRequest>, number[]][] = [
    [{}, range(0, 99)],
    [{ scanRange: { start: 0, end: 44 } }, range(0, 44)],
    [{ scanRange: { start: 1, end: 4 } }, range(2, 4)],
    [{ scanRange: { start: 90, end: 1e15 } }, range(91, 99)],
    [{ scanRange: { start: 50, end: null } }, range(51, 99)],
    [{ scanRange: { start: 0, end: null } }, range(0, 99)],
    [{ scanRange: { start: null, end: 20 } }, range(80, 99)],
    [{ scanRange: { start: null, end: 500 } }, range(0, 99)],
    [{ dataStart: 10, scanRange: { start: 0, end: 10 } }, [10]],
    [{ dataStart: 10, scanRange: { start: 5, end: 12 } }, [10, 11, 12]],
    [{ dataStart: 10, scanRange: { start: 10, end: 12 } }, [11, 12]],
    [{ dataStart: 10, scanRange: { start: null, end: 95 } }, range(10, 99)],
    [{ scanRange: { start: 10, end: 10 }, boundaries: 'inclusive' }, [10]],
    [{ scanRange: { start: 1, end: 4 }, boundaries: 'inclusive' }, [1, 2, 3, 4]],
  ];
  for (const [over, bytes] of cases) t.strictSame(owned(over), bytes, JSON.stringify(over));
});

t.test('any tiling with shared boundaries owns every first byte once, in order', async () => {
  const tiling = fc.record({
    size: fc.integer({ min: 1, max: 200 }),
    dataStart: fc.nat(60),
    split_bytes: fc.integer({ min: 1, max: 40 }),
    cuts: fc.uniqueArray(fc.integer({ min: 1, max: 220 }), { maxLength: 8 }),
    open: fc.boolean(),
  });
  fc.assert(
    fc.property(tiling, ({ size, dataStart, split_bytes, cuts, open }) => {
      const inner = cuts.filter((cut) => cut < size).sort((a, b) => a - b);
      const boundaries = [0, ...inner, size + (open ? 0 : 7)];
      const tiles = boundaries.slice(1).map((end, i) => ({ start: boundaries[i]!, end: open && end === size ? null : end }));
      const bytes = tiles.flatMap((scanRange) => owned({ size, dataStart: Math.min(dataStart, size), split_bytes, scanRange }));
      return JSON.stringify(bytes) === JSON.stringify(range(Math.min(dataStart, size), size - 1));
    }),
    { numRuns: 500 },
  );
});

t.test('splits of a huge object are made one at a time', async (t) => {
  const splits = splitsOf(request({ size: 5 * 2 ** 40, split_bytes: 8 * 2 ** 20 }));
  t.strictSame(splits.next().value, { index: 0, start: 0, end: 8 * 2 ** 20, first: true });
});
