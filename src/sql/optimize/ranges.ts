/** Rule: predicates on the same column that bound it from both sides become one range, read once. */
import { compareText } from '../../vector/compare.ts';
import type { ScanPredicate } from '../../vector/predicate.ts';
import type { Plan } from '../plan.ts';
import { intersection as typedIntersection } from './typed-bounds.ts';

/** Intersects the ranges of each column. A row satisfies the one exactly where it satisfies all it was made of. */
export function mergeRanges(plan: Plan): Plan {
  const merged: ScanPredicate[] = [];
  for (const predicate of plan.predicates) {
    const at = merged.findIndex((known) => intersection(known, predicate) !== null);
    const both = at < 0 ? null : intersection(merged[at] as ScanPredicate, predicate);
    if (both === null) merged.push(predicate);
    else merged[at] = both;
  }
  return merged.length === plan.predicates.length ? plan : { ...plan, predicates: merged };
}

function intersection(left: ScanPredicate, right: ScanPredicate): ScanPredicate | null {
  if (left.slot !== right.slot || left.negated || right.negated) return null;
  if (left.kind === 'number' && right.kind === 'number' && left.reading === right.reading) {
    return { ...left, low: Math.max(left.low, right.low), high: Math.min(left.high, right.high) };
  }
  if (left.kind === 'range' && right.kind === 'range') return { ...left, ...typedIntersection(left, right) };
  if (left.kind !== 'text' || right.kind !== 'text') return null;
  const low = tighter(left, right, 'low', 1);
  const high = tighter(left, right, 'high', -1);
  return { ...left, low: low.low, lowInclusive: low.lowInclusive, high: high.high, highInclusive: high.highInclusive };
}

type TextRange = Extract<ScanPredicate, { kind: 'text' }>;

/** The range whose bound excludes more. `sign`: 1 where the greater bound does. */
function tighter(left: TextRange, right: TextRange, bound: 'low' | 'high', sign: 1 | -1): TextRange {
  const [a, b] = [left[bound], right[bound]];
  if (a === null || b === null) return a === null ? right : left;
  const order = sign * compareText(a, b);
  if (order !== 0) return order > 0 ? left : right;
  return left[bound === 'low' ? 'lowInclusive' : 'highInclusive'] ? right : left;
}
