/**
 * What the scan left of WHERE: the residual conjuncts for the rows it decided, the whole condition for those it could not. The
 * residual is decided by typed columns where it can be; the general evaluator has the rest.
 */
import type { ErrorValue } from '../../base/errors.ts';
import type { Scan } from '../../formats/scan.ts';
import { rowState } from '../../kernels/value-kernels.ts';
import type { Plan } from '../../sql/plan.ts';
import type { Selection } from '../../vector/vector.ts';
import { compileCondition, type EvaluationContext, type Filtered, filterRows } from '../evaluate.ts';
import { compileTyped } from '../typed/compile.ts';
import type { Machine } from '../typed/node.ts';

/** Narrows the scan's selection; answers the error of the first failing row, before which the selection now ends. */
export type Filter = (scan: Scan) => ErrorValue | null;

/** `machine`: what typed expressions run on; without one the general evaluator decides every row. */
export function compileFilter(plan: Plan, machine: Machine | null, context: EvaluationContext): Filter {
  if (plan.filter === null) return () => null;
  const whole = compileCondition(plan.filter, context);
  const residual = plan.residual === null ? null : compileResidual(plan.residual, machine, context);
  return (scan) => {
    if (scan.count === 0 || (residual === null && !scan.undecided)) return null;
    const rows = scan.selected();
    const doubtful = scan.undecided ? rows.filter((row) => scan.isUndecided(row)) : none;
    const certain = doubtful.length === 0 ? rows : rows.filter((row) => !scan.isUndecided(row));
    const kept = residual === null ? { selection: certain, failure: null } : residual(scan, certain);
    const { selection, failure } = doubtful.length === 0 ? kept : mergeFiltered(filterRows(whole, scan, doubtful), kept);
    scan.narrow(selection);
    return failure === null ? null : failure.error;
  };
}

const none = new Uint32Array(0);
const TRUE = 1;

function compileResidual(
  residual: NonNullable<Plan['residual']>,
  machine: Machine | null,
  context: EvaluationContext,
): (scan: Scan, rows: Selection) => Filtered {
  const general = compileCondition(residual, context);
  const node = machine === null ? null : compileTyped(residual, machine);
  if (machine === null || node?.kind !== 'truth') return (scan, rows) => filterRows(general, scan, rows.slice());
  return (scan, rows) => {
    machine.reset();
    const selection = machine.place(rows);
    node.run(scan, selection, 0);
    const frame = machine.frames[0]!;
    const doubtful = machine.pick(selection, frame, frame.states, 1 << rowState.doubt).slice();
    const kept = { selection: machine.pick(selection, frame, frame.states, 1 << TRUE), failure: null };
    return doubtful.length === 0 ? kept : mergeFiltered(filterRows(general, scan, doubtful), kept);
  };
}

/** Both selections up to the first failure of either. */
function mergeFiltered(a: Filtered, b: Filtered): Filtered {
  const failure = earlier(a.failure, b.failure);
  const selection = new Uint32Array(a.selection.length + b.selection.length);
  selection.set(a.selection);
  selection.set(b.selection, a.selection.length);
  selection.sort();
  return { selection: failure === null ? selection : selection.filter((row) => row < failure.row), failure };
}

function earlier(a: Filtered['failure'], b: Filtered['failure']): Filtered['failure'] {
  if (a === null || b === null) return a ?? b;
  return a.row < b.row ? a : b;
}
