/**
 * Syntax to bound expressions: names to columns, static types, and the numbers that untyped fields are read as where they
 * meet one. What can mean nothing whatever the data is refused here, before a byte is read.
 */
import { SelectError } from '../base/errors.ts';
import { parseLikePattern } from '../vector/like.ts';
import type { TypeName } from '../vector/value.ts';
import type { Node, Path } from './ast.ts';
import { bindCall } from './bind-call.ts';
import { asNumber, type BindContext, type Bound, duplicate, meetNumbers, meetTypes, placeOf, wrongType } from './bind-context.ts';
import type { ArithmeticOperator, CompareOperator, Expression } from './expression.ts';
import { canBeCondition, canBeList, canBeText, commonKind, isNumeric, isUnknown, type Kind, kindName } from './types.ts';

type NodeOf<K extends Node['kind']> = Extract<Node, { kind: K }>;

/** Binds an expression. Raises the binding codes, each with its position. */
export function bindExpression(node: Node, context: BindContext): Bound {
  switch (node.kind) {
    case 'literal':
      return { expression: { op: 'literal', value: node.value }, kind: node.value.type === 'json' ? 'any' : node.value.type };
    case 'path':
      return bindPath(node, context);
    case 'sign':
      return bindSign(node, context);
    case 'binary':
      return bindBinary(node, context);
    case 'not':
      return condition({ op: 'not', operand: bindCondition(node.operand, context) });
    case 'and':
    case 'or':
      return condition({ op: node.kind, operands: node.operands.map((operand) => bindCondition(operand, context)) });
    case 'between':
      return bindBetween(node, context);
    case 'in':
      return bindIn(node, context);
    case 'like':
      return bindLike(node, context);
    case 'is':
      return condition({ op: 'is', operand: bindExpression(node.operand, context).expression, what: node.what, negated: node.negated });
    case 'cast':
      return bindCast(node, context);
    case 'case':
      return bindCase(node, context);
    case 'call':
      return bindCall(node, context, (arg) => bindExpression(arg, context));
    case 'list': {
      const items = node.items.map((item) => bindExpression(item, context));
      // why: in a list nothing tells whether a field is to be read as text or as a number
      const untyped = items.some(({ kind }) => kind === 'untyped');
      if (untyped) throw new SelectError('UnsupportedSyntax', { reason: 'a list of fields, which have no type', ...node.at });
      return { expression: { op: 'list', items: items.map(({ expression }) => expression) }, kind: 'list' };
    }
  }
}

/** Binds what must be a truth value: WHERE, the operands of AND, OR and NOT, WHEN. Raises InvalidDataType. */
export function bindCondition(node: Node, context: BindContext): Expression {
  const { expression, kind } = bindExpression(node, context);
  if (canBeCondition(kind)) return expression;
  throw wrongType(kind, 'is no condition', node.at, kind === 'untyped' ? 'Compare it, or CAST it AS BOOL.' : undefined);
}

function condition(expression: Expression): Bound {
  return { expression, kind: 'bool' };
}

function bindPath(path: Path, context: BindContext): Bound {
  const bound = context.columns.read(path);
  if (!context.insideAggregate) context.plainColumn ??= path;
  return bound;
}

function bindSign({ operator, operand: node, at }: NodeOf<'sign'>, context: BindContext): Bound {
  const { expression: operand, kind } = operandOf(operator, bindExpression(node, context), at);
  return { expression: operator === '+' ? operand : { op: 'negate', operand, ...placeOf([operand], at) }, kind };
}

function bindBinary(node: NodeOf<'binary'>, context: BindContext): Bound {
  const left = bindExpression(node.left, context);
  const right = bindExpression(node.right, context);
  switch (node.operator) {
    case '||':
      for (const [{ kind }, side] of [[left, node.left] as const, [right, node.right] as const]) {
        if (!canBeText(kind)) throw wrongType(kind, 'is no operand of ||', side.at, 'CAST it AS STRING.');
      }
      return { expression: { op: 'concat', ...sides(left, right, node.at) }, kind: 'string' };
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(node, operandOf(node.operator, left, node.left.at), operandOf(node.operator, right, node.right.at));
    default:
      return compare(node.operator, left, right, node, context);
  }
}

