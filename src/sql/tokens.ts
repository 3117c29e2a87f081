/**
 * The lexer: text to tokens. Words are lexed as one kind and told apart by a table, so that 242 reserved words cost one
 * look-up. Patterns never backtrack over the input: what is left open at the end of the text is a token of its own kind
 * that is then refused, which keeps odd input linear.
 */
import type { IToken, TokenType } from 'chevrotain';
import { SelectError } from '../base/errors.ts';
import type { Position } from './ast.ts';
import { createToken, Lexer } from './chevrotain.ts';
import { abbreviated, ionDecimalText, unquote } from './literals.ts';
import { dateParts, reservedWords } from './words.ts';

/** Any word: what may follow a dot. */
export const Word = createToken({ name: 'Word', pattern: Lexer.NA });
/** A word that can be a name where a term may stand: not one the grammar itself is made of. */
export const NameWord = createToken({ name: 'NameWord', pattern: Lexer.NA, categories: [Word] });
/** A word that is not reserved. */
export const Identifier = createToken({ name: 'Identifier', pattern: /[A-Za-z_$][A-Za-z0-9_$]*/, categories: [NameWord] });
const ReservedWord = createToken({ name: 'ReservedWord', pattern: Lexer.NA, categories: [NameWord] });
/** Any literal value. */
export const Literal = createToken({ name: 'Literal', pattern: Lexer.NA });
/** LEADING, TRAILING or BOTH. */
export const TrimSide = createToken({ name: 'TrimSide', pattern: Lexer.NA });

const keyword = (name: string, categories: TokenType[] = [Word]): TokenType => createToken({ name, pattern: Lexer.NA, categories });
export const Select = keyword('Select');
export const From = keyword('From');
/** FROM where a name is missing before it. */
const DanglingFrom = createToken({ name: 'DanglingFrom', pattern: Lexer.NA });
export const Where = keyword('Where');
export const Limit = keyword('Limit');
export const As = keyword('As');
export const And = keyword('And');
export const Or = keyword('Or');
export const Not = keyword('Not');
export const In = keyword('In');
export const Is = keyword('Is');
export const Like = keyword('Like');
export const Escape = keyword('Escape');
export const Between = keyword('Between');
export const Case = keyword('Case');
export const When = keyword('When');
export const Then = keyword('Then');
export const Else = keyword('Else');
export const End = keyword('End');
export const Cast = keyword('Cast');
export const Null = keyword('Null', [Word, Literal]);
export const Missing = keyword('Missing', [Word, Literal]);
export const True = keyword('True', [Word, Literal]);
export const False = keyword('False', [Word, Literal]);
export const All = keyword('All');
export const Distinct = keyword('Distinct');
const Exists = keyword('Exists');
const Having = keyword('Having');
const Union = keyword('Union');
const Except = keyword('Except');
const Intersect = keyword('Intersect');
export const For = keyword('For', [NameWord]);
const Leading = keyword('Leading', [NameWord, TrimSide]);
const Trailing = keyword('Trailing', [NameWord, TrimSide]);
const Both = keyword('Both', [NameWord, TrimSide]);

