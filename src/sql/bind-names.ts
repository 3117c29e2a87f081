/** Names to columns: table aliases, header names, positions. Collects each column the query reads once. */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { PositionalSchema } from '../vector/schema.ts';
import type { From, Name, Path, PathStep } from './ast.ts';
import type { Bound, Columns } from './bind-context.ts';
import type { Expression } from './expression.ts';
import { nearestHint } from './nearest.ts';
import type { ColumnRef } from './plan.ts';

/** CSV: columns by header name or position. */
export class PositionalColumns implements Columns {
  readonly nested = false;
  readonly strict = false;
  readonly source = [];
  readonly refs: ColumnRef[] = [];
  private readonly slots = new Map<number, number>();
  private readonly schema: PositionalSchema;
  private readonly from: From;

  constructor(schema: PositionalSchema, from: From) {
    refuseTable(from);
    const step = from.steps[0]?.kind === 'elements' ? from.steps[1] : from.steps[0];
    if (step !== undefined) throw pathError(step);
    this.schema = schema;
    this.from = from;
  }

  /** Raises InvalidTableAlias, InvalidKeyPath, AmbiguousFieldName, MissingHeaders, InvalidColumnIndex. */
  read(path: Path): Bound {
    const wildcard = path.steps.find(
      (step): step is Exclude<PathStep, { kind: 'name' }> => step.kind === 'members' || step.kind === 'elements',
    );
    if (wildcard !== undefined) throw new SelectError('ParseInvalidContextForWildcardInSelectList', wildcard.at);
    const slot = this.slotOf(path);
    const expression: Expression = slot === null ? { op: 'literal', value: { type: 'missing' } } : { op: 'column', slot, type: 'untyped' };
    return { expression, kind: 'untyped' };
  }

  /** null: any name, of an object without a header record. It has no records either. */
  private slotOf(path: Path): number | null {
    const [first, ...rest] = path.steps;
    if (first === undefined) return this.slotOfName(path.root, false);
    if (!isRow(path.root, this.from)) {
      throw new SelectError('InvalidTableAlias', { name: path.root.text, ...this.wholeNameHint(path), ...path.root.at });
    }
    const surplus = first.kind === 'name' ? rest[0] : first;
    if (surplus !== undefined || first.kind !== 'name') throw pathError(surplus ?? first);
    return this.slotOfName(first.name, true);
  }

  /** Only the table itself has members. Raises InvalidTableAlias, InvalidKeyPath. */
  checkTable(path: Path): void {
    if (!isRow(path.root, this.from)) throw new SelectError('InvalidTableAlias', { name: path.root.text, ...path.root.at });
    const [step] = path.steps;
    if (step !== undefined) throw pathError(step);
  }

  private slotOfName(name: Name, qualified: boolean): number | null {
    const position = this.positionOf(name);
    if (position !== null) return this.slotAt(position);
    const { names } = this.schema;
    if (names?.length === 0) return null;
    const params = { name: name.text, ...nearestHint(name.text, names ?? []), ...name.at };
    throw new SelectError(names !== null || qualified ? 'MissingHeaders' : 'InvalidColumnIndex', params);
  }

  private positionOf(name: Name): number | null {
    return indexOf(this.schema, this.schema.names ?? []).find(name) ?? numberOf(name);
  }

  private slotAt(position: number): number {
    const known = this.slots.get(position);
    if (known !== undefined) return known;
    const slot = this.refs.push({ name: this.schema.names?.[position] ?? `_${position + 1}`, position, path: null }) - 1;
    this.slots.set(position, slot);
    return slot;
  }

  /** `na.me` where the header has a column of that very name. */
  private wholeNameHint(path: Path): { readonly hint: string } | Record<string, never> {
    const parts = path.steps.map((step) => (step.kind === 'name' ? step.name.text : ''));
    const whole = [path.root.text, ...parts].join('.');
    return indexOf(this.schema, this.schema.names ?? []).has(whole) ? { hint: `Did you mean "${whole}"?` } : {};
  }
}

/** Names of one level, to their places in order. */
export class NameIndex {
  private readonly exact = new Map<string, number[]>();
  private readonly folded = new Map<string, number[]>();

  constructor(names: readonly string[]) {
    for (const [position, name] of names.entries()) {
      add(this.exact, name, position);
      add(this.folded, name.toLowerCase(), position);
    }
  }

  has(name: string): boolean {
    return this.exact.has(name);
  }

  /** A quoted name is matched with case. Null where there is none; raises AmbiguousFieldName where there are several. */
  find(name: Name): number | null {
    const matches = name.quoted ? this.exact.get(name.text) : this.folded.get(name.text.toLowerCase());
    if (matches === undefined) return null;
    if (matches.length > 1) throw new SelectError('AmbiguousFieldName', { name: name.text, ...name.at });
    return matches[0] ?? null;
  }
}

function add(positions: Map<string, number[]>, key: string, position: number): void {
  const known = positions.get(key);
  if (known === undefined) positions.set(key, [position]);
  else known.push(position);
}

const indexes = new WeakMap<object, NameIndex>();

/** The index of the names that `owner` has; kept as long as it is. */
export function indexOf(owner: object, names: readonly string[]): NameIndex {
  let index = indexes.get(owner);
  if (index === undefined) {
    index = new NameIndex(names);
    indexes.set(owner, index);
  }
  return index;
}

/** The 0-based position that `_N` names; null for other names. Raises InvalidColumnIndex beyond what an object can have. */
export function numberOf(name: Name): number | null {
  const number = /^_([1-9]\d*)$/.exec(name.text)?.[1];
  if (number === undefined) return null;
  if (Number(number) > limits.columns_max) throw new SelectError('InvalidColumnIndex', { name: name.text.slice(0, 64), ...name.at });
  return Number(number) - 1;
}

/** Whether a name is the table's. */
export function isTableName(name: Name): boolean {
  return name.text.toLowerCase() === 's3object';
}

/** Whether a name stands for the row: it is the table's, or its alias; `FROM S3Object[*]` names its row `_1`. */
export function isRow(name: Name, { alias, steps }: From): boolean {
  if (isTableName(name)) return true;
  if (alias === null) return steps.length > 0 && name.text === '_1';
  return name.quoted || alias.quoted ? name.text === alias.text : name.text.toLowerCase() === alias.text.toLowerCase();
}

/** Raises InvalidDataSource where FROM names another table. */
export function refuseTable({ source }: From): void {
  if (!isTableName(source)) {
    throw new SelectError('InvalidDataSource', { hint: `FROM reads S3Object, not ${source.text.slice(0, 64)}.`, ...source.at });
  }
}

function pathError(step: PathStep): SelectError {
  const at = step.kind === 'name' ? step.name.at : step.at;
  return new SelectError('InvalidKeyPath', { reason: 'the fields of CSV have no members', ...at });
}
