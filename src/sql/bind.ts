/** A syntax tree over a schema to a plan, not yet optimized. */
import { SelectError } from '../base/errors.ts';
import type { InputSchema } from '../vector/schema.ts';
import type { From, Node, Path, Select, SelectItem } from './ast.ts';
import { type BindContext, type Columns, createContext } from './bind-context.ts';
import { bindCondition, bindExpression } from './bind-expression.ts';
import { bindLimit } from './bind-limit.ts';
import { PositionalColumns } from './bind-names.ts';
import { OpenColumns } from './bind-paths.ts';
import { KnownColumns } from './bind-typed.ts';
import type { Aggregate, Plan, Projection, ProjectionItem } from './plan.ts';

/** Binds a query. Raises the binding codes; nothing of the object's data is read. */
export function bind(select: Select, schema: InputSchema): Plan {
  const columns = columnsOf(schema, select.from);
  const aggregates: Aggregate[] = [];
  const context = createContext(columns, aggregates);
  const items: readonly ProjectionItem[] =
    select.items === 'all' ? recordItems(columns) : select.items.flatMap((item, index) => bindItem(item, index, context));
  const projection = projectionOf(items, aggregates, context);
  const filter = select.where === null ? null : bindCondition(select.where, createContext(columns, null));
  const limit = select.limit === null ? null : bindLimit(select.limit);
  return { source: columns.source, columns: columns.refs, filter, predicates: [], residual: filter, projection, limit, empty: false };
}

function columnsOf(schema: InputSchema, from: From): Columns {
  switch (schema.kind) {
    case 'typed':
      return new KnownColumns(schema, from);
    case 'open':
      return new OpenColumns(from);
    case 'positional':
      return new PositionalColumns(schema, from);
  }
}

/** `*`: where all columns are known, they are items of their own. */
function recordItems(columns: Columns): readonly ProjectionItem[] {
  return columns instanceof KnownColumns ? columns.items() : [{ kind: 'record' }];
}

function bindItem(item: SelectItem, index: number, context: BindContext): readonly ProjectionItem[] {
  if (item.kind === 'members') {
    context.columns.checkTable(item.of);
    context.plainColumn ??= item.of;
    return recordItems(context.columns);
  }
  const { expression } = bindExpression(item.expression, context);
  return [{ kind: 'expression', name: item.alias?.text ?? nameOf(item.expression) ?? `_${index + 1}`, expression }];
}

/** The last name of a path, as the query writes it. */
function nameOf(node: Node): string | null {
  if (node.kind !== 'path') return null;
  const last = node.steps.at(-1);
  if (last === undefined) return node.root.text;
  return last.kind === 'name' ? last.name.text : null;
}

function projectionOf(items: readonly ProjectionItem[], aggregates: readonly Aggregate[], context: BindContext): Projection {
  if (aggregates.length === 0) return { kind: 'rows', items };
  if (context.plainColumn !== null) throw mixed(context.plainColumn);
  const expressions = items.flatMap((item) => (item.kind === 'expression' ? [{ name: item.name, expression: item.expression }] : []));
  return { kind: 'aggregation', aggregates, items: expressions };
}

function mixed(path: Path): SelectError {
  const name = nameOf(path) ?? path.root.text;
  const reason = `column ${name.slice(0, 64)} beside an aggregate, which takes GROUP BY`;
  return new SelectError('UnsupportedSqlStructure', { reason, ...path.at });
}