export const StringLiteral = createToken({
  name: 'StringLiteral',
  pattern: /'[^']*(?:''[^']*)*'?/,
  categories: [Literal],
  line_breaks: true,
  start_chars_hint: ["'"],
});
/** What Spark-Select sends for text: a backslash before each of the two quotes. */
export const BackslashString = createToken({
  name: 'BackslashString',
  pattern: /\\'(?:[^\\']|''|\\(?!'))*\\'/,
  categories: [Literal],
  line_breaks: true,
  start_chars_hint: ['\\'],
});
export const QuotedIdentifier = createToken({
  name: 'QuotedIdentifier',
  pattern: /"[^"]*(?:""[^"]*)*"?/,
  line_breaks: true,
  start_chars_hint: ['"'],
});
export const IonLiteral = createToken({
  name: 'IonLiteral',
  pattern: /`[^`]*`?/,
  categories: [Literal],
  line_breaks: true,
  start_chars_hint: ['`'],
});
export const NumberLiteral = createToken({
  name: 'NumberLiteral',
  pattern: /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[A-Za-z0-9_$]*/,
  categories: [Literal],
});
const validNumber = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const symbol = (name: string, pattern: RegExp): TokenType => createToken({ name, pattern });
export const Equality = symbol('Equality', /=|<>|!=/);
export const Relation = symbol('Relation', /<=|>=|<|>/);
export const Concat = symbol('Concat', /\|\|/);
export const Sign = symbol('Sign', /[+-]/);
export const Star = symbol('Star', /\*/);
export const Divide = symbol('Divide', /[/%]/);
export const LeftParen = symbol('LeftParen', /\(/);
export const RightParen = symbol('RightParen', /\)/);
export const LeftBracket = symbol('LeftBracket', /\[/);
export const RightBracket = symbol('RightBracket', /\]/);
const Brace = symbol('Brace', /[{}:]/);
export const Comma = symbol('Comma', /,/);
export const Dot = symbol('Dot', /\./);
export const At = symbol('At', /@/);
export const Semicolon = symbol('Semicolon', /;/);

const WhiteSpace = createToken({ name: 'WhiteSpace', pattern: /[ \t\v\f\r\n]+/, group: Lexer.SKIPPED, line_breaks: true });
const LineComment = createToken({ name: 'LineComment', pattern: /--[^\r\n]*/, group: Lexer.SKIPPED, start_chars_hint: ['-'] });
const BlockComment = createToken({
  name: 'BlockComment',
  pattern: /\/\*[\s\S]*?\*\//,
  group: Lexer.SKIPPED,
  line_breaks: true,
  start_chars_hint: ['/'],
});
const OpenComment = createToken({ name: 'OpenComment', pattern: /\/\*[\s\S]*/, line_breaks: true });

const keywords: readonly TokenType[] = [
  ...[Select, From, Where, Limit, As, And, Or, Not, In, Is, Like, Escape, Between, Case, When, Then, Else, End, Cast, Null, Missing],
  ...[True, False, All, Distinct, Exists, Having, Union, Except, Intersect, For, Leading, Trailing, Both],
];
/** Words that are no names unless quoted or behind a dot: the grammar is made of them. */
export const grammarWords: readonly string[] = keywords
  .filter(({ CATEGORIES }) => !CATEGORIES?.includes(NameWord))
  .map(({ name }) => name.toLowerCase());
const literals = [StringLiteral, BackslashString, QuotedIdentifier, IonLiteral, NumberLiteral];
const operators = [Equality, Relation, Concat, Sign, Star, Divide];
const punctuation = [LeftParen, RightParen, LeftBracket, RightBracket, Brace, Comma, Dot, At, Semicolon];
const lexed = [
  WhiteSpace,
  Identifier,
  Comma,
  LineComment,
  BlockComment,
  OpenComment,
  ...literals,
  ...operators,
  ...punctuation.filter((token) => token !== Comma),
];

/** Every kind of token, for the parser. */
export const vocabulary: TokenType[] = [...lexed, Word, NameWord, ReservedWord, Literal, TrimSide, DanglingFrom, ...keywords];

const kinds: ReadonlyMap<string, TokenType> = new Map([
  ...[...reservedWords].map((word) => [word, ReservedWord] as const),
  ...keywords.map((token) => [token.name.toLowerCase(), token] as const),
]);

// why: no recovery: the first bad character ends the query, and skipping over many could take quadratic time
const lexer = new Lexer(lexed, { positionTracking: 'full', recoveryEnabled: false });

/** Splits a query into tokens. Raises the Lexer codes with their position. */
export function tokenize(text: string): IToken[] {
  const { tokens, errors } = lexer.tokenize(text);
  countCharacters(text, tokens);
  for (const token of tokens) refine(token);
  const error = errors[0];
  if (error) {
    const found = String.fromCodePoint(text.codePointAt(error.offset) ?? 0);
    const code = /[!^&~|?]/.test(found) ? 'LexerInvalidOperator' : 'LexerInvalidChar';
    const before = text.slice(error.offset - (error.column ?? 1) + 1, error.offset);
    throw new SelectError(code, { found, line: error.line ?? 1, column: [...before].length + 1 });
  }
  markDanglingFrom(tokens);
  return tokens;
}

/** Where parentheses, brackets and CASE first nest deeper than `max`; null where they never do. */
export function nestingOf(tokens: readonly IToken[], max: number): Position | null {
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    const { tokenType: type } = token;
    // why: after a dot CASE and END are names
    if (tokens[index - 1]?.tokenType === Dot) continue;
    if (type === LeftParen || type === LeftBracket || type === Case) {
      if (++depth > max) return positionOf(token);
    } else if ((type === RightParen || type === RightBracket || type === End) && depth > 0) depth--;
  }
  return null;
}

/** Where a token starts. */
export function positionOf(token: IToken): Position {
  return Object.freeze({ line: token.startLine ?? 1, column: token.startColumn ?? 1 });
}

/** A token as the reference names it in messages: `KEYWORD:from`, `LITERAL:5d-1`, `QUOTED_IDENTIFIER:'true'`. */
export function describeToken(token: IToken): string {
  const kind = kindOf(token);
  return kind === 'EOF' || kind === 'STAR' ? kind : `${kind}:${abbreviated(imageOf(token))}`;
}

/** The class of a token in the reference. */
export function kindOf(token: IToken): string {
  const { tokenType: type } = token;
  if (Number.isNaN(token.startOffset)) return 'EOF';
  if (type === Identifier) return 'IDENTIFIER';
  if (type === QuotedIdentifier) return 'QUOTED_IDENTIFIER';
  if (type === IonLiteral) return 'ION_LITERAL';
  if (literals.includes(type)) return 'LITERAL';
  if (type === Null) return 'NULL';
  if (type === Missing) return 'MISSING';
  if (type === True || type === False) return 'LITERAL';
  if (isWord(token)) return dateParts.includes(token.image.toLowerCase()) ? 'DATE_PART' : type === As ? 'AS' : 'KEYWORD';
  if (type === Star) return 'STAR';
  return operators.includes(type) ? 'OPERATOR' : (names.get(type) ?? 'TOKEN');
}

