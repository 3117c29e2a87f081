/**
 * The syntax tree of a query: frozen tagged records with the position of what they stand for, names not yet resolved.
 * The grammar makes it, the binder reads it; it knows nothing of columns or formats.
 */
import type { Literal, TypeName } from '../vector/value.ts';

/** 1-based, in characters (code points) of the SQL text. */
export type Position = {
  readonly line: number;
  readonly column: number;
};

/** A name as it was written; quoted names are matched exactly. */
export interface Name {
  readonly text: string;
  readonly quoted: boolean;
  readonly at: Position;
}

export type PathStep =
  | { readonly kind: 'name'; readonly name: Name }
  | { readonly kind: 'index'; readonly index: number; readonly at: Position }
  /** `[*]` */
  | { readonly kind: 'elements'; readonly at: Position }
  /** `.*` */
  | { readonly kind: 'members'; readonly at: Position };

export interface Path {
  readonly kind: 'path';
  readonly root: Name;
  readonly steps: readonly PathStep[];
  readonly at: Position;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '||' | '=' | '<>' | '<' | '<=' | '>' | '>=';

/** What IS can ask. */
export type IsTarget = 'null' | 'missing' | 'true' | 'false' | TypeName;

export interface Call {
  readonly kind: 'call';
  /** As written. */
  readonly name: string;
  /** `f(*)`: then `args` is empty. */
  readonly star: boolean;
  readonly args: readonly Node[];
  readonly at: Position;
}

export interface CaseBranch {
  readonly when: Node;
  readonly then: Node;
}

/**
 * An expression. The keyword forms of calls come in one normal form: `SUBSTRING(text, start[, length])`,
 * `TRIM(side, characters, text)`, `EXTRACT(part, timestamp)`, `DATE_ADD(part, …)`, where side and part are string literals.
 */
export type Node =
  | { readonly kind: 'literal'; readonly value: Literal; readonly at: Position }
  | Path
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: Node; readonly at: Position }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node; readonly at: Position }
  | { readonly kind: 'not'; readonly operand: Node; readonly at: Position }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Node[]; readonly at: Position }
  | {
      readonly kind: 'between';
      readonly operand: Node;
      readonly low: Node;
      readonly high: Node;
      readonly negated: boolean;
      readonly at: Position;
    }
  /** `list` is one expression where the right side is not written as a list. */
  | { readonly kind: 'in'; readonly operand: Node; readonly list: readonly Node[] | Node; readonly negated: boolean; readonly at: Position }
  | {
      readonly kind: 'like';
      readonly operand: Node;
      readonly pattern: Node;
      readonly escape: Node | null;
      readonly negated: boolean;
      readonly at: Position;
    }
  | { readonly kind: 'is'; readonly operand: Node; readonly what: IsTarget; readonly negated: boolean; readonly at: Position }
  | { readonly kind: 'cast'; readonly operand: Node; readonly to: TypeName; readonly at: Position }
  | {
      readonly kind: 'case';
      readonly operand: Node | null;
      readonly branches: readonly CaseBranch[];
      readonly otherwise: Node | null;
      readonly at: Position;
    }
  | Call
  /** `[a, b]`, or `(a, b)` with two elements or more. */
  | { readonly kind: 'list'; readonly items: readonly Node[]; readonly at: Position };

export type SelectItem =
  | { readonly kind: 'expression'; readonly expression: Node; readonly alias: Name | null }
  /** `path.*` */
  | { readonly kind: 'members'; readonly of: Path };

export interface From {
  readonly source: Name;
  readonly steps: readonly PathStep[];
  readonly alias: Name | null;
}

export interface Select {
  /** `all` is a lone `*`. */
  readonly items: readonly SelectItem[] | 'all';
  readonly from: From;
  readonly where: Node | null;
  readonly limit: Node | null;
}

/** The operands of a node, for walks that must not recurse. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'literal':
    case 'path':
      return [];
    case 'sign':
    case 'not':
    case 'is':
    case 'cast':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'and':
    case 'or':
      return node.operands;
    case 'between':
      return [node.operand, node.low, node.high];
    case 'in':
      return 'kind' in node.list ? [node.operand, node.list] : [node.operand, ...node.list];
    case 'like':
      return node.escape === null ? [node.operand, node.pattern] : [node.operand, node.pattern, node.escape];
    case 'case': {
      const ends = [node.operand, node.otherwise].filter((end) => end !== null);
      return [...node.branches.flatMap(({ when, then }) => [when, then]), ...ends];
    }
    case 'call':
      return node.args;
    case 'list':
      return node.items;
  }
}
