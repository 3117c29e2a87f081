/**
 * Terms: literals, paths, calls, CASE, CAST, lists. The parser recurses only where parentheses, brackets or CASE nest, and
 * that depth is limited before it starts.
 *
 * `ERR_MSG` holds the error code to answer with and its parameter, read back in `grammar-errors.ts`. Rules run once at
 * start with placeholder tokens while Chevrotain records them, so what looks at tokens or throws stands in `ACTION`.
 */
import type { IToken, ParserMethod, TokenType } from 'chevrotain';
import { SelectError } from '../base/errors.ts';
import type { TypeName } from '../vector/value.ts';
import type { CaseBranch, Node, PathStep } from './ast.ts';
import { EmbeddedActionsParser } from './chevrotain.ts';
import { errorMessageProvider } from './grammar-errors.ts';
import {
  callSyntax,
  expectedFrom,
  literalOf,
  nameOf,
  refuseEmptyCase,
  refuseMissingParenthesis,
  refuseUnknownPart,
  stringNode,
  typeOf,
} from './grammar-tokens.ts';
import { unquote } from './literals.ts';
import * as token from './tokens.ts';
import { describeToken, kindOf, positionOf } from './tokens.ts';
import { typeNamePairs } from './types.ts';
import { dateParts } from './words.ts';

/** A rule without arguments. */
export type Rule<T> = ParserMethod<[], T>;

export abstract class TermParser extends EmbeddedActionsParser {
  abstract readonly expression: Rule<Node>;
  private primaryAlternatives: { DEF: { ALT: () => Node }[]; ERR_MSG: string } | undefined;

  constructor(skipValidations: boolean) {
    super(token.vocabulary, { maxLookahead: 1, recoveryEnabled: false, skipValidations, errorMessageProvider });
  }

  readonly primary: Rule<Node> = this.RULE('primary', () => {
    this.primaryAlternatives ??= {
      DEF: [
        { ALT: () => this.SUBRULE(this.nameOrCall) },
        { ALT: () => this.SUBRULE(this.literal) },
        { ALT: () => this.SUBRULE(this.parenthesis) },
        { ALT: () => this.SUBRULE(this.cast) },
        { ALT: () => this.SUBRULE(this.caseExpression) },
        { ALT: () => this.SUBRULE(this.list) },
      ],
      ERR_MSG: 'term',
    };
    return this.OR(this.primaryAlternatives);
  });

  private readonly literal: Rule<Node> = this.RULE('literal', () => {
    const literal = this.CONSUME(token.Literal);
    return this.ACTION(() => Object.freeze({ kind: 'literal', value: literalOf(literal), at: positionOf(literal) }));
  });

  private readonly parenthesis: Rule<Node> = this.RULE('parenthesis', () => {
    const open = this.CONSUME(token.LeftParen);
    const items = this.SUBRULE(this.expressions);
    this.CONSUME(token.RightParen, { ERR_MSG: 'ParseExpectedTokenType )' });
    return this.ACTION(() => {
      const [only] = items;
      return only !== undefined && items.length === 1 ? only : Object.freeze({ kind: 'list', items, at: positionOf(open) });
    });
  });

  private readonly list: Rule<Node> = this.RULE('list', () => {
    const open = this.CONSUME(token.LeftBracket);
    const items = this.OPTION(() => this.SUBRULE(this.expressions)) ?? [];
    this.CONSUME(token.RightBracket, { ERR_MSG: 'ParseExpectedTokenType ]' });
    return Object.freeze({ kind: 'list', items, at: positionOf(open) });
  });

  /** One expression or more, between commas. */
  readonly expressions: Rule<readonly Node[]> = this.RULE('expressions', () => {
    const items = [this.SUBRULE(this.expression)];
    this.MANY(() => {
      this.CONSUME(token.Comma);
      items.push(this.SUBRULE2(this.expression));
    });
    return items;
  });

  readonly nameOrCall: Rule<Node> = this.RULE('nameOrCall', () => {
    const first = this.OR([
      { ALT: () => this.CONSUME(token.NameWord) },
      { ALT: () => this.CONSUME(token.QuotedIdentifier) },
      { ALT: () => this.SUBRULE(this.localName) },
    ]);
    return this.OR1([
      { GATE: () => first.tokenType !== token.QuotedIdentifier, ALT: () => this.SUBRULE(this.call, { ARGS: [first] }) },
      {
        ALT: () => {
          this.ACTION(() => refuseMissingParenthesis(first, this.LA(1)));
          const steps = this.SUBRULE(this.pathSteps);
          return this.ACTION(() => Object.freeze({ kind: 'path', root: nameOf(first), steps, at: positionOf(first) }));
        },
      },
    ]);
  });

  private readonly localName: Rule<IToken> = this.RULE('localName', () => {
    this.CONSUME(token.At);
    return this.OR({
      DEF: [{ ALT: () => this.CONSUME(token.NameWord) }, { ALT: () => this.CONSUME(token.QuotedIdentifier) }],
      ERR_MSG: 'ParseMissingIdentAfterAt',
    });
  });

