/**
 * Rule: the conjuncts of WHERE in the order of their cost, cheapest first, ties as written. Legal since an error in one
 * surfaces only where no other is FALSE, whatever the order.
 */
import type { Expression } from '../expression.ts';
import { operandsOf } from '../expression-walk.ts';
import type { Plan } from '../plan.ts';
import { predicateOf } from './predicates.ts';

/** The conjuncts of a condition; the condition itself where it is no AND. */
export function conjunctsOf(condition: Expression | null): readonly Expression[] {
  if (condition === null) return [];
  return condition.op === 'and' ? condition.operands : [condition];
}

/** The conjunction of conditions; null for none. */
export function conjunction(conditions: readonly Expression[]): Expression | null {
  const [only] = conditions;
  if (only === undefined) return null;
  return conditions.length === 1 ? only : { op: 'and', operands: conditions };
}

/** Orders the conjuncts. */
export function orderConjuncts(plan: Plan): Plan {
  const costed = conjunctsOf(plan.filter).map((condition) => ({ condition, cost: costOf(condition) }));
  if (costed.every(({ cost }, index) => index === 0 || (costed[index - 1]?.cost ?? 0) <= cost)) return plan;
  costed.sort((left, right) => left.cost - right.cost);
  const filter = conjunction(costed.map(({ condition }) => condition));
  return { ...plan, filter, residual: filter };
}

const predicateCosts = { present: 1, null: 1, text: 2, range: 2, number: 3, in: 4, member: 4, like: 5 };
const residual_cost = 100;
const costs: Partial<Record<Expression['op'], number>> = { literal: 0, column: 1, number: 5, cast: 5, like: 20, call: 20 };

function costOf(condition: Expression): number {
  const predicate = predicateOf(condition);
  return predicate === null ? residual_cost + weightOf(condition) : predicateCosts[predicate.kind];
}

function weightOf(condition: Expression): number {
  let weight = 0;
  const pending: Expression[] = [condition];
  // why: parts may stand more than once in a plan, and past this sum the order no longer matters
  for (let next = pending.pop(); next !== undefined && weight < 10_000; next = pending.pop()) {
    weight += costs[next.op] ?? 2;
    for (const operand of operandsOf(next)) pending.push(operand);
  }
  return weight;
}
