/**
 * Bound expressions: plain data (they survive `structuredClone`), names resolved to column slots, types known where they
 * can be. The binder makes them, the optimizer rewrites them, `engine` compiles them.
 */
import type { PathStep } from '../vector/path.ts';
import type { Literal, TypeName } from '../vector/value.ts';
import type { Position } from './ast.ts';

/**
 * The type known before a row is read. `untyped`: a CSV field, text that is read as a number where it meets one;
 * `any`: known only at run time, as of all values of JSON.
 */
export type StaticType = TypeName | 'missing' | 'null' | 'untyped' | 'any';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export type CompareOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** Where a part of the query stands that reads no row: an error of it lies in the query and not in the data. */
interface Placed {
  readonly at?: Position;
}

export type Expression =
  | { readonly op: 'literal'; readonly value: Literal }
  /** `slot` indexes `Plan.columns`. */
  | { readonly op: 'column'; readonly slot: number; readonly type: StaticType }
  /**
   * An untyped field where it meets a number: integer, decimal or float by the rules of literals; empty or blank text is
   * NULL; other text stays text (`keep`: comparisons) or is CastFailed (`fail`: arithmetic, SUM, AVG).
   */
  | { readonly op: 'number'; readonly operand: Expression; readonly onText: 'keep' | 'fail' }
  | ({ readonly op: 'negate'; readonly operand: Expression } & Placed)
  | ({ readonly op: 'arithmetic'; readonly operator: ArithmeticOperator; readonly left: Expression; readonly right: Expression } & Placed)
  | ({ readonly op: 'concat'; readonly left: Expression; readonly right: Expression } & Placed)
  | { readonly op: 'compare'; readonly operator: CompareOperator; readonly left: Expression; readonly right: Expression }
  | { readonly op: 'not'; readonly operand: Expression }
  | { readonly op: 'and' | 'or'; readonly operands: readonly Expression[] }
  /** NULL when any of the three is NULL. */
  | { readonly op: 'between'; readonly operand: Expression; readonly low: Expression; readonly high: Expression; readonly negated: boolean }
  | { readonly op: 'in'; readonly operand: Expression; readonly list: readonly Expression[]; readonly negated: boolean }
  | {
      readonly op: 'like';
      readonly operand: Expression;
      readonly pattern: Expression;
      readonly escape: Expression | null;
      readonly negated: boolean;
    }
  | {
      readonly op: 'is';
      readonly operand: Expression;
      readonly what: 'null' | 'missing' | 'true' | 'false' | TypeName;
      readonly negated: boolean;
    }
  /** A path into a value that the scan could not follow: behind a wildcard. */
  | { readonly op: 'path'; readonly operand: Expression; readonly steps: readonly PathStep[] }
  | { readonly op: 'list'; readonly items: readonly Expression[] }
  /** `x IN s.tags`: whether the value is among the elements of a list; what is no list is its own only element. Never NULL. */
  | { readonly op: 'element'; readonly operand: Expression; readonly list: Expression; readonly negated: boolean }
  | ({ readonly op: 'cast'; readonly operand: Expression; readonly to: TypeName } & Placed)
  /** Simple CASE is bound to comparisons; a branch is evaluated only for the rows that reach it. */
  | {
      readonly op: 'case';
      readonly branches: readonly { readonly when: Expression; readonly then: Expression }[];
      readonly otherwise: Expression;
    }
  /** A scalar function of the registry, by its canonical name. */
  | ({ readonly op: 'call'; readonly name: string; readonly args: readonly Expression[] } & Placed)
  /** The result of `Aggregation.aggregates[index]`. */
  | { readonly op: 'aggregate'; readonly index: number };