/** Comparison; an untyped field beside a number is read as a number. */
function compare(operator: CompareOperator, first: Bound, second: Bound, { at }: Pick<Node, 'at'>, context: BindContext): Bound {
  const [left, right] = meetNumbers(meetTypes([first, second] as const, at, context));
  return condition({ op: 'compare', operator, left: left.expression, right: right.expression });
}

function operandOf(operator: string, bound: Bound, at: Node['at']): Bound {
  const { kind } = bound;
  if (kind === 'untyped') return asNumber(bound, 'fail');
  if (isNumeric(kind) || isUnknown(kind) || kind === 'any') return bound;
  throw wrongType(kind, `is no operand of ${operator}`, at);
}

function arithmetic({ operator, at }: NodeOf<'binary'>, left: Bound, right: Bound): Bound {
  return {
    expression: { op: 'arithmetic', operator: operator as ArithmeticOperator, ...sides(left, right, at) },
    kind: resultOf(left.kind, right.kind),
  };
}

function sides({ expression: left }: Bound, { expression: right }: Bound, at: Node['at']) {
  return { left, right, ...placeOf([left, right], at) };
}

function resultOf(left: Kind, right: Kind): Kind {
  if (isUnknown(left) || isUnknown(right)) return 'null';
  const kinds = [left, right];
  if (!kinds.every((kind) => kind === 'int' || kind === 'float' || kind === 'decimal')) return kinds.includes('float') ? 'float' : 'number';
  return kinds.includes('float') ? 'float' : kinds.includes('decimal') ? 'decimal' : 'int';
}

function bindBetween(node: NodeOf<'between'>, context: BindContext): Bound {
  const bound = [bindExpression(node.operand, context), bindExpression(node.low, context), bindExpression(node.high, context)] as const;
  const [operand, low, high] = meetNumbers(meetTypes(bound, node.at, context));
  return condition({ op: 'between', operand: operand.expression, low: low.expression, high: high.expression, negated: node.negated });
}

/**
 * IN compares each element by itself, so an untyped field against numbers and text is two lists: the field as a number
 * among the numbers, or as text among the rest.
 */
function bindIn(node: NodeOf<'in'>, context: BindContext): Bound {
  const { negated } = node;
  const collection = context.columns.nested ? collectionOf(node.list) : null;
  if (collection !== null) {
    const [operand, list] = [bindExpression(node.operand, context), bindExpression(collection, context)];
    if (canBeList(list.kind)) return condition({ op: 'element', operand: operand.expression, list: list.expression, negated });
    const [value, only] = meetTypes([operand, list] as const, node.at, context);
    return condition({ op: 'in', operand: value.expression, list: [only.expression], negated });
  }
  if ('kind' in node.list) throw new SelectError('UnsupportedSyntax', { reason: 'IN takes a list in parentheses', ...node.list.at });
  const unmet = [bindExpression(node.operand, context), ...node.list.map((item) => bindExpression(item, context))] as const;
  const [operand, ...list] = meetTypes(unmet, node.at, context);
  const membership = (of: Bound, items: readonly Bound[]): Expression => ({
    op: 'in',
    operand: of.expression,
    list: items.map(({ expression }) => expression),
    negated,
  });
  if (operand.kind !== 'untyped') {
    const items = isNumeric(operand.kind) ? list.map((item) => asNumber(item, 'keep')) : list;
    return condition(membership(operand, items));
  }
  const numbers = list.filter(({ kind }) => isNumeric(kind));
  const others = list.filter(({ kind }) => !isNumeric(kind));
  if (numbers.length === 0) return condition(membership(operand, others));
  const numeric = membership(asNumber(operand, 'keep'), numbers);
  if (others.length === 0) return condition(numeric);
  duplicate(context, operand.expression, 1, node.at);
  return condition({ op: negated ? 'and' : 'or', operands: [numeric, membership(operand, others)] });
}

