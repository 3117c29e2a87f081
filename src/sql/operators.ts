/** The operators by precedence: the documents are written from it, and a test holds it and the grammar together. */
import type { Example } from './functions/function.ts';

export interface OperatorLevel {
  /** How its operators are written between operands `a`, `b`, `c`. */
  readonly forms: readonly string[];
  /** How a chain of them is grouped; `none`: it is one operation of many operands, or the operators stand before theirs. */
  readonly associates: 'left' | 'right' | 'none';
  readonly doc: string;
  readonly examples: readonly Example[];
}

/** Tightest first. Operators of one level are grouped in their order. */
export const operatorLevels: readonly OperatorLevel[] = [
  {
    forms: ['-a', '+a'],
    associates: 'none',
    doc: 'Sign of a number. Before a numeric literal it is part of the literal.',
    examples: [
      { sql: '-2 * -3', result: '6' },
      { sql: '- -5', result: '5' },
    ],
  },
  {
    forms: ['a * b', 'a / b', 'a % b'],
    associates: 'left',
    doc:
      'INT with INT is INT: division drops the fraction, a result beyond 64 bits is IntegerOverflow. DECIMAL with INT or DECIMAL is DECIMAL, rounded half ' +
      'to even at 38 digits. FLOAT with any number is FLOAT. `%` has the sign of `a`. Division by zero is an error.',
    examples: [
      { sql: '7 / 2', result: '3' },
      { sql: '7 / 2.0', result: '3.5' },
      { sql: '7 / 2e0', result: '3.5' },
      { sql: '-7 % 3', result: '-1' },
    ],
  },
  {
    forms: ['a + b', 'a - b', 'a || b'],
    associates: 'left',
    doc: 'Sum and difference, with types as for `*`. `||` joins two texts; other types need a CAST AS STRING.',
    examples: [
      { sql: '0.1 + 0.2', result: '0.3' },
      { sql: '0.1 + 2e-1', result: '0.30000000000000004' },
      { sql: "'north' || '-' || 'west'", result: 'north-west' },
    ],
  },
  {
    forms: ['a [NOT] IN (b, c)', 'a [NOT] BETWEEN b AND c', 'a [NOT] LIKE b [ESCAPE c]'],
    associates: 'left',
    doc:
      'IN: whether `a` equals an element; a list of the data may stand to the right. BETWEEN: `a >= b AND a <= c`. LIKE: `_` is one character, `%` any number of ' +
      'them, the pattern is the whole text and knows upper from lower case; after the character of ESCAPE `_`, `%` and the character itself mean themselves.',
    examples: [
      { sql: "'b' IN ('a', 'b')", result: 'true' },
      { sql: '2.0 IN (1, 2)', result: 'true' },
      { sql: '5 BETWEEN 1 AND 5', result: 'true' },
      { sql: "'harbour' LIKE 'h_rb%'", result: 'true' },
      { sql: "'100%' LIKE '100!%' ESCAPE '!'", result: 'true' },
    ],
  },
  {
    forms: ['a < b', 'a <= b', 'a > b', 'a >= b'],
    associates: 'left',
    doc:
      'Order: numbers by value, text by its UTF-8 bytes, FALSE before TRUE, timestamps by the instant, lists by their elements. Values of types that have no ' +
      'common order are an error.',
    examples: [
      { sql: '2 < 10', result: 'true' },
      { sql: "'2' < '10'", result: 'false' },
      { sql: '`2021-05-06T10:00+02:00` < `2021-05-06T09:00Z`', result: 'true' },
    ],
  },
  {
    forms: ['a = b', 'a <> b', 'a != b', 'a IS [NOT] b'],
    associates: 'right',
    doc:
      'Equality; values of types that cannot be compared are not equal. IS asks for NULL, MISSING, TRUE, FALSE or a type, is never NULL, and takes all that ' +
      'stands to its left.',
    examples: [
      { sql: '1 = 1.0', result: 'true' },
      { sql: "1 <> 'one'", result: 'true' },
      { sql: '1.5 IS DECIMAL', result: 'true' },
      { sql: 'NULL = NULL IS NULL', result: 'true' },
    ],
  },
  {
    forms: ['NOT a'],
    associates: 'none',
    doc: 'The other truth value.',
    examples: [{ sql: 'NOT 1 = 2', result: 'true' }],
  },
  {
    forms: ['a AND b'],
    associates: 'none',
    doc: 'FALSE where an operand is FALSE, else an error where one failed, whatever their order.',
    examples: [{ sql: 'FALSE AND 1 / 0 = 1', result: 'false' }],
  },
  {
    forms: ['a OR b'],
    associates: 'none',
    doc: 'TRUE where an operand is TRUE, else an error where one failed, whatever their order.',
    examples: [{ sql: 'TRUE OR FALSE AND FALSE', result: 'true' }],
  },
];
