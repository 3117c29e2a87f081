/**
 * Operators: one rule for one level of precedence, loosest first. Chains are loops, never recursion. The documented table
 * puts IN, BETWEEN and LIKE above the comparisons, and `=` right-associative; IS binds like `=`, to all that stands before it.
 */
import type { IToken } from 'chevrotain';
import type { BinaryOperator, IsTarget, Node } from './ast.ts';
import { type Rule, TermParser } from './grammar-term.ts';
import { negated } from './literals.ts';
import * as token from './tokens.ts';
import { positionOf } from './tokens.ts';

export abstract class ExpressionParser extends TermParser {
  readonly expression: Rule<Node> = this.RULE('expression', () => {
    const operands = [this.SUBRULE(this.conjunction)];
    let first: IToken | undefined;
    this.MANY(() => {
      const or = this.CONSUME(token.Or);
      first ??= or;
      operands.push(this.SUBRULE2(this.conjunction));
    });
    return logical('or', operands, first);
  });

  private readonly conjunction: Rule<Node> = this.RULE('conjunction', () => {
    const operands = [this.SUBRULE(this.negation)];
    let first: IToken | undefined;
    this.MANY(() => {
      const and = this.CONSUME(token.And);
      first ??= and;
      operands.push(this.SUBRULE2(this.negation));
    });
    return logical('and', operands, first);
  });

  private readonly negation: Rule<Node> = this.RULE('negation', () => {
    const nots: IToken[] = [];
    this.MANY(() => {
      nots.push(this.CONSUME(token.Not));
    });
    const operand = this.SUBRULE(this.equality);
    return nots.reduceRight<Node>((inner, not) => Object.freeze({ kind: 'not', operand: inner, at: positionOf(not) }), operand);
  });

