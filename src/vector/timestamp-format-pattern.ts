/**
 * Patterns of TO_STRING and TO_TIMESTAMP: runs of a letter stand for a field, ` /-,:.` for themselves, and any other text
 * stands between single quotes, a quote in it doubled.
 */
import { type ErrorCode, SelectError } from '../base/errors.ts';
import { excerpt } from './text.ts';

/** A field of a timestamp; `fraction` is that of the second. */
export type PatternField = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction' | 'half' | 'offset';

export type PatternSymbol =
  /** A number of at least `digits` digits; `fixed`: of exactly as many. */
  | {
      readonly kind: 'number';
      readonly field: 'year' | 'month' | 'day' | 'minute' | 'second';
      readonly digits: number;
      readonly fixed: boolean;
    }
  /** `clock` is 12 (1 to 12) or 24 (0 to 23). */
  | { readonly kind: 'hour'; readonly field: 'hour'; readonly digits: number; readonly fixed: boolean; readonly clock: 12 | 24 }
  /** The last two digits of the year. */
  | { readonly kind: 'short-year'; readonly field: 'year'; readonly digits: 2; readonly fixed: true }
  | { readonly kind: 'month-name'; readonly field: 'month'; readonly form: 'short' | 'full' | 'letter' }
  /** As many digits of the second's fraction. */
  | { readonly kind: 'fraction'; readonly field: 'fraction'; readonly digits: number; readonly fixed: true }
  /** The fraction as a whole number of nanoseconds. */
  | { readonly kind: 'nanosecond'; readonly field: 'fraction'; readonly digits: 1; readonly fixed: false }
  /** AM or PM. */
  | { readonly kind: 'half'; readonly field: 'half' }
  | {
      readonly kind: 'offset';
      readonly field: 'offset';
      readonly colon: boolean;
      /** Minutes are written always, or only where they are not zero. */
      readonly minutes: 'always' | 'needed';
      /** Zero is written `Z`. */
      readonly zulu: boolean;
    };

export type PatternItem = PatternSymbol | { readonly kind: 'text'; readonly text: string };

/**
 * Reads a pattern. Raises EvaluatorInvalidTimestampFormatPatternToken for a character that stands for nothing,
 * EvaluatorInvalidTimestampFormatPatternSymbol for a letter repeated as no field is, EvaluatorInvalidTimestampFormatPattern
 * for more than nine digits of a fraction, EvaluatorUnterminatedTimestampFormatPatternToken for an open quote.
 */
export function parsePattern(pattern: string): readonly PatternItem[] {
  const items: PatternItem[] = [];
  for (let at = 0; at < pattern.length; ) {
    const start = at;
    const character = pattern[at]!;
    if (character === "'") {
      at = closingQuote(pattern, at + 1) + 1;
      items.push({ kind: 'text', text: at === start + 2 ? "'" : pattern.slice(start + 1, at - 1).replaceAll("''", "'") });
    } else if (plain_characters.includes(character)) {
      while (at < pattern.length && plain_characters.includes(pattern[at]!)) at++;
      items.push({ kind: 'text', text: pattern.slice(start, at) });
    } else if (letters.includes(character)) {
      while (pattern[at] === character) at++;
      items.push(symbolOf(character, at - start, pattern));
    } else {
      throw patternError('EvaluatorInvalidTimestampFormatPatternToken', pattern);
    }
  }
  return items;
}

/** An error about a pattern as a whole. */
export function patternError(code: ErrorCode, pattern: string): SelectError {
  return new SelectError(code, { pattern: excerpt(pattern) });
}

/** English names of the months, January first. */
export const monthNames: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const plain_characters = ' /-,:.';
const letters = 'yMdahHmsSnXx';
const fraction_digits_max = 9;
const symbol_letters_max = 5;

/** The index of the quote that ends the text beginning at `at`; a doubled quote is part of the text. */
function closingQuote(pattern: string, at: number): number {
  for (;;) {
    const quote = pattern.indexOf("'", at);
    if (quote < 0) throw patternError('EvaluatorUnterminatedTimestampFormatPatternToken', pattern);
    if (pattern[quote + 1] !== "'") return quote;
    at = quote + 2;
  }
}

function symbolOf(letter: string, count: number, pattern: string): PatternSymbol {
  if (letter === 'S') {
    if (count > fraction_digits_max) throw patternError('EvaluatorInvalidTimestampFormatPattern', pattern);
    return { kind: 'fraction', field: 'fraction', digits: count, fixed: true };
  }
  const known = count > symbol_letters_max ? undefined : symbols.get(letter.repeat(count));
  if (known === undefined) throw patternError('EvaluatorInvalidTimestampFormatPatternSymbol', pattern);
  return known;
}

const number = (field: 'year' | 'month' | 'day' | 'minute' | 'second', digits: number, fixed: boolean): PatternSymbol => ({
  kind: 'number',
  field,
  digits,
  fixed,
});
const hour = (clock: 12 | 24, digits: number): PatternSymbol => ({ kind: 'hour', field: 'hour', digits, fixed: digits === 2, clock });
const monthName = (form: 'short' | 'full' | 'letter'): PatternSymbol => ({ kind: 'month-name', field: 'month', form });
/** One to five letters: `+07` (with minutes where there are any), `+0700`, `+07:00` and these two again; `X` writes zero as `Z`. */
const offsets = ['X', 'x'].flatMap((letter) =>
  [1, 2, 3, 4, 5].map((count): readonly [string, PatternSymbol] => [
    letter.repeat(count),
    {
      kind: 'offset',
      field: 'offset',
      colon: count === 3 || count === 5,
      minutes: count === 1 ? 'needed' : 'always',
      zulu: letter === 'X',
    },
  ]),
);

const symbols: ReadonlyMap<string, PatternSymbol> = new Map<string, PatternSymbol>([
  ['y', number('year', 1, false)],
  ['yy', { kind: 'short-year', field: 'year', digits: 2, fixed: true }],
  ['yyy', number('year', 4, false)],
  ['yyyy', number('year', 4, false)],
  ['M', number('month', 1, false)],
  ['MM', number('month', 2, true)],
  ['MMM', monthName('short')],
  ['MMMM', monthName('full')],
  ['MMMMM', monthName('letter')],
  ['d', number('day', 1, false)],
  ['dd', number('day', 2, true)],
  ['a', { kind: 'half', field: 'half' }],
  ['h', hour(12, 1)],
  ['hh', hour(12, 2)],
  ['H', hour(24, 1)],
  ['HH', hour(24, 2)],
  ['m', number('minute', 1, false)],
  ['mm', number('minute', 2, true)],
  ['s', number('second', 1, false)],
  ['ss', number('second', 2, true)],
  ['n', { kind: 'nanosecond', field: 'fraction', digits: 1, fixed: false }],
  ...offsets,
]);
