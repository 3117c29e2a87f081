/** Rule: columns that folding left unused are not read. */
import type { Expression } from '../expression.ts';
import { mapOperands } from '../expression-walk.ts';
import type { ColumnRef, Plan } from '../plan.ts';
import { mapProjection } from './projection.ts';

/** Renumbers the slots to the columns still in use, in the order of their first use. */
export function pruneColumns(plan: Plan): Plan {
  const columns: ColumnRef[] = [];
  const slots = new Map<number, number>();
  const renumbered = new Map<Expression, Expression>();
  const slotOf = (slot: number): number => {
    const known = slots.get(slot);
    if (known !== undefined) return known;
    const column = plan.columns[slot];
    const next = column === undefined ? slot : columns.push(column) - 1;
    slots.set(slot, next);
    return next;
  };
  const renumber = (expression: Expression): Expression => {
    const known = renumbered.get(expression);
    if (known !== undefined) return known;
    const result = expression.op === 'column' ? { ...expression, slot: slotOf(expression.slot) } : mapOperands(expression, renumber);
    renumbered.set(expression, result);
    return result;
  };
  const projection = mapProjection(plan.projection, renumber);
  const filter = plan.filter === null ? null : renumber(plan.filter);
  return { ...plan, columns, projection, filter, residual: filter };
}
