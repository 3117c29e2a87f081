/** What single tokens mean to the grammar: names, literal values, types, and the refusals that need a look at one token. */
import type { IToken } from 'chevrotain';
import { SelectError } from '../base/errors.ts';
import type { Literal, TypeName } from '../vector/value.ts';
import type { Name, Node, Position } from './ast.ts';
import { ionLiteral, numberLiteral, unquote } from './literals.ts';
import * as token from './tokens.ts';
import { describeToken, isLiteral, positionOf } from './tokens.ts';
import { typeEntries } from './types.ts';
import { builtinFunctions } from './words.ts';

/** Functions whose arguments have a syntax of their own. */
export const callSyntax: ReadonlyMap<string, 'substring' | 'trim' | 'extract' | 'date'> = new Map([
  ['SUBSTRING', 'substring'],
  ['TRIM', 'trim'],
  ['EXTRACT', 'extract'],
  ['DATE_ADD', 'date'],
  ['DATE_DIFF', 'date'],
]);

/** A word or a quoted identifier as a name. */
export function nameOf(name: IToken): Name {
  const quoted = name.tokenType === token.QuotedIdentifier;
  return Object.freeze({ text: quoted ? unquote(name.image, '"') : name.image, quoted, at: positionOf(name) });
}

/** The value of a literal. Raises NumberFormatError, LexerInvalidIONLiteral. */
export function literalOf(literal: IToken): Literal {
  const { image } = literal;
  switch (literal.tokenType) {
    case token.NumberLiteral:
      return numberLiteral(image, positionOf(literal));
    case token.StringLiteral:
      return { type: 'string', text: unquote(image, "'") };
    case token.BackslashString:
      return { type: 'string', text: image.slice(2, -2).replaceAll("''", "'") };
    case token.IonLiteral:
      return ionLiteral(image.slice(1, -1), positionOf(literal));
    case token.Null:
      return { type: 'null' };
    case token.Missing:
      return { type: 'missing' };
    default:
      return { type: 'bool', value: literal.tokenType === token.True };
  }
}

/** A string literal in place of a keyword argument. */
export function stringNode(text: string, at: Position): Node {
  return Object.freeze({ kind: 'literal', value: { type: 'string' as const, text }, at });
}

/** The type a name of one or two words stands for. Raises ParseExpectedTypeName, ParseCastArity, ParseInvalidTypeParam. */
export function typeOf(first: IToken, second: IToken | undefined, params: readonly IToken[]): TypeName {
  const name = (second === undefined ? first.image : `${first.image} ${second.image}`).toUpperCase();
  const entry = typeEntries.get(name);
  if (entry === undefined) throw new SelectError('ParseExpectedTypeName', { found: describeToken(first), ...positionOf(first) });
  for (const param of params) {
    if (!/^\d+$/.test(param.image)) throw new SelectError('ParseInvalidTypeParam', { type: name, ...positionOf(param) });
  }
  if (params.length > entry.params_max) {
    throw new SelectError('ParseCastArity', { type: name, count: params.length, ...positionOf(first) });
  }
  return entry.type;
}

/** `SUBSTRING 'a'`: no reading of the name is left but a call without its parenthesis. */
export function refuseMissingParenthesis(name: IToken, next: IToken): void {
  if (!isLiteral(next) || !builtinFunctions.has(name.image.toLowerCase())) return;
  const found = describeToken(next);
  throw new SelectError('ParseExpectedLeftParenBuiltinFunctionCall', { function: name.image.toUpperCase(), found, ...positionOf(next) });
}

/** `CASE END`, `CASE ELSE`: what stands after CASE begins no expression and is not WHEN. */
export function refuseEmptyCase(next: IToken): void {
  const kinds = [token.End, token.Else, token.Then];
  if (!kinds.includes(next.tokenType)) return;
  throw new SelectError('ParseExpectedWhenClause', { found: describeToken(next), ...positionOf(next) });
}

/** Raises ParseExpectedDatePart for a word that names no field of a timestamp. */
export function refuseUnknownPart(part: IToken, parts: readonly string[]): void {
  if (parts.includes(part.image.toLowerCase())) return;
  throw new SelectError('ParseExpectedDatePart', { found: describeToken(part), ...positionOf(part) });
}

/** `TRIM(LEADING 'x')`: FROM is missing before `next`. */
export function expectedFrom(next: IToken): SelectError {
  return new SelectError('ParseExpectedKeyword', { expected: 'FROM', found: describeToken(next), ...positionOf(next) });
}
