/** Functions of text. Characters are Unicode code points. */
import { SelectError } from '../../base/errors.ts';
import { characterCount, substring, type TrimSide, trimmer } from '../../vector/characters.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import type { FunctionEntry, Kernel } from './function.ts';

export const textFunctions: readonly FunctionEntry[] = [
  {
    name: 'CHAR_LENGTH',
    aliases: ['CHARACTER_LENGTH'],
    parameters: [{ name: 'text', type: 'text' }],
    returns: 'int',
    nulls: 'propagate',
    kernel:
      () =>
      ([text]) =>
        BigInt(characterCount(text as string)),
    doc: 'The number of characters (Unicode code points) of the text.',
    examples: [
      { sql: "CHAR_LENGTH('')", result: '0' },
      { sql: "CHARACTER_LENGTH('naïve 👍')", result: '7' },
    ],
  },
  {
    name: 'LOWER',
    aliases: [],
    parameters: [{ name: 'text', type: 'text' }],
    returns: 'string',
    nulls: 'propagate',
    kernel:
      () =>
      ([text]) =>
        (text as string).toLowerCase(),
    doc: 'The text in lower case.',
    examples: [{ sql: "LOWER('Grüße 7')", result: 'grüße 7' }],
  },
  {
    name: 'UPPER',
    aliases: [],
    parameters: [{ name: 'text', type: 'text' }],
    returns: 'string',
    nulls: 'propagate',
    kernel:
      () =>
      ([text]) =>
        (text as string).toUpperCase(),
    doc: 'The text in upper case.',
    examples: [
      { sql: "UPPER('été')", result: 'ÉTÉ' },
      { sql: "UPPER('straße')", result: 'STRASSE' },
    ],
  },
  {
    name: 'SUBSTRING',
    aliases: [],
    parameters: [
      { name: 'text', type: 'text' },
      { name: 'start', type: 'integer' },
      { name: 'length', type: 'integer', optional: true },
    ],
    returns: 'string',
    nulls: 'propagate',
    kernel: substringKernel,
    doc:
      'Also `SUBSTRING(text FROM start [FOR length])`. The characters from `start` on, the first is 1. With a length: those of the ' +
      'characters `start` to `start + length - 1` that the text has. A negative length is an error.',
    examples: [
      { sql: "SUBSTRING('harbour', 4)", result: 'bour' },
      { sql: "SUBSTRING('harbour' FROM 2 FOR 3)", result: 'arb' },
      { sql: "SUBSTRING('harbour', -3)", result: 'harbour' },
      { sql: "SUBSTRING('harbour', -1, 4)", result: 'ha' },
      { sql: "SUBSTRING('harbour', 20)", result: '' },
    ],
  },
  {
    name: 'TRIM',
    aliases: [],
    parameters: [
      { name: 'side', type: 'text' },
      { name: 'characters', type: 'text' },
      { name: 'text', type: 'text' },
    ],
    returns: 'string',
    nulls: 'propagate',
    kernel: trimKernel,
    doc:
      'Written `TRIM([[LEADING | TRAILING | BOTH] [characters] FROM] text)`. The text without the characters at its ends, in any order; ' +
      'without saying more, blanks at both ends.',
    examples: [
      { sql: "'[' || TRIM('  to sea ') || ']'", result: '[to sea]' },
      { sql: "'[' || TRIM(LEADING FROM '  to sea ') || ']'", result: '[to sea ]' },
      { sql: "TRIM(TRAILING '.!' FROM 'Ahoy!...!')", result: 'Ahoy' },
      { sql: "TRIM('xy' FROM 'yxkeelxyx')", result: 'keel' },
    ],
  },
];

function substringKernel(constants: readonly SqlValue[]): Kernel {
  const [, fixedStart, fixedLength] = constants.map((constant) => (typeof constant === 'bigint' ? Number(constant) : null));
  if (typeof fixedLength === 'number' && fixedLength < 0) throw SelectError.fromValue(negativeLength(fixedLength).error);
  return ([text, start, length]) => {
    const first = fixedStart ?? Number(start);
    if (constants.length < 3) return substring(text as string, first, null);
    const count = fixedLength ?? Number(length);
    return count < 0 ? negativeLength(count) : substring(text as string, first, count);
  };
}

function negativeLength(length: number): Failure {
  return new Failure({ code: 'IllegalSqlFunctionArgument', params: { function: 'SUBSTRING', reason: `its length is ${length}` } });
}

function trimKernel([side, characters]: readonly SqlValue[]): Kernel {
  if (typeof characters === 'string') {
    const trim = trimmer(side as TrimSide, characters);
    return ([, , text]) => trim(text as string);
  }
  let last = ' ';
  let trim = trimmer(side as TrimSide, last);
  return ([, set, text]) => {
    if (set !== last) {
      last = set as string;
      trim = trimmer(side as TrimSide, last);
    }
    return trim(text as string);
  };
}
