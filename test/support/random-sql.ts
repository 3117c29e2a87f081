/** Random queries for the properties of the parser and the binder. */
import fc from 'fast-check';
import { parse } from '../../src/sql/parse.ts';

const { node } = fc.letrec<{ node: string }>((tie) => {
  const leaf = fc.constantFrom(
    'a',
    's.b',
    's."C d"',
    '_3',
    '1',
    '-2',
    '2.50',
    '1e3',
    "'x''y'",
    '`2010-01-01T`',
    'NULL',
    'TRUE',
    's[0]',
    'COUNT(*)',
  );
  const inner = tie('node') as fc.Arbitrary<string>;
  const operator = fc.constantFrom('+', '-', '*', '/', '%', '||', '=', '<>', '!=', '<', '<=', '>', '>=', 'AND', 'OR', 'LIKE', 'NOT LIKE');
  const binary = fc.tuple(inner, operator, inner).map(([left, sign, right]) => `${left} ${sign} ${right}`);
  const template = fc.constantFrom(
    '(#)',
    'NOT #',
    '- #',
    '# IS NOT NULL',
    '# IS STRING',
    '# IN (#, #)',
    '# NOT BETWEEN (#) AND (#)',
    'CAST(# AS INT)',
    'CASE WHEN # THEN # ELSE # END',
    'CASE # WHEN # THEN # END',
    'COALESCE(#, #)',
    'SUBSTRING(# FROM # FOR #)',
    'TRIM(LEADING # FROM #)',
    'EXTRACT(month FROM #)',
    'DATE_DIFF(year, #, #)',
    "# LIKE 'a!_' ESCAPE '!'",
    '[#, #]',
  );
  const filled = fc.tuple(template, fc.array(inner, { minLength: 3, maxLength: 3 })).map(([text, parts]) => {
    let next = 0;
    return text.replace(/#/g, () => `(${parts[next++] ?? 'a'})`);
  });
  return { node: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, binary, filled) };
});

/** Queries that parse; they need not mean anything. */
export const query: fc.Arbitrary<string> = fc
  .tuple(fc.array(node, { minLength: 1, maxLength: 3 }), fc.option(node), fc.option(fc.nat()))
  .map(([items, where, limit]) => {
    const list = items.map((item) => `(${item})`).join(', ');
    const sql = `SELECT ${list} FROM S3Object s${where === null ? '' : ` WHERE (${where})`}${limit === null ? '' : ` LIMIT ${limit}`}`;
    return isValid(sql) ? sql : 'SELECT * FROM S3Object';
  });

/** Whether a query parses: an operand that holds a looser operator does not fit everywhere. */
function isValid(sql: string): boolean {
  try {
    parse(sql);
    return true;
  } catch {
    return false;
  }
}
