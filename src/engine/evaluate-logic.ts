/**
 * Conditions: three-valued logic in which a failure is a fourth value, and the nodes that evaluate their operands only for
 * the rows that still need them.
 */
import { compareValues, toleratedEquals } from '../vector/compare.ts';
import { elementsOf } from '../vector/json-path.ts';
import { JsonValue } from '../vector/json-value.ts';
import { typeNameOf } from '../vector/text.ts';
import { Failure, type SqlValue } from '../vector/value.ts';
import { type Selection, valueAt } from '../vector/vector.ts';
import { map1, mapAll, type Node, nodeOver } from './evaluate-node.ts';

/**
 * AND is FALSE where an operand is FALSE, whatever the others are; else a failure where one failed, else NULL where one is
 * unknown, else TRUE. OR is its dual. So the result does not depend on the order of the operands.
 */
export function logic(op: 'and' | 'or', operands: readonly Node[]): Node {
  const deciding = op === 'or';
  return nodeOver(operands, (columns, rows) => {
    const results = new Array<SqlValue>(rows.length).fill(!deciding);
    let pending = allOf(rows);
    for (const operand of operands) {
      if (pending.rows.length === 0) break;
      const vector = operand.run(columns, pending.rows);
      pending = narrow(pending, (index, at) => {
        const value = valueAt(vector, index);
        results[at] = value === deciding ? deciding : undecided(results[at], value);
        return value !== deciding;
      });
    }
    return { kind: 'values', values: results };
  });
}

/**
 * The AND of WHERE: an unknown operand decides as FALSE does, since neither keeps the row. So a scan that drops rows for which
 * its predicates are NULL changes no answer, whatever the other operands would have raised.
 */
export function conjunction(operands: readonly Node[]): Node {
  return logic(
    'and',
    operands.map((operand) => map1(operand, (value) => value ?? false)),
  );
}

/** NOT: unknown stays unknown. */
export function invert(value: SqlValue): SqlValue {
  if (typeof value === 'boolean') return !value;
  if (value === null || value === undefined) return null;
  return value instanceof Failure ? value : notBoolean(value);
}

/** NULL where one of the three is; else the conjunction of both comparisons. `lenient` as for `compareValues`. */
export function between(operands: readonly [operand: Node, low: Node, high: Node], lenientLow: boolean, lenientHigh: boolean): Node {
  return mapAll(operands, (values) => {
    const failed = values.find((value) => value instanceof Failure);
    if (failed !== undefined) return failed;
    const [value, low, high] = values;
    if (value == null || low == null || high == null) return null;
    const above = compareValues('>=', value, low, lenientLow);
    const below = compareValues('<=', value, high, lenientHigh);
    return above === false || below === false ? false : undecided(above, below);
  });
}

/** IN: TRUE where an element equals, else a failure where an element failed, else FALSE; never NULL. */
export function membership(operand: Node, list: readonly Node[]): Node {
  const elements: SqlValue[] = [];
  for (const element of list) if (element.constant) elements.push(element.value);
  if (elements.length === list.length) {
    const contains = membershipOf(elements);
    return map1(operand, (value) => (value instanceof Failure ? value : contains(value)));
  }
  return mapAll([operand, ...list], ([value, ...others]) => (value instanceof Failure ? value : isAmong(value, others)));
}

/**
 * IN with a list from the data: TRUE where an element equals. What is no list is its own only element; NULL and MISSING have
 * none. Never NULL.
 */
export function isElement(operand: SqlValue, list: SqlValue): SqlValue {
  if (operand instanceof Failure) return operand;
  if (list === null || list === undefined) return false;
  if (!(list instanceof JsonValue && list.isList)) return isAmong(operand, [list]);
  return typeof operand === 'string' && isTextAbsent(operand, list.json) ? false : isAmong(operand, elementsOf(list));
}

/** Text can only be in JSON without escapes as it is. */
function isTextAbsent(text: string, json: string): boolean {
  return !json.includes('\\') && !json.includes(`"${text}"`);
}

export interface Branch {
  readonly condition: Node;
  readonly result: Node;
}

