/** The optimizer: a list of rules, each from a plan to an equal plan that is cheaper to run. */
import { limits } from '../base/limits.ts';
import type { ScanPredicate } from '../vector/predicate.ts';
import type { Literal } from '../vector/value.ts';
import type { Expression } from './expression.ts';
import { conjunction, conjunctsOf, orderConjuncts } from './optimize/conjuncts.ts';
import { foldConstants } from './optimize/fold.ts';
import { predicateOf } from './optimize/predicates.ts';
import { pruneColumns } from './optimize/prune.ts';
import { mergeRanges } from './optimize/ranges.ts';
import type { Plan } from './plan.ts';

/** Applies every rule once, in an order in which each finds what the ones before it left. */
export function optimize(plan: Plan): Plan {
  return rules.reduce((current, rule) => rule(current), plan);
}

const rules: readonly ((plan: Plan) => Plan)[] = [
  foldConstants,
  decideFilter,
  pruneColumns,
  orderConjuncts,
  extractPredicates,
  mergeRanges,
];

/** WHERE TRUE is no condition; WHERE FALSE and WHERE NULL leave nothing to read. */
function decideFilter(plan: Plan): Plan {
  if (plan.filter?.op !== 'literal') return plan;
  const { value } = plan.filter;
  if (value.type === 'bool' && value.value) return { ...plan, filter: null, residual: null };
  const never = value.type === 'bool' || value.type === 'null' || value.type === 'missing';
  return never ? { ...plan, empty: true } : plan;
}

/** Hands to the scan what it can decide, and leaves the rest to the residual filter. */
function extractPredicates(plan: Plan): Plan {
  if (plan.empty) return plan;
  const predicates: ScanPredicate[] = [];
  const rest: Expression[] = [];
  let room = limits.scan_constants_bytes_max;
  for (const condition of conjunctsOf(plan.filter)) {
    const predicate = predicateOf(condition);
    const bytes = predicate === null ? 0 : constantBytes(predicate);
    if (predicate === null || bytes > room) {
      rest.push(condition);
      continue;
    }
    room -= bytes;
    predicates.push(predicate);
  }
  return { ...plan, predicates, residual: conjunction(rest) };
}

/** An upper bound of what a predicate's constants take in the memory of a kernel. */
function constantBytes(predicate: ScanPredicate): number {
  const fixed = 256;
  const utf8 = (text: string | null): number => 3 * (text?.length ?? 0);
  switch (predicate.kind) {
    case 'text':
      return fixed + utf8(predicate.low) + utf8(predicate.high);
    case 'range':
      return (
        fixed + (predicate.low === null ? 0 : literalBytes(predicate.low)) + (predicate.high === null ? 0 : literalBytes(predicate.high))
      );
    case 'member':
      return predicate.values.reduce((bytes, value) => bytes + 32 + literalBytes(value), fixed);
    case 'in':
      return predicate.values.reduce((bytes, value) => bytes + 32 + Buffer.byteLength(value), fixed);
    case 'like':
      return predicate.pattern.reduce((bytes, piece) => bytes + 12 + (typeof piece === 'object' ? utf8(piece.text) : 0), fixed);
    default:
      return fixed;
  }
}

function literalBytes(literal: Literal): number {
  return literal.type === 'string' ? Buffer.byteLength(literal.text) : 16;
}
