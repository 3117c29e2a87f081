/** Order and equality of lists and structs. Each text is read once; nothing recurses. */
import { decodeToken } from './json.ts';
import { endOfValidString, endOfValue, unquoteString } from './json-text.ts';
import type { JsonValue } from './json-value.ts';
import type { SqlValue } from './value.ts';

/** How two scalars compare; neither is NULL. */
export type OrderOf = (left: SqlValue, right: SqlValue) => number | undefined;

/**
 * Negative, 0 or positive for lists, element by element: NULL equals NULL, a list that goes on is the greater. 0 for equal
 * structs: the same keys in any order, the first of each, with equal values. Undefined for everything else, also where
 * elements of different types meet first.
 */
export function orderOfJson(left: JsonValue, right: JsonValue, orderOf: OrderOf): number | undefined {
  if (left.json === right.json) return 0;
  const pending: Pair[] = [[readTree(left.json), readTree(right.json)]];
  /** Pairs from here on are members of a struct or lie below them: they are equal or not, and no order decides. */
  let unordered = Infinity;
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [a, b] = pair;
    if (pending.length < unordered) unordered = Infinity;
    if (typeof a === 'string' || typeof b === 'string') {
      const order = typeof a === 'string' && typeof b === 'string' ? orderOfScalars(a, b, orderOf) : undefined;
      if (order !== 0) return unordered === Infinity ? order : undefined;
    } else if (a.kind !== b.kind) {
      return undefined;
    } else if (a.kind === 'list' && b.kind === 'list') {
      const shared = Math.min(a.items.length, b.items.length);
      // why: what differs first decides, so the end of the lists is looked at last
      if (a.items.length !== b.items.length) pending.push([`${a.items.length}`, `${b.items.length}`]);
      for (let i = shared - 1; i >= 0; i--) pending.push([a.items[i]!, b.items[i]!]);
    } else if (a.kind === 'struct' && b.kind === 'struct') {
      if (a.members.size !== b.members.size) return undefined;
      unordered = Math.min(unordered, pending.length);
      for (const [key, value] of a.members) {
        const other = b.members.get(key);
        if (other === undefined) return undefined;
        pending.push([value, other]);
      }
    }
  }
  return 0;
}

/** A scalar is its token. */
type Tree = string | { readonly kind: 'list'; readonly items: Tree[] } | { readonly kind: 'struct'; readonly members: Map<string, Tree> };
type Pair = readonly [Tree, Tree];

function orderOfScalars(left: string, right: string, orderOf: OrderOf): number | undefined {
  const a = decodeToken(left);
  const b = decodeToken(right);
  if (a === null || b === null) return a === b ? 0 : undefined;
  const order = orderOf(a, b);
  return Number.isNaN(order) ? undefined : order;
}

/** `json` is compact and valid. */
function readTree(json: string): Tree {
  const open: Exclude<Tree, string>[] = [];
  let key = '';
  for (let at = 0; ; ) {
    const unit = json.charAt(at);
    if (unit === '}' || unit === ']') {
      const closed = open.pop()!;
      if (open.length === 0) return closed;
      at++;
      continue;
    }
    if (unit === ',') {
      at++;
      continue;
    }
    const parent = open.at(-1);
    if (parent?.kind === 'struct') {
      const colon = endOfValidString(json, at);
      key = unquoteString(json.slice(at, colon));
      at = colon + 1;
    }
    const value = begin(json, at);
    if (parent?.kind === 'list') parent.items.push(value);
    else if (parent?.kind === 'struct' && !parent.members.has(key)) parent.members.set(key, value);
    if (typeof value === 'string') {
      at += value.length;
    } else {
      open.push(value);
      at++;
    }
  }
}

/** The value that begins at `at`: whole where it is a scalar, still empty where it is not. */
function begin(json: string, at: number): Tree {
  switch (json.charAt(at)) {
    case '[':
      return { kind: 'list', items: [] };
    case '{':
      return { kind: 'struct', members: new Map() };
    default:
      return json.slice(at, endOfValue(json, at));
  }
}