/** Whether a token is any word, reserved or not. */
export function isWord(token: IToken): boolean {
  const { tokenType: type } = token;
  return type === Identifier || type === ReservedWord || type === DanglingFrom || keywords.includes(type);
}

/** Whether a token is an operator sign. */
export function isOperator(token: IToken): boolean {
  return operators.includes(token.tokenType);
}

/** Whether a token is a literal value. */
export function isLiteral(token: IToken): boolean {
  const { tokenType: type } = token;
  return (literals.includes(type) && type !== QuotedIdentifier) || [Null, Missing, True, False].includes(type);
}

const names: ReadonlyMap<TokenType, string> = new Map([
  [LeftParen, 'LEFT_PAREN'],
  [RightParen, 'RIGHT_PAREN'],
  [LeftBracket, 'LEFT_BRACKET'],
  [RightBracket, 'RIGHT_BRACKET'],
  [Comma, 'COMMA'],
  [Dot, 'DOT'],
  [At, 'OPERATOR'],
  [Semicolon, 'SEMICOLON'],
]);

function imageOf(token: IToken): string {
  const { image, tokenType: type } = token;
  if (type === QuotedIdentifier) return `'${unquote(image, '"')}'`;
  if (type === StringLiteral) return `"${unquote(image, "'")}"`;
  if (type === NumberLiteral) return /e/i.test(image) || !image.includes('.') ? image : ionDecimalText(image);
  return isWord(token) && type !== Identifier ? image.toLowerCase() : image;
}

/** Columns as people count them: the lexer counts UTF-16 units, of which characters beyond U+FFFF have two. */
function countCharacters(text: string, tokens: readonly IToken[]): void {
  if (!/[\u{10000}-\u{10ffff}]/u.test(text)) return;
  let lineStart = 0;
  let at = 0;
  let surplus = 0;
  for (const token of tokens) {
    const column = token.startColumn ?? 1;
    const start = token.startOffset - column + 1;
    if (start !== lineStart) {
      lineStart = start;
      at = start;
      surplus = 0;
    }
    for (; at < token.startOffset; at++) if ((text.codePointAt(at) ?? 0) > 0xffff) surplus++;
    token.startColumn = column - surplus;
  }
}

/** Makes the FROM of the clause no name where it stands after a dot: `s.from` is a name only where FROM still follows. */
function markDanglingFrom(tokens: readonly IToken[]): void {
  let depth = 0;
  let dangling: IToken | null = null;
  for (const [index, token] of tokens.entries()) {
    const { tokenType: type } = token;
    if (type === LeftParen || type === LeftBracket) depth++;
    else if (type === RightParen || type === RightBracket) depth--;
    if (type !== From || depth !== 0) continue;
    if (tokens[index - 1]?.tokenType !== Dot) return;
    const next = tokens[index + 1]?.tokenType;
    const opensClause = next === Identifier || next === QuotedIdentifier;
    if (dangling === null && opensClause) dangling = token;
  }
  if (dangling === null) return;
  dangling.tokenType = DanglingFrom;
  dangling.tokenTypeIdx = DanglingFrom.tokenTypeIdx ?? dangling.tokenTypeIdx;
}

/** Gives a word its own kind, and refuses what was left open. */
function refine(token: IToken): void {
  const { image, tokenType: type } = token;
  if (type === Identifier) {
    const kind = kinds.get(image.toLowerCase());
    if (kind === undefined) return;
    token.tokenType = kind;
    // why: the parser compares this number and not the type itself
    token.tokenTypeIdx = kind.tokenTypeIdx ?? token.tokenTypeIdx;
    return;
  }
  const found = (): Position & { found: string } => ({ found: abbreviated(image), ...positionOf(token) });
  if (type === NumberLiteral && !validNumber.test(image)) throw new SelectError('LexerInvalidLiteral', found());
  if (type === StringLiteral && isOpen(image, "'")) throw new SelectError('LexerInvalidLiteral', found());
  if (type === QuotedIdentifier && isOpen(image, '"')) throw new SelectError('LexerInvalidChar', found());
  if (type === IonLiteral && isOpen(image, '`')) throw new SelectError('LexerInvalidIONLiteral', found());
  if (type === OpenComment) throw new SelectError('LexerInvalidChar', found());
}

/** A quoted token is closed when its quotes are even in number: inside they are doubled. */
function isOpen(image: string, quote: string): boolean {
  let count = 0;
  for (let at = image.indexOf(quote); at !== -1; at = image.indexOf(quote, at + 1)) count++;
  return count % 2 === 1;
}
