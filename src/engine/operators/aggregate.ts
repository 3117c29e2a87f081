/** Partial aggregates over the selected rows of each batch. */
import type { Scan } from '../../formats/scan.ts';
import type { Memory } from '../../kernels/memory.ts';
import type { Aggregate } from '../../sql/plan.ts';
import { accumulate, addCount, addIntSum, floatSum, type Partial, setFloatSum } from '../aggregate.ts';
import { compileExpression, type EvaluationContext } from '../evaluate.ts';
import { compileNumeric, type NumericExpression } from './numeric.ts';

/** Adds the batch to the partials, one for each aggregate. */
export type Accumulate = (scan: Scan, partials: readonly Partial[]) => void;

export function compileAggregates(aggregates: readonly Aggregate[], memory: Memory, context: EvaluationContext): Accumulate {
  const steps = aggregates.map((aggregate) => compileAggregate(aggregate, memory, context));
  return (scan, partials) => {
    for (let index = 0; index < steps.length; index++) {
      const partial = partials[index]!;
      if (partial.failure === null) steps[index]!(scan, partial);
    }
  };
}

type Step = (scan: Scan, partial: Partial) => void;

function compileAggregate(aggregate: Aggregate, memory: Memory, context: EvaluationContext): Step {
  const { argument } = aggregate;
  if (argument === null) return (scan, partial) => addCount(partial, scan.count);
  const compiled = compileExpression(argument, context);
  const general: Step = (scan, partial) => {
    const rows = scan.selected().slice();
    accumulate(partial, aggregate, compiled(scan, rows), rows.length);
  };
  const numeric = compileNumeric(argument, memory);
  if (numeric === null) return general;
  return (scan, partial) => {
    const values = numeric.evaluate(scan);
    if (values === null) general(scan, partial);
    else accumulateNumbers(partial, aggregate, numeric, values);
  };
}

function accumulateNumbers(partial: Partial, aggregate: Aggregate, { type }: NumericExpression, values: Float64Array): void {
  switch (aggregate.function) {
    case 'COUNT':
      addCount(partial, values.length);
      break;
    case 'SUM':
    case 'AVG':
      if (type === 'float') setFloatSum(partial, addInOrder(floatSum(partial) ?? 0, values), values.length);
      else addIntSum(partial, sumOfInts(values), values.length);
      break;
    case 'MIN':
    case 'MAX': {
      const extreme = aggregate.function === 'MIN' ? least(values) : -least(values.map((value) => -value));
      const value = type === 'float' ? extreme : BigInt(extreme);
      accumulate(partial, aggregate, { kind: 'constant', value }, 1);
      addCount(partial, values.length - 1);
      break;
    }
  }
}

/** Floats are summed strictly in row order: the same bytes whatever the batches. */
function addInOrder(sum: number, values: Float64Array): number {
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

/** Integers of at most 15 digits: pieces of 8 add up exactly in a double. */
function sumOfInts(values: Float64Array): bigint {
  let total = 0n;
  for (let from = 0; from < values.length; from += 8) {
    let sum = 0;
    const to = Math.min(from + 8, values.length);
    for (let i = from; i < to; i++) sum += values[i]!;
    total += BigInt(sum);
  }
  return total;
}

function least(values: Float64Array): number {
  let result = values[0]!;
  for (let i = 1; i < values.length; i++) if (values[i]! < result) result = values[i]!;
  return result;
}
