/** What the scan left of WHERE: the residual conjuncts for the rows it decided, the whole condition for those it could not. */
import type { ErrorValue } from '../../base/errors.ts';
import type { Scan } from '../../formats/scan.ts';
import type { Plan } from '../../sql/plan.ts';
import type { Selection } from '../../vector/vector.ts';
import { type Compiled, type Filtered, compileExpression, type EvaluationContext, filterRows } from '../evaluate.ts';

/** Narrows the scan's selection; answers the error of the first failing row, before which the selection now ends. */
export type Filter = (scan: Scan) => ErrorValue | null;

export function compileFilter(plan: Plan, context: EvaluationContext): Filter {
  if (plan.filter === null) return () => null;
  const whole = compileExpression(plan.filter, context);
  const residual = plan.residual === null ? null : compileExpression(plan.residual, context);
  return (scan) => {
    if (scan.count === 0 || (residual === null && !scan.undecided)) return null;
    // why: reading columns must not see the selection change under it.
    const rows = scan.selected().slice();
    const { selection, failure } = scan.undecided ? filterBoth(scan, rows, whole, residual) : filterRows(residual!, scan, rows);
    scan.narrow(selection);
    return failure === null ? null : failure.error;
  };
}

function filterBoth(scan: Scan, rows: Selection, whole: Compiled, residual: Compiled | null): Filtered {
  const undecided = rows.filter((row) => scan.isUndecided(row));
  const decided = rows.filter((row) => !scan.isUndecided(row));
  const doubtful = filterRows(whole, scan, undecided);
  const certain = residual === null ? { selection: decided, failure: null } : filterRows(residual, scan, decided);
  const failure = earlier(doubtful.failure, certain.failure);
  const selection = new Uint32Array(doubtful.selection.length + certain.selection.length);
  selection.set(doubtful.selection);
  selection.set(certain.selection, doubtful.selection.length);
  selection.sort();
  return { selection: failure === null ? selection : selection.filter((row) => row < failure.row), failure };
}

function earlier(a: Filtered['failure'], b: Filtered['failure']): Filtered['failure'] {
  if (a === null || b === null) return a ?? b;
  return a.row < b.row ? a : b;
}
