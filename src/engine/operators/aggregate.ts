/** Partial aggregates over the selected rows of each batch: of typed columns where there are some, else of general vectors. */
import type { Scan } from '../../formats/scan.ts';
import type { Expression } from '../../sql/expression.ts';
import type { Aggregate } from '../../sql/plan.ts';
import { accumulate, addCount, type Partial } from '../aggregate.ts';
import { type Compiled, compileExpression, type EvaluationContext } from '../evaluate.ts';
import { addColumn } from '../typed/aggregate.ts';
import { addLoaded } from '../typed/aggregate-column.ts';
import { compileTyped } from '../typed/compile.ts';
import type { Machine } from '../typed/node.ts';
import { valuesOf } from '../typed/values.ts';

/** Adds the batch to the partials, one for each aggregate. */
export type Accumulate = (scan: Scan, partials: readonly Partial[]) => void;

/** `machine`: what typed expressions run on; without one the general evaluator computes every row. */
export function compileAggregates(aggregates: readonly Aggregate[], machine: Machine | null, context: EvaluationContext): Accumulate {
  const steps = aggregates.map((aggregate) => compileAggregate(aggregate, machine, context));
  return (scan, partials) => {
    for (let index = 0; index < steps.length; index++) {
      const partial = partials[index]!;
      if (partial.failure === null) steps[index]!(scan, partial);
    }
  };
}

type Step = (scan: Scan, partial: Partial) => void;

function compileAggregate(aggregate: Aggregate, machine: Machine | null, context: EvaluationContext): Step {
  const { argument } = aggregate;
  if (argument === null) return (scan, partial) => addCount(partial, scan.count);
  const general = compileExpression(argument, context);
  const other = machine === null ? compileGeneral(aggregate, general) : compileFrames(aggregate, argument, machine, general);
  if (machine === null || argument.op !== 'column') return other;
  const { slot } = argument;
  return (scan, partial) => {
    const { typed } = scan;
    if (typed === null || !addLoaded(partial, aggregate, machine, typed.load(slot), scan.selected())) other(scan, partial);
  };
}

function compileGeneral(aggregate: Aggregate, general: Compiled): Step {
  return (scan, partial) => {
    const rows = scan.selected().slice();
    accumulate(partial, aggregate, general(scan, rows), rows.length);
  };
}

function compileFrames(aggregate: Aggregate, argument: Expression, machine: Machine, general: Compiled): Step {
  const node = compileTyped(argument, machine);
  if (node === null || (node.kind === 'text' && aggregate.function !== 'COUNT')) return compileGeneral(aggregate, general);
  return (scan, partial) => {
    const rows = scan.selected();
    machine.reset();
    node.run(scan, rows, 0);
    if (addColumn(partial, aggregate, machine, node.kind, rows)) return;
    accumulate(partial, aggregate, valuesOf(machine, node.kind, 0, scan, rows, general), rows.length);
  };
}