  private readonly equality: Rule<Node> = this.RULE('equality', () => {
    let left = this.SUBRULE(this.relation);
    let chain: Infix[] = [];
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            const operator = this.CONSUME(token.Equality);
            chain.push({ operator, right: this.SUBRULE2(this.relation) });
          },
        },
        {
          ALT: () => {
            const is = this.CONSUME(token.Is);
            const not = this.OPTION(() => this.CONSUME(token.Not));
            const what = this.SUBRULE(this.isTarget);
            left = Object.freeze({
              kind: 'is',
              operand: rightAssociative(left, chain),
              what,
              negated: not !== undefined,
              at: positionOf(is),
            });
            chain = [];
          },
        },
      ]),
    );
    return rightAssociative(left, chain);
  });

  private readonly isTarget: Rule<IsTarget> = this.RULE('isTarget', () =>
    this.OR({
      DEF: [
        { ALT: () => named('null', this.CONSUME(token.Null)) },
        { ALT: () => named('missing', this.CONSUME(token.Missing)) },
        { ALT: () => named('true', this.CONSUME(token.True)) },
        { ALT: () => named('false', this.CONSUME(token.False)) },
        { ALT: () => this.SUBRULE(this.typeName) as IsTarget },
      ],
      IGNORE_AMBIGUITIES: true,
      ERR_MSG: 'ParseExpectedTypeName',
    }),
  );

  private readonly relation: Rule<Node> = this.RULE('relation', () => {
    let left = this.SUBRULE(this.predicate);
    this.MANY(() => {
      const operator = this.CONSUME(token.Relation);
      left = binary(operator, left, this.SUBRULE2(this.predicate));
    });
    return left;
  });

  private readonly predicate: Rule<Node> = this.RULE('predicate', () => {
    let operand = this.SUBRULE(this.additive);
    this.MANY(() => {
      const not = this.OPTION(() => this.CONSUME(token.Not));
      operand = this.OR({
        DEF: [
          { ALT: () => this.SUBRULE(this.inList, { ARGS: [operand, not !== undefined] }) },
          { ALT: () => this.SUBRULE(this.between, { ARGS: [operand, not !== undefined] }) },
          { ALT: () => this.SUBRULE(this.like, { ARGS: [operand, not !== undefined] }) },
        ],
        ERR_MSG: 'ParseExpectedKeyword IN, BETWEEN or LIKE',
      });
    });
    return operand;
  });

  private readonly inList = this.RULE('inList', (operand: Node, not: boolean): Node => {
    const at = this.CONSUME(token.In);
    const list = this.OR<readonly Node[] | Node>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(token.LeftParen);
            const items = this.SUBRULE(this.expressions);
            this.CONSUME(token.RightParen, { ERR_MSG: 'ParseExpectedTokenType )' });
            return items;
          },
        },
        {
          ALT: () => {
            this.CONSUME(token.LeftBracket);
            const items = this.SUBRULE2(this.expressions);
            this.CONSUME(token.RightBracket, { ERR_MSG: 'ParseExpectedTokenType ]' });
            return items;
          },
        },
        { ALT: () => this.SUBRULE(this.nameOrCall) },
      ],
      ERR_MSG: 'ParseExpectedTokenType (',
    });
    return Object.freeze({ kind: 'in', operand, list, negated: not, at: positionOf(at) });
  });

  private readonly between = this.RULE('between', (operand: Node, not: boolean): Node => {
    const at = this.CONSUME(token.Between);
    const low = this.SUBRULE(this.additive);
    this.CONSUME(token.And, { ERR_MSG: 'ParseExpectedKeyword AND' });
    const high = this.SUBRULE2(this.additive);
    return Object.freeze({ kind: 'between', operand, low, high, negated: not, at: positionOf(at) });
  });

  private readonly like = this.RULE('like', (operand: Node, not: boolean): Node => {
    const at = this.CONSUME(token.Like);
    const pattern = this.SUBRULE(this.additive);
    const escapeCharacter =
      this.OPTION(() => {
        this.CONSUME(token.Escape);
        return this.SUBRULE2(this.additive);
      }) ?? null;
    return Object.freeze({ kind: 'like', operand, pattern, escape: escapeCharacter, negated: not, at: positionOf(at) });
  });

  private readonly additive: Rule<Node> = this.RULE('additive', () => {
    let left = this.SUBRULE(this.multiplicative);
    this.MANY(() => {
      const operator = this.OR([{ ALT: () => this.CONSUME(token.Sign) }, { ALT: () => this.CONSUME(token.Concat) }]);
      left = binary(operator, left, this.SUBRULE2(this.multiplicative));
    });
    return left;
  });

  private readonly multiplicative: Rule<Node> = this.RULE('multiplicative', () => {
    let left = this.SUBRULE(this.unary);
    this.MANY(() => {
      const operator = this.OR([{ ALT: () => this.CONSUME(token.Star) }, { ALT: () => this.CONSUME(token.Divide) }]);
      left = binary(operator, left, this.SUBRULE2(this.unary));
    });
    return left;
  });

  private readonly unary: Rule<Node> = this.RULE('unary', () => {
    const signs: IToken[] = [];
    this.MANY(() => {
      signs.push(this.CONSUME(token.Sign));
    });
    const operand = this.SUBRULE(this.primary);
    return signs.reduceRight(signed, operand);
  });
}

interface Infix {
  readonly operator: IToken;
  readonly right: Node;
}

function logical(kind: 'and' | 'or', operands: readonly Node[], first: IToken | undefined): Node {
  const [only] = operands;
  if (only !== undefined && first === undefined) return only;
  return Object.freeze({ kind, operands, at: positionOf(first as IToken) });
}

function binary(operator: IToken, left: Node, right: Node): Node {
  const image = operator.image === '!=' ? '<>' : operator.image;
  return Object.freeze({ kind: 'binary', operator: image as BinaryOperator, left, right, at: positionOf(operator) });
}

function rightAssociative(first: Node, chain: readonly Infix[]): Node {
  let right: Node | null = null;
  for (let index = chain.length - 1; index >= 0; index--) {
    const { operator, right: operand } = chain[index] as Infix;
    const left = index === 0 ? first : (chain[index - 1] as Infix).right;
    right = binary(operator, left, right ?? operand);
  }
  return right ?? first;
}

/** A sign before a number is part of the number. */
function signed(operand: Node, sign: IToken): Node {
  const at = positionOf(sign);
  if (operand.kind === 'literal') {
    const negative = negated(operand.value);
    if (negative !== null) return Object.freeze({ kind: 'literal', value: sign.image === '-' ? negative : operand.value, at });
  }
  return Object.freeze({ kind: 'sign', operator: sign.image === '-' ? '-' : '+', operand, at });
}

function named(target: IsTarget, _token: IToken): IsTarget {
  return target;
}
