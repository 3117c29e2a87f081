/** The rule that makes one range of several: an intersection keeps exactly the rows that each of its parts keeps. */
import fc from 'fast-check';
import t from 'tap';
import { compileQuery } from '../src/sql/compile.ts';
import type { ScanPredicate } from '../src/vector/predicate.ts';

const schema = { kind: 'positional', names: ['a', 'b'] } as const;

function predicatesOf(where: string): readonly ScanPredicate[] {
  return compileQuery(`SELECT * FROM S3Object s WHERE ${where}`, schema).predicates;
}

t.test('bounds of one column meet', async (t) => {
  t.match(predicatesOf("a >= 'b' AND a < 'd'"), [{ kind: 'text', low: 'b', lowInclusive: true, high: 'd', highInclusive: false }]);
  t.match(predicatesOf('CAST(a AS INT) > 1 AND CAST(a AS INT) <= 5 AND CAST(a AS INT) < 9'), [{ kind: 'number', high: 5 }]);
  t.match(predicatesOf("a < 'x' AND a <= 'x' AND a > 'c' AND a >= 'c'"), [
    { low: 'c', lowInclusive: false, high: 'x', highInclusive: false },
  ]);
});

t.test('what is another column, reading or sense stays apart', async (t) => {
  for (const where of ["a > 'b' AND b < 'd'", 'CAST(a AS INT) > 1 AND CAST(a AS FLOAT) < 5', "a > 'b' AND a <> 'c'"]) {
    t.equal(predicatesOf(where).length, 2, where);
  }
});

t.test('an intersection holds where all its parts hold', async (t) => {
  const operator = fc.constantFrom('<', '<=', '>', '>=', '=');
  const word = fc.stringMatching(/^[abé😀]{0,2}$/u);
  const holds = (value: string, op: string, bound: string): boolean => {
    const order = Buffer.compare(Buffer.from(value), Buffer.from(bound));
    return op === '<' ? order < 0 : op === '<=' ? order <= 0 : op === '>' ? order > 0 : op === '>=' ? order >= 0 : order === 0;
  };
  fc.assert(
    fc.property(fc.array(fc.tuple(operator, word), { minLength: 1, maxLength: 4 }), word, (conditions, value) => {
      const predicates = predicatesOf(conditions.map(([op, bound]) => `a ${op} '${bound}'`).join(' AND '));
      const kept = predicates.every((predicate) => {
        if (predicate.kind !== 'text') return false;
        const above = predicate.low === null || holds(value, predicate.lowInclusive ? '>=' : '>', predicate.low);
        return above && (predicate.high === null || holds(value, predicate.highInclusive ? '<=' : '<', predicate.high));
      });
      return predicates.length === 1 && kept === conditions.every(([op, bound]) => holds(value, op, bound));
    }),
  );
  t.pass('for random bounds');
});
