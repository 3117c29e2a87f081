/** Scans of Parquet against the data that was written, whatever the encoding, page size, codec and cut. */
import fc from 'fast-check';
import t from 'tap';
import { plain, plainValue, randomFile, scanRows, simd } from './support/parquet-scan.ts';

const RUNS = 120;

t.test('every row comes with its values, once and in order', async (t) => {
  fc.assert(
    fc.property(randomFile(), fc.integer({ min: 1, max: 800 }), fc.boolean(), ({ bytes, columns, rows }, cut, fast) => {
      const found = scanRows(bytes, { thread: fast ? simd : plain, cut });
      t.same(
        found.map(({ row }) => row),
        Array.from({ length: rows }, (_, row) => row),
      );
      for (const [slot, { expected }] of columns.entries()) {
        const values = found.map((row) => plainValue(row.values[slot]));
        t.same(JSON.stringify(values), JSON.stringify(expected), `column ${slot}`);
      }
    }),
    { numRuns: RUNS },
  );
});
