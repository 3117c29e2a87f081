/**
 * From the parser's own errors to the catalogue. Rules write what is missing into `ERR_MSG` as `Code` or `Code parameter`;
 * `term`, `from`, `source` and `call NAME` choose the code by the token that was found.
 */
import type { IParserErrorMessageProvider, IRecognitionException, IToken } from 'chevrotain';
import { type ErrorCode, type ErrorParams, SelectError } from '../base/errors.ts';
import type { Position } from './ast.ts';
import * as token from './tokens.ts';
import { describeToken, isLiteral, isOperator, isWord, kindOf, positionOf } from './tokens.ts';

/** Hands `ERR_MSG` through; the text that users see is made from the catalogue. */
export const errorMessageProvider: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => `ParseExpectedTokenType ${expected.name}`,
  buildNotAllInputParsedMessage: () => 'ParseUnexpectedToken',
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? 'term',
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? 'term',
};

/** The catalogued error of a query that does not follow the grammar; `end` is where the text ends. */
export function syntaxError(error: IRecognitionException, end: Position): SelectError {
  const [what = '', ...rest] = error.message.split(' ');
  const found = error.token;
  const at = kindOf(found) === 'EOF' ? end : positionOf(found);
  const raise = (code: ErrorCode, params: ErrorParams = {}): SelectError =>
    new SelectError(code, { found: describeToken(found), ...params, ...at });
  const parameter = rest.join(' ');
  switch (what) {
    case 'term':
      return termError(found, raise);
    case 'from':
      return isEnd(found) || isClause(found) ? raise('ParseSelectMissingFrom') : raise('ParseUnexpectedToken');
    case 'source':
      return sourceError(found, raise);
    case 'call': {
      const code = isEnd(found) || isClause(found) ? 'ParseExpectedRightParenBuiltinFunctionCall' : 'ParseExpectedArgumentDelimiter';
      return raise(code, { function: parameter.toUpperCase() });
    }
    case 'ParseInvalidPathComponent':
      return raise('ParseInvalidPathComponent', { found: kindOf(found) });
    case 'ParseInvalidTypeParam':
      return raise('ParseInvalidTypeParam', { type: parameter.toUpperCase() });
    default:
      return raise(what as ErrorCode, parameter === '' ? {} : { expected: parameter });
  }
}

/** What stands where the query should have ended. */
export function surplusError(found: IToken, next: IToken, afterFrom: boolean): SelectError {
  const at = positionOf(found);
  const word = isWord(found) ? found.image.toLowerCase() : '';
  if (found.tokenType === token.Comma && afterFrom) return new SelectError('MultipleDataSourcesUnsupported', at);
  if (joinWords.has(word)) return new SelectError('ParseMalformedJoin', at);
  if (word === 'group') {
    if (isLiteral(next)) return new SelectError('ParseUnsupportedLiteralsGroupBy', at);
    return new SelectError('UnsupportedSqlStructure', { reason: 'GROUP BY', ...at });
  }
  if (word === 'order') return new SelectError('UnsupportedSyntax', { reason: 'ORDER BY', ...at });
  if (structureWords.has(word)) return new SelectError('UnsupportedSqlStructure', { reason: word.toUpperCase(), ...at });
  return new SelectError('ParseUnexpectedToken', { found: describeToken(found), ...at });
}

const joinWords: ReadonlySet<string> = new Set(['join', 'inner', 'cross', 'left', 'right', 'full', 'outer', 'natural']);
const structureWords: ReadonlySet<string> = new Set(['having', 'union', 'intersect', 'except', 'pivot', 'unpivot', 'distinct']);

type Raise = (code: ErrorCode, params?: ErrorParams) => SelectError;

function termError(found: IToken, raise: Raise): SelectError {
  if (found.tokenType === token.Select) return raise('UnsupportedSqlStructure', { reason: 'a SELECT inside a query' });
  if (isWord(found)) return raise('ParseUnExpectedKeyword');
  if (isOperator(found)) return raise('ParseUnexpectedOperator');
  return isEnd(found) || found.tokenType === token.RightParen ? raise('ParseExpectedExpression') : raise('ParseUnexpectedTerm');
}

function sourceError(found: IToken, raise: Raise): SelectError {
  if (found.tokenType === token.LeftParen) return raise('UnsupportedSqlStructure', { reason: 'FROM reads S3Object, not a query' });
  if (isLiteral(found)) return raise('InvalidDataSource', { hint: 'FROM reads S3Object' });
  return termError(found, raise);
}

function isEnd(found: IToken): boolean {
  return found.tokenType === token.Semicolon || kindOf(found) === 'EOF';
}

function isClause(found: IToken): boolean {
  const word = found.image.toLowerCase();
  return isWord(found) && ['from', 'where', 'limit', 'group', 'order', 'having', 'union'].includes(word);
}
