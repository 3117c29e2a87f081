/** Type names as CAST and IS take them, and the kinds the binder reasons with. */
import type { TypeName } from '../vector/value.ts';
import type { StaticType } from './expression.ts';

export interface TypeEntry {
  readonly type: TypeName;
  /** Parameters the name may take at most, as in DECIMAL(p, s). */
  readonly params_max: number;
}

export interface TypeFacts {
  readonly type: TypeName;
  readonly doc: string;
  /** Expressions of the type, for the documents: what CAST makes of them is run. */
  readonly examples: readonly string[];
}

/** What a value can be, NULL and MISSING aside. */
export const types: readonly TypeFacts[] = [
  { type: 'bool', doc: 'TRUE or FALSE.', examples: ['TRUE', 'FALSE'] },
  { type: 'int', doc: 'A whole number of 64 bits, -9223372036854775808 to 9223372036854775807.', examples: ['0', '42'] },
  { type: 'float', doc: 'IEEE 754 binary64; its text is the shortest that reads back, as Java writes it.', examples: ['-2.5e0', '1e300'] },
  { type: 'decimal', doc: 'An exact number of up to 38 digits that keeps the digits after its point.', examples: ['0.00', '2.50'] },
  {
    type: 'string',
    doc: 'Text of Unicode characters. Every field of a CSV is one.',
    examples: ["'true'", "'42'", "'2.50'", "' 1e3'", "'2021-05-06'", "'abc'", "''"],
  },
  {
    type: 'timestamp',
    doc: 'A time with its precision, from the year to fractions of a second, and where it has a time of day its offset.',
    examples: ['`2021-05-06T07:08:09.5+02:00`', '`2021-05T`'],
  },
  { type: 'list', doc: 'An array of JSON, or `[a, b]`.', examples: ["[1, 'a']"] },
  { type: 'struct', doc: 'An object of JSON.', examples: [] },
];

/** Written names, upper case. Parameters are read and have no effect, as in the reference. */
export const typeEntries: ReadonlyMap<string, TypeEntry> = new Map<string, TypeEntry>([
  ['BOOL', { type: 'bool', params_max: 0 }],
  ['BOOLEAN', { type: 'bool', params_max: 0 }],
  ['INT', { type: 'int', params_max: 0 }],
  ['INTEGER', { type: 'int', params_max: 0 }],
  ['SMALLINT', { type: 'int', params_max: 0 }],
  ['FLOAT', { type: 'float', params_max: 1 }],
  ['REAL', { type: 'float', params_max: 0 }],
  ['DOUBLE PRECISION', { type: 'float', params_max: 0 }],
  ['DECIMAL', { type: 'decimal', params_max: 2 }],
  ['NUMERIC', { type: 'decimal', params_max: 2 }],
  ['DEC', { type: 'decimal', params_max: 2 }],
  ['STRING', { type: 'string', params_max: 1 }],
  ['CHAR', { type: 'string', params_max: 1 }],
  ['VARCHAR', { type: 'string', params_max: 1 }],
  ['CHARACTER', { type: 'string', params_max: 1 }],
  ['CHARACTER VARYING', { type: 'string', params_max: 1 }],
  ['SYMBOL', { type: 'string', params_max: 0 }],
  ['TIMESTAMP', { type: 'timestamp', params_max: 0 }],
  ['LIST', { type: 'list', params_max: 0 }],
  ['STRUCT', { type: 'struct', params_max: 0 }],
  ['TUPLE', { type: 'struct', params_max: 0 }],
]);

/** Second words of type names, by the first. */
export const typeNamePairs: ReadonlyMap<string, string> = new Map([
  ['DOUBLE', 'PRECISION'],
  ['CHARACTER', 'VARYING'],
]);

/** What the binder knows of an expression; `number`: INT, FLOAT or DECIMAL, which one only at run time. */
export type Kind = StaticType | 'number';

/** Whether a value of this kind, where it is not NULL, is a number. */
export function isNumeric(kind: Kind): boolean {
  return kind === 'number' || kind === 'int' || kind === 'float' || kind === 'decimal';
}

/** Whether a value of this kind can be text; `any` may turn out to be. */
export function canBeText(kind: Kind): boolean {
  return kind === 'string' || kind === 'untyped' || kind === 'any' || isUnknown(kind);
}

/** Whether a value of this kind can be a truth value. */
export function canBeCondition(kind: Kind): boolean {
  return kind === 'bool' || kind === 'any' || isUnknown(kind);
}

/** Whether a value of this kind can be a list. */
export function canBeList(kind: Kind): boolean {
  return kind === 'list' || kind === 'any' || isUnknown(kind);
}

/** Whether values of these kinds have a common order, as far as is known. */
export function canBeCompared(left: Kind, right: Kind): boolean {
  if ([left, right].some((kind) => kind === 'any' || kind === 'untyped' || isUnknown(kind))) return true;
  return left === right || (isNumeric(left) && isNumeric(right));
}

/** NULL or MISSING, whatever the row. */
export function isUnknown(kind: Kind): boolean {
  return kind === 'null' || kind === 'missing';
}

/** The kind of a value that comes from one of several expressions (CASE, COALESCE). */
export function commonKind(kinds: readonly Kind[]): Kind {
  const known = kinds.filter((kind) => !isUnknown(kind));
  const first = known[0];
  if (first === undefined) return 'null';
  if (known.every((kind) => kind === first)) return first;
  if (known.every(isNumeric)) return 'number';
  return known.every((kind) => kind === 'untyped' || isNumeric(kind)) ? 'untyped' : 'any';
}

/** A kind in the words of messages. */
export function kindName(kind: Kind): string {
  return kind === 'untyped' ? 'STRING' : kind.toUpperCase();
}
