/** The query: SELECT list, FROM, WHERE, LIMIT. One parser for the whole process: it is built once, at start. */
import type { IToken } from 'chevrotain';
import { SelectError } from '../base/errors.ts';
import type { From, Name, Node, Path, Position, Select, SelectItem } from './ast.ts';
import { surplusError, syntaxError } from './grammar-errors.ts';
import { ExpressionParser } from './grammar-expression.ts';
import type { Rule } from './grammar-term.ts';
import { nameOf } from './grammar-tokens.ts';
import * as token from './tokens.ts';
import { isOperator, kindOf, positionOf } from './tokens.ts';

/** The tree of a query; `end` is where its text ends. Raises the Parse codes with their position. */
export function parseTokens(tokens: IToken[], end: Position): Select {
  parser.input = tokens;
  const select = parser.query();
  const error = parser.errors[0];
  if (error !== undefined) throw syntaxError(error, end);
  return select;
}

export class QueryParser extends ExpressionParser {
  /** Chevrotain's checks of the grammar itself take longer than building the parser: the tests run them. */
  constructor(skipValidations: boolean) {
    super(skipValidations);
    this.performSelfAnalysis();
  }

  readonly query: Rule<Select> = this.RULE('query', () => {
    this.CONSUME(token.Select, { ERR_MSG: 'ParseExpectedKeyword SELECT' });
    this.OPTION(() => this.SUBRULE(this.quantifier));
    this.ACTION(() => this.refuseEmptyList());
    const items = this.SUBRULE(this.selectList);
    this.CONSUME(token.From, { ERR_MSG: 'from' });
    const from = this.SUBRULE(this.from);
    const where =
      this.OPTION2(() => {
        this.CONSUME(token.Where);
        return this.SUBRULE(this.expression);
      }) ?? null;
    const limit =
      this.OPTION3(() => {
        this.CONSUME(token.Limit);
        return this.SUBRULE2(this.expression);
      }) ?? null;
    this.OPTION4(() => this.CONSUME(token.Semicolon));
    this.ACTION(() => this.refuseSurplus(where === null && limit === null));
    return Object.freeze({ items, from, where, limit });
  });

  private readonly quantifier: Rule<void> = this.RULE('quantifier', () => {
    const word = this.OR([{ ALT: () => this.CONSUME(token.All) }, { ALT: () => this.CONSUME(token.Distinct) }]);
    this.ACTION(() => {
      if (word.tokenType === token.Distinct) throw new SelectError('UnsupportedSqlStructure', { reason: 'DISTINCT', ...positionOf(word) });
    });
  });

  private readonly selectList: Rule<readonly SelectItem[] | 'all'> = this.RULE('selectList', () => {
    const items = [this.SUBRULE(this.selectItem)];
    this.MANY(() => {
      this.CONSUME(token.Comma);
      items.push(this.SUBRULE2(this.selectItem));
    });
    return this.ACTION(() => listOf(items));
  });

  private readonly selectItem: Rule<SelectItem | IToken> = this.RULE('selectItem', () =>
    this.OR<SelectItem | IToken>([
      { ALT: () => this.CONSUME(token.Star) },
      {
        ALT: () => {
          const expression = this.SUBRULE(this.expression);
          const alias = this.OPTION(() => this.SUBRULE(this.alias)) ?? null;
          return this.ACTION(() => itemOf(expression, alias));
        },
      },
    ]),
  );

  private readonly alias: Rule<Name> = this.RULE('alias', () => {
    const name = this.OR([
      {
        ALT: () => {
          this.CONSUME(token.As);
          return this.OR2({
            DEF: [{ ALT: () => this.CONSUME(token.NameWord) }, { ALT: () => this.CONSUME(token.QuotedIdentifier) }],
            ERR_MSG: 'ParseExpectedIdentForAlias',
          });
        },
      },
      { ALT: () => this.CONSUME(token.Identifier) },
      { ALT: () => this.CONSUME2(token.QuotedIdentifier) },
    ]);
    return this.ACTION(() => nameOf(name));
  });

  private readonly from: Rule<From> = this.RULE('from', () => {
    const source = this.OR({
      DEF: [{ ALT: () => this.CONSUME(token.NameWord) }, { ALT: () => this.CONSUME(token.QuotedIdentifier) }],
      ERR_MSG: 'source',
    });
    const steps = this.SUBRULE(this.pathSteps);
    const alias = this.OPTION(() => this.SUBRULE(this.alias)) ?? null;
    return this.ACTION(() => Object.freeze({ source: nameOf(source), steps, alias }));
  });

  private refuseEmptyList(): void {
    const next = this.LA(1);
    if (next.tokenType === token.From || kindOf(next) === 'EOF') {
      throw new SelectError('ParseEmptySelect', positionOf(kindOf(next) === 'EOF' ? this.LA(0) : next));
    }
    // why: `value` alone is a column; before an expression it is a form of SELECT that S3 does not have
    const after = this.LA(2);
    const begins = [token.Identifier, token.QuotedIdentifier, token.LeftParen, token.StringLiteral, token.NumberLiteral];
    if (next.image.toLowerCase() === 'value' && begins.includes(after.tokenType) && !isOperator(after)) {
      throw new SelectError('ParseUnsupportedSelect', { reason: 'SELECT VALUE', ...positionOf(next) });
    }
  }

  private refuseSurplus(afterFrom: boolean): void {
    const found = this.LA(1);
    if (kindOf(found) !== 'EOF') throw surplusError(found, this.LA(3), afterFrom);
  }
}

const parser = new QueryParser(true);

function listOf(items: readonly (SelectItem | IToken)[]): readonly SelectItem[] | 'all' {
  const star = items.find((item): item is IToken => 'image' in item);
  if (star === undefined) return items as readonly SelectItem[];
  if (items.length === 1) return 'all';
  throw new SelectError('ParseAsteriskIsNotAloneInSelectList', positionOf(star));
}

/** A path that ends in `.*` is an item of its own kind; other wildcards have no place in the SELECT list. */
function itemOf(expression: Node, alias: Name | null): SelectItem {
  if (expression.kind !== 'path') return Object.freeze({ kind: 'expression', expression, alias });
  const { steps } = expression;
  const last = steps.at(-1);
  const wildcard = steps.find(({ kind }) => kind === 'members' || kind === 'elements');
  if (wildcard === undefined) return Object.freeze({ kind: 'expression', expression, alias });
  const at = wildcard.kind === 'name' ? wildcard.name.at : wildcard.at;
  if (wildcard !== last || last.kind !== 'members') throw new SelectError('ParseInvalidContextForWildcardInSelectList', at);
  if (steps.some(({ kind }) => kind === 'index')) throw new SelectError('ParseCannotMixSqbAndWildcardInSelectList', at);
  if (alias !== null) throw new SelectError('ParseUnsupportedAlias', { found: alias.text, ...alias.at });
  const of: Path = Object.freeze({ ...expression, steps: steps.slice(0, -1) });
  return Object.freeze({ kind: 'members', of });
}