  readonly pathSteps: Rule<readonly PathStep[]> = this.RULE('pathSteps', () => {
    const steps: PathStep[] = [];
    this.MANY(() => {
      const step = this.OR([{ ALT: () => this.SUBRULE(this.dotStep) }, { ALT: () => this.SUBRULE(this.bracketStep) }]);
      steps.push(step);
    });
    return steps;
  });

  private readonly dotStep: Rule<PathStep> = this.RULE('dotStep', () => {
    this.CONSUME(token.Dot);
    const step = this.OR({ DEF: this.any(token.Word, token.QuotedIdentifier, token.Star), ERR_MSG: 'ParseInvalidPathComponent' });
    return this.ACTION((): PathStep => {
      if (step.tokenType === token.Star) return Object.freeze({ kind: 'members', at: positionOf(step) });
      return Object.freeze({ kind: 'name', name: nameOf(step) });
    });
  });

  private readonly bracketStep: Rule<PathStep> = this.RULE('bracketStep', () => {
    this.CONSUME(token.LeftBracket);
    const kinds = this.any(token.NumberLiteral, token.StringLiteral, token.QuotedIdentifier, token.Star);
    const step = this.OR({ DEF: kinds, ERR_MSG: 'ParseInvalidPathComponent' });
    this.CONSUME(token.RightBracket, { ERR_MSG: 'ParseExpectedTokenType ]' });
    return this.ACTION((): PathStep => {
      const at = positionOf(step);
      if (step.tokenType === token.Star) return Object.freeze({ kind: 'elements', at });
      if (step.tokenType !== token.NumberLiteral) {
        return Object.freeze({ kind: 'name', name: { text: unquote(step.image, step.image[0] ?? ''), quoted: true, at } });
      }
      if (!/^\d{1,15}$/.test(step.image)) throw new SelectError('ParseInvalidPathComponent', { found: kindOf(step), ...at });
      return Object.freeze({ kind: 'index', index: Number(step.image), at });
    });
  });

  /** Alternatives that are one token each. Written out for each number of them since Chevrotain numbers its occurrences. */
  private any(...kinds: readonly [TokenType, TokenType, TokenType, TokenType?]): { ALT: () => IToken }[] {
    const [first, second, third, fourth] = kinds;
    const alternatives = [{ ALT: () => this.CONSUME1(first) }, { ALT: () => this.CONSUME2(second) }, { ALT: () => this.CONSUME3(third) }];
    return fourth === undefined ? alternatives : [...alternatives, { ALT: () => this.CONSUME4(fourth) }];
  }

  private readonly cast: Rule<Node> = this.RULE('cast', () => {
    const at = this.CONSUME(token.Cast);
    this.CONSUME(token.LeftParen, { ERR_MSG: 'ParseExpectedLeftParenAfterCast' });
    const operand = this.SUBRULE(this.expression);
    this.CONSUME(token.As, { ERR_MSG: 'ParseExpectedKeyword AS' });
    const to = this.SUBRULE(this.typeName);
    this.CONSUME(token.RightParen, { ERR_MSG: 'call CAST' });
    return Object.freeze({ kind: 'cast', operand, to, at: positionOf(at) });
  });

  readonly typeName: Rule<TypeName> = this.RULE('typeName', () => {
    const first = this.CONSUME(token.Word, { ERR_MSG: 'ParseExpectedTypeName' });
    const second = this.OPTION({
      GATE: () => typeNamePairs.get(first.image.toUpperCase()) === this.LA(1).image.toUpperCase(),
      DEF: () => this.CONSUME2(token.Word),
    });
    const params: IToken[] = [];
    this.OPTION2(() => {
      this.CONSUME(token.LeftParen);
      params.push(this.CONSUME(token.NumberLiteral, { ERR_MSG: `ParseInvalidTypeParam ${first.image}` }));
      this.MANY(() => {
        this.CONSUME(token.Comma);
        params.push(this.CONSUME2(token.NumberLiteral, { ERR_MSG: `ParseInvalidTypeParam ${first.image}` }));
      });
      this.CONSUME(token.RightParen, { ERR_MSG: 'ParseExpectedTokenType )' });
    });
    return this.ACTION(() => typeOf(first, second, params));
  });

  private readonly caseExpression: Rule<Node> = this.RULE('caseExpression', () => {
    const at = this.CONSUME(token.Case);
    this.ACTION(() => refuseEmptyCase(this.LA(1)));
    const operand = this.OPTION(() => this.SUBRULE(this.expression)) ?? null;
    const branches: CaseBranch[] = [];
    this.AT_LEAST_ONE({
      DEF: () => {
        this.CONSUME(token.When);
        const when = this.SUBRULE2(this.expression);
        this.CONSUME(token.Then, { ERR_MSG: 'ParseExpectedKeyword THEN' });
        branches.push(Object.freeze({ when, then: this.SUBRULE3(this.expression) }));
      },
      ERR_MSG: 'ParseExpectedWhenClause',
    });
    const otherwise =
      this.OPTION2(() => {
        this.CONSUME(token.Else);
        return this.SUBRULE4(this.expression);
      }) ?? null;
    this.CONSUME(token.End, { ERR_MSG: 'ParseExpectedKeyword END' });
    return Object.freeze({ kind: 'case', operand, branches, otherwise, at: positionOf(at) });
  });

