/** Rows as a table in box-drawing characters. The first page of rows decides the widths; later rows are cut to them. */
import { displayWidth, fit, visible } from './text-width.ts';

export class Table {
  readonly #names: readonly string[] | null;
  readonly #width: number;
  #columns: readonly Column[] | null = null;

  /** `names`: null when they are not known; columns are then numbered. `width`: of the terminal; infinite where nothing is cut. */
  constructor(names: readonly string[] | null, width: number) {
    this.#names = names;
    this.#width = width;
  }

  /** The lines of some rows, the heading above the first of them. */
  page(rows: readonly (readonly string[])[]): string {
    const cells = rows.map((row) => row.map((field) => visible(field)));
    if (this.#columns !== null) return cells.map((row) => line(this.#columns ?? [], row)).join('');
    this.#columns = layOut(this.#headings(cells), cells, this.#width);
    const names = this.#columns.map(({ name, width }) => fit(name, width, 'left'));
    const heading = `${rule(this.#columns, '┌┬┐')}│ ${names.join(' │ ')} │\n${rule(this.#columns, '├┼┤')}`;
    return heading + cells.map((row) => line(this.#columns ?? [], row)).join('');
  }

  /** The closing line. */
  end(): string {
    return this.#columns === null ? '' : rule(this.#columns, '└┴┘');
  }

  #headings(cells: readonly (readonly string[])[]): string[] {
    const count = Math.max(this.#names?.length ?? 0, 1, ...cells.map((row) => row.length));
    return Array.from({ length: count }, (_, index) => visible(this.#names?.[index] ?? `_${index + 1}`));
  }
}

interface Column {
  readonly name: string;
  readonly width: number;
  readonly align: 'left' | 'right';
}

const narrowest = 6;
const border = 3;

function layOut(names: readonly string[], rows: readonly (readonly string[])[], width: number): Column[] {
  const wanted = names.map((name, index) => Math.max(1, displayWidth(name), ...rows.map((row) => displayWidth(row[index] ?? ''))));
  const widths = shrink(wanted, width - 1 - border * names.length);
  return names.map((name, index) => ({ name, width: widths[index] ?? 1, align: isNumeric(rows, index) ? 'right' : 'left' }));
}

/** Takes from the widest until all fit; where even narrow columns do not fit, lines are longer than the terminal. */
function shrink(wanted: readonly number[], room: number): readonly number[] {
  const total = (cap: number): number => wanted.reduce((sum, width) => sum + Math.min(width, cap), 0);
  if (total(Number.POSITIVE_INFINITY) <= room) return wanted;
  let cap = Math.min(Math.max(...wanted), Math.max(room, narrowest));
  while (cap > narrowest && total(cap) > room) cap--;
  let spare = Math.max(0, room - total(cap));
  return wanted.map((width) => {
    const extra = width > cap && spare > 0 ? 1 : 0;
    spare -= extra;
    return Math.min(width, cap + extra);
  });
}

function isNumeric(rows: readonly (readonly string[])[], index: number): boolean {
  const fields = rows.map((row) => row[index] ?? '').filter((field) => field !== '');
  return fields.length > 0 && fields.every((field) => /^[-+]?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(field));
}

/** Fields beyond the columns of the first page follow the table's edge. */
function line(columns: readonly Column[], row: readonly string[]): string {
  const cells = columns.map(({ width, align }, index) => fit(row[index] ?? '', width, align));
  const surplus = row.slice(columns.length);
  return `│ ${cells.join(' │ ')} │${surplus.length > 0 ? ` ${surplus.join(' │ ')}` : ''}\n`;
}

function rule(columns: readonly Column[], [left, middle, right]: string): string {
  return `${left}${columns.map(({ width }) => '─'.repeat(width + 2)).join(middle)}${right}\n`;
}
