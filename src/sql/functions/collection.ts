/** Functions of lists and structs. */
import { elementTokens, memberTokens } from '../../vector/json-path.ts';
import { JsonValue } from '../../vector/json-value.ts';
import { typeNameOf } from '../../vector/text.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import type { FunctionEntry } from './function.ts';

export const collectionFunctions: readonly FunctionEntry[] = [
  {
    name: 'SIZE',
    aliases: [],
    parameters: [{ name: 'collection', type: 'any' }],
    returns: 'int',
    nulls: 'propagate',
    kernel:
      () =>
      ([value]) =>
        sizeOf(value),
    doc: 'The number of elements of a list or members of a struct. Not a function of Amazon S3 Select.',
    examples: [
      { sql: "SIZE(['a', 'b', NULL])", result: '3' },
      { sql: 'SIZE([])', result: '0' },
    ],
  },
];

function sizeOf(value: SqlValue): SqlValue {
  if (value instanceof JsonValue) return BigInt((value.isList ? elementTokens(value.json) : memberTokens(value.json)).length);
  const reason = `a list or struct is needed, got ${typeNameOf(value)}`;
  return new Failure({ code: 'IncorrectSqlFunctionArgumentType', params: { function: 'SIZE', reason } });
}