/** The right side of IN where it is one value that may be a list, in parentheses or not. */
function collectionOf(list: NodeOf<'in'>['list']): Node | null {
  if ('kind' in list) return list;
  const [only] = list;
  return list.length === 1 && only?.kind === 'path' ? only : null;
}

function bindLike(node: NodeOf<'like'>, context: BindContext): Bound {
  const parts = [node.operand, node.pattern, ...(node.escape === null ? [] : [node.escape])];
  const bound = parts.map((part) => {
    const result = bindExpression(part, context);
    if (!canBeText(result.kind)) throw new SelectError('LikeInvalidInputs', { type: kindName(result.kind), ...part.at });
    return result.expression;
  });
  const [operand, pattern, escapeCharacter = null] = bound as [Expression, Expression, Expression?];
  const patternText = textOf(pattern);
  const escapeText = escapeCharacter === null ? null : textOf(escapeCharacter);
  if (patternText !== undefined && escapeText !== undefined) refuseInvalidPattern(patternText, escapeText, node.pattern.at);
  return condition({ op: 'like', operand, pattern, escape: escapeCharacter, negated: node.negated });
}

function textOf(expression: Expression): string | undefined {
  return expression.op === 'literal' && expression.value.type === 'string' ? expression.value.text : undefined;
}

/** The same error that the first row would give, but before a byte is read and with its place in the query. */
function refuseInvalidPattern(pattern: string, escapeCharacter: string | null, at: Node['at']): void {
  try {
    parseLikePattern(pattern, escapeCharacter);
  } catch (error) {
    throw error instanceof SelectError ? new SelectError(error.code, { ...error.params, ...at }) : error;
  }
}

function bindCast(node: NodeOf<'cast'>, context: BindContext): Bound {
  const { expression, kind } = bindExpression(node.operand, context);
  const { to } = node;
  const toTime = to === 'timestamp' && (isNumeric(kind) || kind === 'bool');
  const fromTime = kind === 'timestamp' && to !== 'timestamp' && to !== 'string';
  const fromNested = (kind === 'list' || kind === 'struct') && to !== kind;
  const toNested = (to === 'list' || to === 'struct') && kind !== to && kind !== 'any' && !isUnknown(kind);
  if (toTime || fromTime || toNested || fromNested)
    throw new SelectError('InvalidCast', { from: kindName(kind), to: kindName(to), ...node.at });
  const bound: Expression = { op: 'cast', operand: expression, to, ...placeOf([expression], node.at) };
  return { expression: bound, kind: isUnknown(kind) ? kind : (to satisfies TypeName) };
}

/** Simple CASE compares its operand once for each branch. */
function bindCase(node: NodeOf<'case'>, context: BindContext): Bound {
  const operand = node.operand === null ? null : bindExpression(node.operand, context);
  if (operand !== null) duplicate(context, operand.expression, node.branches.length - 1, node.at);
  const branches = node.branches.map(({ when, then }) => ({
    when: operand === null ? bindCondition(when, context) : compare('=', operand, bindExpression(when, context), when, context).expression,
    then: bindExpression(then, context),
  }));
  const otherwise: Bound =
    node.otherwise === null
      ? { expression: { op: 'literal', value: { type: 'null' } }, kind: 'null' }
      : bindExpression(node.otherwise, context);
  return {
    expression: {
      op: 'case',
      branches: branches.map(({ when, then }) => ({ when, then: then.expression })),
      otherwise: otherwise.expression,
    },
    kind: commonKind([...branches.map(({ then }) => then.kind), otherwise.kind]),
  };
}
