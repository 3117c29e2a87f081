/** Names to paths into JSON: the row variable and what is reached from it. Collects each path the query reads once. */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { PathStep } from '../vector/path.ts';
import type * as ast from './ast.ts';
import type { Bound, Columns } from './bind-context.ts';
import { isTableName, refuseTable } from './bind-names.ts';
import type { ColumnRef } from './plan.ts';

/** JSON: any name may be there, so none is refused; what is absent is MISSING. */
export class OpenColumns implements Columns {
  readonly nested = true;
  readonly strict = false;
  readonly refs: ColumnRef[] = [];
  readonly source: readonly PathStep[];
  private readonly slots = new Map<string, number>();
  /** What the record of the FROM clause is called, beside the table's own name. */
  private readonly rowNames: readonly ast.Name[];

  constructor(from: ast.From) {
    refuseTable(from);
    const [first, ...rest] = from.steps;
    if (first !== undefined && first.kind !== 'elements') {
      throw new SelectError('InvalidKeyPath', { reason: 'a path in FROM begins with S3Object[*]', ...positionOf(first) });
    }
    this.source = pathOf(rest);
    this.rowNames = rowNamesOf(from);
  }

  /** The value of a path: a column, and the rest of the path from its first wildcard on. Raises MaxOperatorsExceeded. */
  read(path: ast.Path): Bound {
    const steps = pathOf(this.stepsFromRow(path));
    const wildcard = steps.findIndex(({ kind }) => kind === 'elements' || kind === 'members');
    const slot = this.slotAt(wildcard === -1 ? steps : steps.slice(0, wildcard));
    const column: Bound = { expression: { op: 'column', slot, type: 'any' }, kind: 'any' };
    if (wildcard === -1) return column;
    return { expression: { op: 'path', operand: column.expression, steps: steps.slice(wildcard) }, kind: 'any' };
  }

  /** Checks the path before `.*` in the SELECT list: only the record itself can be taken apart. */
  checkTable(path: ast.Path): void {
    const [step] = this.stepsFromRow(path);
    if (step === undefined) return;
    const reason = 'only the record itself can be taken apart by .* in the SELECT list';
    throw new SelectError('UnsupportedSyntax', { reason, ...positionOf(step) });
  }

  private stepsFromRow({ root, steps }: ast.Path): readonly ast.PathStep[] {
    const isRow = isTableName(root) || this.rowNames.some((name) => isSameName(name, root));
    return isRow ? steps : [{ kind: 'name', name: root }, ...steps];
  }

  private slotAt(path: readonly PathStep[]): number {
    const key = JSON.stringify(path);
    const known = this.slots.get(key);
    if (known !== undefined) return known;
    const last = path.at(-1);
    const slot = this.refs.push({ name: last?.kind === 'member' ? last.name : '_1', position: null, path }) - 1;
    this.slots.set(key, slot);
    return slot;
  }
}

/** The alias; without one the last name of the path, and `_1`, which is all there is where the path ends otherwise. */
function rowNamesOf({ steps, alias }: ast.From): readonly ast.Name[] {
  if (alias !== null) return [alias];
  const last = steps.at(-1);
  if (last === undefined) return [];
  const unnamed: ast.Name = { text: '_1', quoted: false, at: positionOf(last) };
  return last.kind === 'name' ? [last.name, unnamed] : [unnamed];
}

/** A name in brackets or double quotes is matched with case, as is one that is compared with such a name. */
function isSameName(left: ast.Name, right: ast.Name): boolean {
  return left.quoted || right.quoted ? left.text === right.text : left.text.toLowerCase() === right.text.toLowerCase();
}

/** Steps as plans have them. Raises MaxOperatorsExceeded. */
export function pathOf(steps: readonly ast.PathStep[]): PathStep[] {
  const surplus = steps[limits.path_steps_max];
  if (surplus !== undefined) throw new SelectError('MaxOperatorsExceeded', { max: limits.path_steps_max, ...positionOf(surplus) });
  return steps.map((step): PathStep => {
    switch (step.kind) {
      case 'name':
        return { kind: 'member', name: step.name.quoted ? step.name.text : step.name.text.toLowerCase(), exact: step.name.quoted };
      case 'index':
        return { kind: 'index', index: step.index };
      default:
        return { kind: step.kind };
    }
  });
}

/** Where a step stands in the query. */
export function positionOf(step: ast.PathStep): ast.Position {
  return step.kind === 'name' ? step.name.at : step.at;
}
