/** Guesses the types of values by their looks, for people. Never used by a query. */
import { Timestamp } from '../vector/timestamp.ts';

/** The type of a value of JSON; null of a null. */
export function jsonType(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'struct';
  if (typeof value === 'string') return Timestamp.parse(value) === null ? 'string' : 'timestamp';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int' : 'decimal';
}

/** What the text of a field could be cast to; null where it is blank. */
export function fieldType(value: unknown): string | null {
  const text = String(value).trim();
  if (text === '') return null;
  if (/^[-+]?\d{1,18}$/.test(text)) return 'int';
  if (/^[-+]?(\d+\.?\d*|\.\d+)$/.test(text)) return 'decimal';
  if (/^[-+]?(\d+\.?\d*|\.\d+)e[-+]?\d+$/i.test(text)) return 'float';
  if (/^(true|false)$/i.test(text)) return 'bool';
  return Timestamp.parse(text) === null ? 'string' : 'timestamp';
}

/** A column of text has one type: that of all its fields, or string. */
export function textTypes(types: ReadonlySet<string>): string[] {
  const found = valueTypes(types);
  return found.length > 1 ? ['string'] : found;
}

/** One type for numbers of all kinds; a string that looks like a timestamp is one where all do. */
export function valueTypes(types: ReadonlySet<string>): string[] {
  const numbers = ['float', 'decimal', 'int'].filter((type) => types.has(type));
  const others = [...types].filter((type) => !numbers.includes(type) && !(type === 'timestamp' && types.has('string')));
  return [...others, ...numbers.slice(0, 1)].sort();
}
