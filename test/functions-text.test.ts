/** Functions of text against arrays of characters, and the registry's functions over constants against columns. */
import fc from 'fast-check';
import t from 'tap';
import { compileExpression } from '../src/engine/evaluate.ts';
import type { Expression } from '../src/sql/expression.ts';
import { functions } from '../src/sql/functions/index.ts';
import { characterCount, substring, type TrimSide, trimmer } from '../src/vector/characters.ts';
import { Decimal } from '../src/vector/decimal.ts';
import { toLiteral } from '../src/vector/literal.ts';
import { Timestamp } from '../src/vector/timestamp.ts';
import { Failure, type SqlValue } from '../src/vector/value.ts';
import { type Columns, valueAt } from '../src/vector/vector.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '日', '👍', '𝄞', '\u{10ffff}', '\uffff', '\u0301'), maxLength: 12 });
const integer = fc.oneof(fc.integer({ min: -15, max: 15 }), fc.constantFrom(-(2 ** 63), 2 ** 53, 2 ** 63));

t.test('characters are code points', async (t) => {
  fc.assert(fc.property(text, (text) => characterCount(text) === [...text].length));
  t.pass('for random values');
});

t.test('a substring is the part of a window that there is', async (t) => {
  fc.assert(
    fc.property(text, integer, fc.option(integer.map(Math.abs)), (text, start, length) => {
      const expected = [...text].filter((_, index) => index + 1 >= start && (length === null || index + 1 < start + length));
      return substring(text, start, length) === expected.join('');
    }),
    { numRuns: 2000 },
  );
  t.pass('for random values');
});

t.test('trimming takes characters of the set from the ends', async (t) => {
  fc.assert(
    fc.property(text, text, fc.constantFrom<TrimSide>('LEADING', 'TRAILING', 'BOTH'), (text, set, side) => {
      const characters = [...text];
      const isKept = (character: string): boolean => ![...set].includes(character);
      const first = side === 'TRAILING' ? 0 : characters.findIndex(isKept);
      const last = side === 'LEADING' ? characters.length - 1 : characters.findLastIndex(isKept);
      const expected = first < 0 ? '' : characters.slice(first, last + 1).join('');
      return trimmer(side, set)(text) === expected;
    }),
    { numRuns: 2000 },
  );
  t.pass('for random values');
});

const sample: readonly SqlValue[] = [
  null,
  undefined,
  true,
  0n,
  3n,
  -7n,
  2n ** 63n - 1n,
  1.5,
  Decimal.parse('2.50'),
  '',
  ' a👍b ',
  'y-M-d',
  'SSSSSSSSSS',
  '2021-05-06',
  ' 2021T ',
  Timestamp.parse('2021-05-06T07:08:09.5+01:00'),
  Timestamp.parse('9999T'),
];
const argument = fc.constantFrom(...sample);

for (const entry of functions) {
  t.test(`${entry.name} answers for any values, and for columns as for constants`, async (t) => {
    const { parameters } = entry;
    const least = parameters.filter(({ optional }) => optional !== true).length;
    const keyword = { part: ['year', 'day', 'second'], side: ['LEADING', 'BOTH'] }[parameters[0]?.name ?? ''];
    const first = keyword === undefined ? argument : fc.constantFrom<SqlValue>(...keyword);
    const args = fc
      .integer({ min: least, max: parameters.length })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => (index === 0 ? first : argument))));
    fc.assert(
      fc.property(args, (values) => {
        const columns: Columns = { read: (slot) => ({ kind: 'values', values: [values[slot], values[slot]] }), offsetOf: () => 0 };
        const literal = (index: number): Expression => ({ op: 'literal', value: toLiteral(values[index]) });
        const results = [values.length, keyword === undefined ? 0 : 1].map((constants) => {
          const operands = values.map((_, slot): Expression => (slot < constants ? literal(slot) : { op: 'column', slot, type: 'any' }));
          const call = compileExpression({ op: 'call', name: entry.name, args: operands }, { utcnow_ms: 1e12 });
          const vector = call(columns, Uint32Array.of(0, 1));
          return [0, 1].map((index) => shown(valueAt(vector, index)));
        });
        const [expected] = results[0] as [string];
        return results.flat().every((result) => result === expected);
      }),
      { numRuns: 500 },
    );
    t.pass('for random values');
  });
}

/** A value as text that tells types and failures apart; where a failure lies depends on what is constant. */
function shown(value: SqlValue): string {
  if (value === undefined) return 'MISSING';
  if (value instanceof Failure) return `${value.error.code} ${value.error.params['value'] ?? value.error.params['reason'] ?? ''}`;
  return JSON.stringify(toLiteral(value), (_, part) => (typeof part === 'bigint' ? `${part}n` : part));
}
