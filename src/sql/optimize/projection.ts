/** What the rules share to rewrite the output of a plan. */
import type { Expression } from '../expression.ts';
import type { Projection } from '../plan.ts';

/** Replaces every expression of a projection, the arguments of aggregates too. */
export function mapProjection(projection: Projection, map: (expression: Expression) => Expression): Projection {
  if (projection.kind === 'rows') {
    const items = projection.items.map((item) => (item.kind === 'record' ? item : { ...item, expression: map(item.expression) }));
    return { ...projection, items };
  }
  return {
    ...projection,
    aggregates: projection.aggregates.map((aggregate) => ({
      ...aggregate,
      argument: aggregate.argument === null ? null : map(aggregate.argument),
    })),
    items: projection.items.map((item) => ({ ...item, expression: map(item.expression) })),
  };
}
