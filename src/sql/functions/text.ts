/** Functions of text. Characters are Unicode code points. */
import { typeNameOf } from '../../vector/text.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import type { FunctionEntry } from './function.ts';

export const textFunctions: readonly FunctionEntry[] = [
  {
    name: 'CHAR_LENGTH',
    aliases: ['CHARACTER_LENGTH'],
    parameters: [{ name: 'text', type: 'text' }],
    returns: 'int',
    nulls: 'propagate',
    kernel: ([value]) => ofText('CHAR_LENGTH', value, (text) => BigInt(charactersOf(text))),
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
    kernel: ([value]) => ofText('LOWER', value, (text) => text.toLowerCase()),
    doc: 'The text in lower case.',
    examples: [{ sql: "LOWER('Grüße 7')", result: 'grüße 7' }],
  },
  {
    name: 'UPPER',
    aliases: [],
    parameters: [{ name: 'text', type: 'text' }],
    returns: 'string',
    nulls: 'propagate',
    kernel: ([value]) => ofText('UPPER', value, (text) => text.toUpperCase()),
    doc: 'The text in upper case.',
    examples: [{ sql: "UPPER('été')", result: 'ÉTÉ' }],
  },
];

function ofText(name: string, value: SqlValue, apply: (text: string) => SqlValue): SqlValue {
  if (typeof value === 'string') return apply(value);
  const reason = `text is needed, got ${typeNameOf(value)}`;
  return new Failure({ code: 'IncorrectSqlFunctionArgumentType', params: { function: name, reason } });
}

function charactersOf(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // why: the second half of a surrogate pair is no character of its own
    if (unit < 0xdc00 || unit > 0xdfff) count++;
  }
  return count;
}
