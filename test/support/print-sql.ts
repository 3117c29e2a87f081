/** Syntax trees back to SQL, fully parenthesized: the other half of the parser's round trip. */
import type { Call, Name, Node, Path, PathStep, Select, SelectItem } from '../../src/sql/ast.ts';
import type { Literal } from '../../src/vector/value.ts';

export function printSelect({ items, from, where, limit }: Select): string {
  const list = items === 'all' ? '*' : items.map(printItem).join(', ');
  const alias = from.alias === null ? '' : ` AS ${printName(from.alias)}`;
  const condition = where === null ? '' : ` WHERE ${printNode(where)}`;
  const rows = limit === null ? '' : ` LIMIT ${printNode(limit)}`;
  return `SELECT ${list} FROM ${printName(from.source)}${from.steps.map(printStep).join('')}${alias}${condition}${rows}`;
}

export function printNode(node: Node): string {
  const inner = (operand: Node): string => `(${printNode(operand)})`;
  switch (node.kind) {
    case 'literal':
      return printLiteral(node.value);
    case 'path':
      return printPath(node);
    case 'sign':
      return `${node.operator}${inner(node.operand)}`;
    case 'binary':
      return `${inner(node.left)} ${node.operator} ${inner(node.right)}`;
    case 'not':
      return `NOT ${inner(node.operand)}`;
    case 'and':
    case 'or':
      return node.operands.map(inner).join(` ${node.kind} `);
    case 'between':
      return `${inner(node.operand)} ${not(node)}BETWEEN ${inner(node.low)} AND ${inner(node.high)}`;
    case 'in':
      return `${inner(node.operand)} ${not(node)}IN ${'kind' in node.list ? printNode(node.list) : `(${node.list.map(printNode).join(', ')})`}`;
    case 'like':
      return `${inner(node.operand)} ${not(node)}LIKE ${inner(node.pattern)}${node.escape === null ? '' : ` ESCAPE ${inner(node.escape)}`}`;
    case 'is':
      return `${inner(node.operand)} IS ${not(node)}${node.what}`;
    case 'cast':
      return `CAST(${printNode(node.operand)} AS ${node.to})`;
    case 'case': {
      const branches = node.branches.map(({ when, then }) => `WHEN ${printNode(when)} THEN ${printNode(then)}`).join(' ');
      const operand = node.operand === null ? '' : `${inner(node.operand)} `;
      return `CASE ${operand}${branches}${node.otherwise === null ? '' : ` ELSE ${printNode(node.otherwise)}`} END`;
    }
    case 'call':
      return printCall(node);
    case 'list':
      return `[${node.items.map(printNode).join(', ')}]`;
  }
}

function printCall({ name, star, args }: Call): string {
  const [first, ...rest] = args;
  const keyword = first?.kind === 'literal' && first.value.type === 'string' ? first.value.text : '';
  switch (name.toUpperCase()) {
    case 'TRIM':
      return `${name}(${keyword} ${rest.map(printNode).join(' FROM ')})`;
    case 'EXTRACT':
      return `${name}(${keyword} FROM ${rest.map(printNode).join('')})`;
    case 'DATE_ADD':
    case 'DATE_DIFF':
      return `${name}(${[keyword, ...rest.map(printNode)].join(', ')})`;
    default:
      return `${name}(${star ? '*' : args.map(printNode).join(', ')})`;
  }
}

function printItem(item: SelectItem): string {
  if (item.kind === 'members') return `${printPath(item.of)}.*`;
  return `${printNode(item.expression)}${item.alias === null ? '' : ` AS ${printName(item.alias)}`}`;
}

function printPath({ root, steps }: Path): string {
  return `${printName(root)}${steps.map(printStep).join('')}`;
}

function printStep(step: PathStep): string {
  switch (step.kind) {
    case 'name':
      return `.${printName(step.name)}`;
    case 'index':
      return `[${step.index}]`;
    case 'elements':
      return '[*]';
    case 'members':
      return '.*';
  }
}

function printName({ text, quoted }: Name): string {
  return quoted ? `"${text.replaceAll('"', '""')}"` : text;
}

function not({ negated }: { readonly negated: boolean }): string {
  return negated ? 'NOT ' : '';
}

function printLiteral(literal: Literal): string {
  switch (literal.type) {
    case 'missing':
    case 'null':
      return literal.type;
    case 'bool':
      return String(literal.value);
    case 'int':
      return String(literal.value);
    case 'float':
      return literal.value.toExponential();
    case 'decimal':
      return literal.text.includes('.') || literal.text.length > 18 ? literal.text : `${literal.text}.`;
    case 'string':
      return `'${literal.text.replaceAll("'", "''")}'`;
    case 'timestamp':
    case 'json':
      return `\`${literal.text}\``;
  }
}
