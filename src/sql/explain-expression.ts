/** Bound expressions as text, close to SQL. Fully parenthesized where one operator stands in another. */
import type { PathStep } from '../vector/path.ts';
import type { Literal } from '../vector/value.ts';
import type { Expression } from './expression.ts';
import type { ColumnRef } from './plan.ts';

const text_units_max = 4096;

/** An expression as text, cut where it is long. */
export function expressionText(expression: Expression, columns: readonly ColumnRef[]): string {
  const text = print(expression, columns);
  return text.length > text_units_max ? `${text.slice(0, text_units_max)}…` : text;
}

/** A name as SQL would need it written: quoted unless it is a plain word. */
export function columnText(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** A column as a query could name it: by its name, or by its path from the record. */
export function refText(column: ColumnRef | null): string {
  if (column?.path === undefined || column.path === null) return columnText(column?.name ?? '');
  const text = pathText(column.path);
  if (column.position !== null) return columnText(column.name) + text;
  return text.startsWith('.') ? text.slice(1) : `record${text}`;
}

/** Steps as SQL writes them. */
export function pathText(steps: readonly PathStep[]): string {
  return steps.map(stepText).join('');
}

function stepText(step: PathStep): string {
  switch (step.kind) {
    case 'member':
      return step.exact ? `."${step.name.replaceAll('"', '""')}"` : `.${step.name}`;
    case 'index':
      return `[${step.index}]`;
    case 'elements':
      return '[*]';
    case 'members':
      return '.*';
  }
}

/** Text as a SQL literal. */
export function stringText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function print(expression: Expression, columns: readonly ColumnRef[]): string {
  const inner = (operand: Expression): string => {
    const text = print(operand, columns);
    return isInfix(operand) ? `(${text})` : text;
  };
  switch (expression.op) {
    case 'literal':
      return literalText(expression.value);
    case 'column':
      return refText(columns[expression.slot] ?? null);
    case 'number':
      return `number(${print(expression.operand, columns)})`;
    case 'negate': {
      const operand = inner(expression.operand);
      return operand.startsWith('-') ? `-(${operand})` : `-${operand}`;
    }
    case 'arithmetic':
    case 'compare':
      return `${inner(expression.left)} ${expression.operator} ${inner(expression.right)}`;
    case 'concat':
      return `${inner(expression.left)} || ${inner(expression.right)}`;
    case 'not':
      return `NOT ${inner(expression.operand)}`;
    case 'and':
    case 'or':
      return expression.operands.map(inner).join(` ${expression.op.toUpperCase()} `);
    case 'between':
      return `${inner(expression.operand)} ${not(expression)}BETWEEN ${inner(expression.low)} AND ${inner(expression.high)}`;
    case 'in':
      return `${inner(expression.operand)} ${not(expression)}IN (${listText(expression.list, columns)})`;
    case 'element':
      return `${inner(expression.operand)} ${not(expression)}IN ${inner(expression.list)}`;
    case 'path':
      return `${inner(expression.operand)}${pathText(expression.steps)}`;
    case 'list':
      return `[${listText(expression.items, columns)}]`;
    case 'like': {
      const suffix = expression.escape === null ? '' : ` ESCAPE ${inner(expression.escape)}`;
      return `${inner(expression.operand)} ${not(expression)}LIKE ${inner(expression.pattern)}${suffix}`;
    }
    case 'is':
      return `${inner(expression.operand)} IS ${not(expression)}${expression.what.toUpperCase()}`;
    case 'cast':
      return `CAST(${print(expression.operand, columns)} AS ${expression.to.toUpperCase()})`;
    case 'case': {
      const branches = expression.branches.map(({ when, then }) => `WHEN ${print(when, columns)} THEN ${print(then, columns)}`);
      return `CASE ${branches.join(' ')} ELSE ${print(expression.otherwise, columns)} END`;
    }
    case 'call':
      return `${expression.name}(${listText(expression.args, columns)})`;
    case 'aggregate':
      return `#${expression.index + 1}`;
  }
}

function listText(list: readonly Expression[], columns: readonly ColumnRef[]): string {
  const shown = list.slice(0, 10).map((item) => print(item, columns));
  return list.length > 10 ? `${shown.join(', ')}, … ${list.length} in all` : shown.join(', ');
}

function not({ negated }: { readonly negated: boolean }): string {
  return negated ? 'NOT ' : '';
}

function isInfix({ op }: Expression): boolean {
  return ['arithmetic', 'compare', 'concat', 'not', 'and', 'or', 'between', 'in', 'element', 'like', 'is'].includes(op);
}

/** A constant as SQL writes it. */
export function literalText(literal: Literal): string {
  switch (literal.type) {
    case 'missing':
    case 'null':
      return literal.type.toUpperCase();
    case 'string':
      return stringText(literal.text);
    case 'decimal':
    case 'json':
      return literal.text;
    case 'timestamp':
      return `\`${literal.text}\``;
    case 'float':
      return Number.isInteger(literal.value) ? `${literal.value}e0` : String(literal.value);
    case 'bool':
      return literal.value ? 'TRUE' : 'FALSE';
    case 'int':
      return String(literal.value);
  }
}
