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
    if (!this.isTable(path.root)) {
      throw new SelectError('InvalidTableAlias', { name: path.root.text, ...this.wholeNameHint(path), ...path.root.at });
    }
    const surplus = first.kind === 'name' ? rest[0] : first;
    if (surplus !== undefined || first.kind !== 'name') throw pathError(surplus ?? first);
    return this.slotOfName(first.name, true);
  }

  /** Only the table itself has members. Raises InvalidTableAlias, InvalidKeyPath. */
  checkTable(path: Path): void {
    if (!this.isTable(path.root)) throw new SelectError('InvalidTableAlias', { name: path.root.text, ...path.root.at });
    const [step] = path.steps;
    if (step !== undefined) throw pathError(step);
  }

  private isTable(name: Name): boolean {
    const { alias, steps } = this.from;
    if (isTableName(name)) return true;
    // why: FROM S3Object[*] names its row _1
    if (alias === null) return steps.length > 0 && name.text === '_1';
    return name.quoted || alias.quoted ? name.text === alias.text : name.text.toLowerCase() === alias.text.toLowerCase();
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
    const index = headerIndex(this.schema);
    const matches = name.quoted ? index.exact.get(name.text) : index.folded.get(name.text.toLowerCase());
    if (matches !== undefined) {
      if (matches.length > 1) throw new SelectError('AmbiguousFieldName', { name: name.text, ...name.at });
      return matches[0] ?? null;
    }
    const number = /^_([1-9]\d*)$/.exec(name.text)?.[1];
    if (number === undefined) return null;
    if (Number(number) > limits.columns_max) throw new SelectError('InvalidColumnIndex', { name: name.text.slice(0, 64), ...name.at });
    return Number(number) - 1;
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
    return headerIndex(this.schema).exact.has(whole) ? { hint: `Did you mean "${whole}"?` } : {};
  }
}

interface HeaderIndex {
  readonly exact: ReadonlyMap<string, readonly number[]>;
  readonly folded: ReadonlyMap<string, readonly number[]>;
}

const indexes = new WeakMap<PositionalSchema, HeaderIndex>();

function headerIndex(schema: PositionalSchema): HeaderIndex {
  const known = indexes.get(schema);
  if (known !== undefined) return known;
  const index = { exact: positionsBy(schema, (name) => name), folded: positionsBy(schema, (name) => name.toLowerCase()) };
  indexes.set(schema, index);
  return index;
}

function positionsBy({ names }: PositionalSchema, keyOf: (name: string) => string): Map<string, number[]> {
  const positions = new Map<string, number[]>();
  for (const [position, name] of (names ?? []).entries()) {
    const key = keyOf(name);
    const known = positions.get(key);
    if (known === undefined) positions.set(key, [position]);
    else known.push(position);
  }
  return positions;
}

/** Whether a name is the table's. */
export function isTableName(name: Name): boolean {
  return name.text.toLowerCase() === 's3object';
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