/** The first branch whose condition is TRUE; NULL does not match. A branch is evaluated only for the rows that reach it. */
export function caseWhen(branches: readonly Branch[], otherwise: Node): Node {
  const inputs = [...branches.flatMap(({ condition, result }) => [condition, result]), otherwise];
  return nodeOver(inputs, (columns, rows) => {
    const results = new Array<SqlValue>(rows.length);
    let pending = allOf(rows);
    const fill = (node: Node, reached: Pending): void => {
      if (reached.rows.length === 0) return;
      const vector = node.run(columns, reached.rows);
      narrow(reached, (index, at) => {
        results[at] = valueAt(vector, index);
        return false;
      });
    };
    for (const branch of branches) {
      if (pending.rows.length === 0) break;
      const conditions = branch.condition.run(columns, pending.rows);
      fill(
        branch.result,
        narrow(pending, (index) => valueAt(conditions, index) === true),
      );
      pending = narrow(pending, (index, at) => {
        const condition = valueAt(conditions, index);
        if (condition === true || condition === false || condition === null || condition === undefined) return condition !== true;
        results[at] = condition instanceof Failure ? condition : notBoolean(condition);
        return false;
      });
    }
    fill(otherwise, pending);
    return { kind: 'values', values: results };
  });
}

/** The first argument that is neither NULL nor MISSING, evaluated only for the rows that reach it; else NULL. */
export function coalesce(operands: readonly Node[]): Node {
  return nodeOver(operands, (columns, rows) => {
    const results = new Array<SqlValue>(rows.length).fill(null);
    let pending = allOf(rows);
    for (const operand of operands) {
      if (pending.rows.length === 0) break;
      const vector = operand.run(columns, pending.rows);
      pending = narrow(pending, (index, at) => {
        const value = valueAt(vector, index);
        results[at] = value ?? null;
        return value === null || value === undefined;
      });
    }
    return { kind: 'values', values: results };
  });
}

/** A value where a condition was needed. */
export function notBoolean(value: SqlValue): Failure {
  return new Failure({ code: 'ExternalEvalException', params: { reason: `a condition is a boolean, got ${typeNameOf(value)}` } });
}

/** Rows of a vector that still need a value, and their places in it; null: all rows, each at its index. */
interface Pending {
  readonly rows: Selection;
  readonly places: Uint32Array | null;
}

function allOf(rows: Selection): Pending {
  return { rows, places: null };
}

/** The rows for which `keep(index in pending, place in the result)` is true. */
function narrow(pending: Pending, keep: (index: number, at: number) => boolean): Pending {
  const { rows, places } = pending;
  const keptRows = new Uint32Array(rows.length);
  const keptPlaces = new Uint32Array(rows.length);
  let kept = 0;
  for (let index = 0; index < rows.length; index++) {
    const at = places === null ? index : places[index]!;
    if (!keep(index, at)) continue;
    keptRows[kept] = rows[index]!;
    keptPlaces[kept++] = at;
  }
  if (kept === rows.length) return pending;
  return { rows: keptRows.subarray(0, kept), places: keptPlaces.subarray(0, kept) };
}

/** AND or OR of two values neither of which decides it. */
function undecided(first: SqlValue, second: SqlValue): SqlValue {
  if (first instanceof Failure) return first;
  if (second instanceof Failure) return second;
  if (second === null || second === undefined) return null;
  return typeof second === 'boolean' ? first : notBoolean(second);
}

/** A test against a fixed list: text and integers, the long lists, are looked up. */
function membershipOf(elements: readonly SqlValue[]): (value: SqlValue) => SqlValue {
  const exact = new Set<SqlValue>();
  const rest: SqlValue[] = [];
  for (const element of elements) {
    if (typeof element === 'string' || typeof element === 'bigint') exact.add(element);
    else rest.push(element);
  }
  return (value) => {
    if (exact.has(value)) return true;
    return isAmong(value, typeof value === 'string' || typeof value === 'bigint' ? rest : elements);
  };
}

function isAmong(value: SqlValue, elements: readonly SqlValue[]): SqlValue {
  let failed: SqlValue = false;
  for (const element of elements) {
    if (element instanceof Failure) failed = failed === false ? element : failed;
    else if (toleratedEquals(value, element)) return true;
  }
  return failed;
}
