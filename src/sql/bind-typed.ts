/** Names to columns whose types are known: of Parquet, by name or position, and paths into groups. Collects each column the query reads once. */
import { SelectError } from '../base/errors.ts';
import type { PathStep } from '../vector/path.ts';
import type { TypedColumn, TypedSchema } from '../vector/schema.ts';
import type * as ast from './ast.ts';
import type { Bound, Columns } from './bind-context.ts';
import { indexOf, isRow, numberOf, refuseTable } from './bind-names.ts';
import { pathOf, positionOf } from './bind-paths.ts';
import { nearestHint } from './nearest.ts';
import type { ColumnRef, ProjectionItem } from './plan.ts';

/** Parquet: what is not in the schema is refused. Members of maps and elements of lists are known only row by row. */
export class KnownColumns implements Columns {
  readonly nested = true;
  readonly strict = true;
  readonly source = [];
  readonly refs: ColumnRef[] = [];
  private readonly slots = new Map<string, number>();
  private readonly schema: TypedSchema;
  private readonly from: ast.From;

  constructor(schema: TypedSchema, from: ast.From) {
    refuseTable(from);
    const step = from.steps[0]?.kind === 'elements' ? from.steps[1] : from.steps[0];
    if (step !== undefined) throw new SelectError('InvalidKeyPath', { reason: 'paths in FROM are for JSON', ...positionOf(step) });
    this.schema = schema;
    this.from = from;
  }

  /** Raises InvalidTableAlias, InvalidKeyPath, AmbiguousFieldName, MissingHeaders, InvalidColumnIndex, MaxOperatorsExceeded. */
  read(path: ast.Path): Bound {
    const { name, steps, qualified } = this.fromRow(path);
    const position = this.positionOf(name, qualified);
    const names: string[] = [];
    let column = this.schema.columns[position] as TypedColumn;
    let used = 0;
    for (; used < steps.length && column.fields.length > 0; used++) {
      const step = steps[used] as ast.PathStep;
      if (step.kind !== 'name') break;
      column = memberOf(column, step.name);
      names.push(column.name);
    }
    return this.follow(this.readAt(position, names, column), column, steps.slice(used));
  }

  /** `*`: one item for each column, in order. */
  items(): ProjectionItem[] {
    return this.schema.columns.map((column, position) => {
      const { expression } = this.readAt(position, [], column);
      return { kind: 'expression', name: column.name, expression };
    });
  }

  /** Only the record itself is taken apart by `.*`. Raises InvalidTableAlias, UnsupportedSyntax. */
  checkTable(path: ast.Path): void {
    const [step] = path.steps;
    if (!isRow(path.root, this.from)) throw new SelectError('InvalidTableAlias', { name: path.root.text, ...path.root.at });
    if (step === undefined) return;
    const reason = 'only the record itself can be taken apart by .* in the SELECT list';
    throw new SelectError('UnsupportedSyntax', { reason, ...positionOf(step) });
  }

  /** The name of a top-level column and what follows it. A column's own name may begin a path where it is not that of the table. */
  private fromRow({ root, steps }: ast.Path): {
    readonly name: ast.Name;
    readonly steps: readonly ast.PathStep[];
    readonly qualified: boolean;
  } {
    const [first, ...rest] = steps;
    if (first === undefined) return { name: root, steps, qualified: false };
    if (isRow(root, this.from)) {
      if (first.kind !== 'name')
        throw new SelectError('InvalidKeyPath', { reason: 'a record has names, no elements', ...positionOf(first) });
      return { name: first.name, steps: rest, qualified: true };
    }
    if (this.index().find(root) === null && numberOf(root) === null) {
      throw new SelectError('InvalidTableAlias', { name: root.text, ...this.wholeNameHint(root, steps), ...root.at });
    }
    return { name: root, steps, qualified: false };
  }

  private positionOf(name: ast.Name, qualified: boolean): number {
    const { columns } = this.schema;
    const position = this.index().find(name) ?? numberOf(name);
    if (position !== null && position < columns.length) return position;
    const code = position === null && qualified ? 'MissingHeaders' : 'InvalidColumnIndex';
    throw new SelectError(code, { name: name.text.slice(0, 64), ...this.hint(name, position), ...name.at });
  }

  private hint(name: ast.Name, position: number | null): { readonly hint: string } | Record<string, never> {
    const { columns } = this.schema;
    if (position !== null) return { hint: `The object has ${columns.length} ${columns.length === 1 ? 'column' : 'columns'}.` };
    return nearestHint(
      name.text,
      columns.map((column) => column.name),
    );
  }

  private index(): ReturnType<typeof indexOf> {
    return indexOf(
      this.schema,
      this.schema.columns.map(({ name }) => name),
    );
  }

  /** `na.me` where a column has that very name. */
  private wholeNameHint(root: ast.Name, steps: readonly ast.PathStep[]): { readonly hint: string } | Record<string, never> {
    const whole = [root.text, ...steps.map((step) => (step.kind === 'name' ? step.name.text : ''))].join('.');
    return this.index().has(whole) ? { hint: `Did you mean "${whole}"?` } : {};
  }

  private readAt(position: number, names: readonly string[], { type }: TypedColumn): Bound {
    const key = JSON.stringify([position, names]);
    let slot = this.slots.get(key);
    if (slot === undefined) {
      const path = names.map((member): PathStep => ({ kind: 'member', name: member, exact: true }));
      const { name } = this.schema.columns[position] as TypedColumn;
      slot = this.refs.push({ name, position, path: path.length === 0 ? null : path }) - 1;
      this.slots.set(key, slot);
    }
    return { expression: { op: 'column', slot, type }, kind: type };
  }

  /** What is left of a path inside a list or a map. */
  private follow(bound: Bound, column: TypedColumn, rest: readonly ast.PathStep[]): Bound {
    const [first] = rest;
    if (first === undefined) return bound;
    if (column.type !== 'list' && column.type !== 'struct') {
      const reason = `${column.name} is of type ${column.type.toUpperCase()} and has no members`;
      throw new SelectError('InvalidKeyPath', { reason, ...positionOf(first) });
    }
    return { expression: { op: 'path', operand: bound.expression, steps: pathOf(rest) }, kind: 'any' };
  }
}

function memberOf(column: TypedColumn, name: ast.Name): TypedColumn {
  const names = column.fields.map((field) => field.name);
  const position = indexOf(column, names).find(name);
  const field = position === null ? undefined : column.fields[position];
  if (field !== undefined) return field;
  throw new SelectError('MissingHeaders', {
    name: `${column.name}.${name.text}`.slice(0, 128),
    ...nearestHint(name.text, names),
    ...name.at,
  });
}