  private readonly call: ParserMethod<[IToken], Node> = this.RULE('call', (name: IToken) => {
    const syntax = this.ACTION(() => callSyntax.get(name.image.toUpperCase()) ?? 'plain');
    this.CONSUME(token.LeftParen);
    const args = this.OR({
      DEF: [
        { GATE: () => syntax === 'substring', ALT: () => this.SUBRULE(this.substringArguments) },
        { GATE: () => syntax === 'trim', ALT: () => this.SUBRULE(this.trimArguments) },
        { GATE: () => syntax === 'extract', ALT: () => this.SUBRULE(this.extractArguments) },
        { GATE: () => syntax === 'date', ALT: () => this.SUBRULE(this.dateArguments) },
        { GATE: () => syntax === 'plain', ALT: () => this.CONSUME(token.Star) },
        { GATE: () => syntax === 'plain', ALT: () => this.SUBRULE(this.plainArguments) },
      ],
      IGNORE_AMBIGUITIES: true,
      ERR_MSG: syntax === 'extract' || syntax === 'date' ? 'ParseExpectedDatePart' : 'term',
    });
    this.CONSUME(token.RightParen, { ERR_MSG: `call ${name?.image}` });
    return this.ACTION(() => {
      const star = !Array.isArray(args);
      return Object.freeze({ kind: 'call', name: name.image, star, args: star ? [] : args, at: positionOf(name) });
    });
  });

  private readonly plainArguments: Rule<readonly Node[]> = this.RULE('plainArguments', () => {
    this.OPTION(() => this.CONSUME(token.All));
    this.OPTION2(() => {
      const distinct = this.CONSUME(token.Distinct);
      this.ACTION(() => {
        throw new SelectError('UnsupportedSqlStructure', { reason: 'DISTINCT', ...positionOf(distinct) });
      });
    });
    return this.OPTION3(() => this.SUBRULE(this.expressions)) ?? [];
  });

  private readonly substringArguments: Rule<readonly Node[]> = this.RULE('substringArguments', () => {
    const args = [this.SUBRULE(this.expression)];
    this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(token.From);
            args.push(this.SUBRULE2(this.expression));
            this.OPTION(() => {
              this.CONSUME(token.For);
              args.push(this.SUBRULE3(this.expression));
            });
          },
        },
        {
          ALT: () => {
            this.CONSUME(token.Comma);
            args.push(this.SUBRULE4(this.expression));
            this.OPTION2(() => {
              this.CONSUME2(token.Comma);
              args.push(this.SUBRULE5(this.expression));
            });
          },
        },
      ],
      ERR_MSG: 'ParseExpectedArgumentDelimiter',
    });
    return args;
  });

  private readonly trimArguments: Rule<readonly Node[]> = this.RULE('trimArguments', () => {
    const start = this.LA(1);
    const side = this.OPTION({
      // why: without FROM after it, LEADING is a column's name
      GATE: () => this.LA(2).tokenType !== token.RightParen,
      DEF: () => this.CONSUME(token.TrimSide),
    });
    const characters = this.OPTION2(() => this.SUBRULE(this.expression)) ?? null;
    const text = this.OPTION3(() => {
      this.CONSUME(token.From);
      return this.SUBRULE2(this.expression);
    });
    return this.ACTION(() => {
      if (side !== undefined && text === undefined) throw expectedFrom(this.LA(1));
      const at = positionOf(start);
      const sideNode = stringNode((side?.image ?? 'BOTH').toUpperCase(), at);
      const [set, operand] = text === undefined ? [null, characters] : [characters, text];
      if (operand === null)
        throw new SelectError('ParseExpectedExpression', { found: describeToken(this.LA(1)), ...positionOf(this.LA(1)) });
      return [sideNode, set ?? stringNode(' ', at), operand];
    });
  });

  private readonly extractArguments: Rule<readonly Node[]> = this.RULE('extractArguments', () => {
    const part = this.CONSUME(token.Word);
    this.ACTION(() => refuseUnknownPart(part, dateParts));
    this.CONSUME(token.From, { ERR_MSG: 'ParseExpectedKeyword FROM' });
    const timestamp = this.SUBRULE(this.expression);
    return this.ACTION(() => [stringNode(part.image.toLowerCase(), positionOf(part)), timestamp]);
  });

  private readonly dateArguments: Rule<readonly Node[]> = this.RULE('dateArguments', () => {
    const part = this.CONSUME(token.Word);
    this.ACTION(() => refuseUnknownPart(part, dateParts.slice(0, 6)));
    this.CONSUME(token.Comma, { ERR_MSG: 'ParseExpectedArgumentDelimiter' });
    const rest = this.SUBRULE(this.expressions);
    return this.ACTION(() => [stringNode(part.image.toLowerCase(), positionOf(part)), ...rest]);
  });
}
