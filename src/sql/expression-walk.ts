/** Walks over bound expressions that every rewriting and analysis shares. */
import type { Expression } from './expression.ts';

/** The operands of a bound expression. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.op) {
    case 'literal':
    case 'column':
    case 'aggregate':
      return [];
    case 'number':
    case 'negate':
    case 'not':
    case 'is':
    case 'cast':
    case 'path':
      return [expression.operand];
    case 'arithmetic':
    case 'concat':
    case 'compare':
      return [expression.left, expression.right];
    case 'and':
    case 'or':
      return expression.operands;
    case 'between':
      return [expression.operand, expression.low, expression.high];
    case 'in':
      return [expression.operand, ...expression.list];
    case 'element':
      return [expression.operand, expression.list];
    case 'list':
      return expression.items;
    case 'like':
      return [expression.operand, expression.pattern, ...(expression.escape === null ? [] : [expression.escape])];
    case 'case':
      return [...expression.branches.flatMap(({ when, then }) => [when, then]), expression.otherwise];
    case 'call':
      return expression.args;
  }
}

/** The expression with each operand replaced; the very same object where none changed. */
export function mapOperands(expression: Expression, map: (operand: Expression) => Expression): Expression {
  switch (expression.op) {
    case 'literal':
    case 'column':
    case 'aggregate':
      return expression;
    case 'number':
    case 'negate':
    case 'not':
    case 'is':
    case 'cast':
    case 'path':
      return changed(expression, { operand: map(expression.operand) });
    case 'arithmetic':
    case 'concat':
    case 'compare':
      return changed(expression, { left: map(expression.left), right: map(expression.right) });
    case 'and':
    case 'or':
      return changed(expression, { operands: mapAll(expression.operands, map) });
    case 'between':
      return changed(expression, { operand: map(expression.operand), low: map(expression.low), high: map(expression.high) });
    case 'in':
      return changed(expression, { operand: map(expression.operand), list: mapAll(expression.list, map) });
    case 'element':
      return changed(expression, { operand: map(expression.operand), list: map(expression.list) });
    case 'list':
      return changed(expression, { items: mapAll(expression.items, map) });
    case 'like': {
      const mapped = { operand: map(expression.operand), pattern: map(expression.pattern) };
      return changed(expression, { ...mapped, escape: expression.escape === null ? null : map(expression.escape) });
    }
    case 'case': {
      const branches = expression.branches.map((branch) => changed(branch, { when: map(branch.when), then: map(branch.then) }));
      const same = branches.every((branch, index) => branch === expression.branches[index]);
      return changed(expression, { branches: same ? expression.branches : branches, otherwise: map(expression.otherwise) });
    }
    case 'call':
      return changed(expression, { args: mapAll(expression.args, map) });
  }
}

function mapAll(expressions: readonly Expression[], map: (expression: Expression) => Expression): readonly Expression[] {
  const mapped = expressions.map(map);
  return mapped.every((expression, index) => expression === expressions[index]) ? expressions : mapped;
}

function changed<Whole extends object>(whole: Whole, parts: Partial<Whole>): Whole {
  const same = Object.entries(parts).every(([key, part]) => whole[key as keyof Whole] === part);
  return same ? whole : { ...whole, ...parts };
}

/** Whether a call of the function (canonical name) stands anywhere in the expression. */
export function callsFunction(expression: Expression, name: string): boolean {
  return (expression.op === 'call' && expression.name === name) || operandsOf(expression).some((operand) => callsFunction(operand, name));
}

/**
 * An order across types is FALSE, not an error, where the data decide the type: an untyped field that was to be a number, and
 * a value of JSON, since one odd record must not end a query.
 */
export function isLenient(expression: Expression): boolean {
  switch (expression.op) {
    case 'number':
      return expression.onText === 'keep';
    case 'column':
      return expression.type === 'any';
    case 'path':
      return true;
    case 'case':
      return expression.branches.some(({ then }) => isLenient(then)) || isLenient(expression.otherwise);
    case 'call':
      return (expression.name === 'COALESCE' || expression.name === 'NULLIF') && expression.args.some(isLenient);
    default:
      return false;
  }
}

/** Whether the text an expression gives is that of an untyped field: nothing made it a string on purpose. */
export function isUntyped(expression: Expression): boolean {
  switch (expression.op) {
    case 'column':
      return expression.type === 'untyped';
    case 'case':
      return expression.branches.some(({ then }) => isUntyped(then)) || isUntyped(expression.otherwise);
    case 'call':
      return (expression.name === 'COALESCE' || expression.name === 'NULLIF') && expression.args.some(isUntyped);
    default:
      return false;
  }
}
