/** JSON tokens as SQL values. Whatever the text, nothing here recurses and the time taken is linear in it. */
import { Decimal } from './decimal.ts';
import { compactJson, endOfString, unquoteString } from './json-text.ts';
import { JsonValue } from './json-value.ts';
import { Failure, type SqlValue } from './value.ts';

/**
 * The value of one JSON token: a string, a number, `true`, `false`, `null`, a list or an object, nothing around it. Integers
 * are INT, DECIMAL beyond 64 bits; a fraction makes a DECIMAL with its scale, an exponent a FLOAT. Lone surrogates stay as
 * they are. Text that is no JSON is the failure JSONParsingError.
 */
export function decodeToken(json: string): SqlValue {
  switch (json.charAt(0)) {
    case '"':
      return endOfString(json, 0) === json.length ? unquoteString(json) : invalid();
    case '{':
    case '[': {
      const compact = compactJson(json);
      return compact === null ? invalid() : new JsonValue(compact);
    }
    case 't':
      return json === 'true' ? true : invalid();
    case 'f':
      return json === 'false' ? false : invalid();
    case 'n':
      return json === 'null' ? null : invalid();
    default:
      return decodeNumber(json);
  }
}

/** What a double holds exactly. */
const short_integer = /^-?(?:0|[1-9]\d{0,14})$/;
const number_grammar = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function decodeNumber(json: string): SqlValue {
  if (short_integer.test(json)) return BigInt(Number(json));
  const match = number_grammar.exec(json);
  if (match === null) return invalid();
  const [, fraction, exponent] = match;
  if (exponent !== undefined) return Number(json);
  // why: the longest text of 64 bits is 19 digits and a sign; no BigInt of a megabyte of digits.
  if (fraction === undefined && json.length <= 20) {
    const value = BigInt(json);
    if (BigInt.asIntN(64, value) === value) return value;
  }
  return Decimal.parse(json) ?? new Failure({ code: 'NumberFormatError', params: { value: json.slice(0, 64) } });
}

function invalid(): Failure {
  return new Failure({ code: 'JSONParsingError', params: {} });
}
