/** The optimizer: a list of rules, each from a plan to an equal plan that is cheaper to run. */
import type { ScanPredicate } from '../vector/predicate.ts';
import type { Expression } from './expression.ts';
import { conjunction, conjunctsOf, orderConjuncts } from './optimize/conjuncts.ts';
import { foldConstants } from './optimize/fold.ts';
import { predicateOf } from './optimize/predicates.ts';
import { pruneColumns } from './optimize/prune.ts';
import type { Plan } from './plan.ts';

/** Applies every rule once, in an order in which each finds what the ones before it left. */
export function optimize(plan: Plan): Plan {
  return rules.reduce((current, rule) => rule(current), plan);
}

const rules: readonly ((plan: Plan) => Plan)[] = [foldConstants, decideFilter, pruneColumns, orderConjuncts, extractPredicates];

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
  for (const condition of conjunctsOf(plan.filter)) {
    const predicate = predicateOf(condition);
    if (predicate === null) rest.push(condition);
    else predicates.push(predicate);
  }
  return { ...plan, predicates, residual: conjunction(rest) };
}
