/**
 * FLOAT and INT expressions over columns as flat arrays of doubles: what most aggregates are. Where a value cannot be read
 * that way (NULL, more than 15 digits, no number) the batch is left to the general evaluator; both give the same result.
 */
import type { Scan } from '../../formats/scan.ts';
import { numberReading } from '../../kernels/kernels.ts';
import type { Memory } from '../../kernels/memory.ts';
import type { ArithmeticOperator, Expression } from '../../sql/expression.ts';
import { Decimal } from '../../vector/decimal.ts';

type NumericNode =
  | { readonly kind: 'column'; readonly slot: number; readonly reading: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'arithmetic'; readonly operator: '+' | '-' | '*'; readonly left: NumericNode; readonly right: NumericNode };

export interface NumericExpression {
  /** The SQL type of its values; an INT is a bare column. */
  readonly type: 'float' | 'int';
  /** Values for the selected rows of the batch, or null when they must be evaluated another way. Valid until the next call. */
  evaluate(scan: Scan): Float64Array | null;
}

/** An expression as a numeric one, or null when it is none. */
export function compileNumeric(expression: Expression, memory: Memory): NumericExpression | null {
  if (isCast(expression, 'int')) {
    const node = toNode(expression);
    return node === null ? null : { type: 'int', evaluate: (scan) => run(node, scan, memory, 0) };
  }
  if (typeOf(expression) !== 'float' || depthOf(expression) > memory.layout.numbers_vectors) return null;
  const node = toNode(expression);
  return node === null ? null : { type: 'float', evaluate: (scan) => run(node, scan, memory, 0) };
}

function isCast(expression: Expression, to: 'int' | 'float'): boolean {
  return expression.op === 'cast' && expression.to === to && expression.operand.op === 'column' && expression.operand.type === 'untyped';
}

/** `float`, or `exact` for literals and INT columns, which become doubles beside a float only. */
function typeOf(expression: Expression): 'float' | 'exact' | null {
  if (isCast(expression, 'float')) return 'float';
  if (isCast(expression, 'int')) return 'exact';
  if (expression.op === 'literal') return expression.value.type === 'float' ? 'float' : constantOf(expression) === null ? null : 'exact';
  if (expression.op !== 'arithmetic' || !isFast(expression.operator)) return null;
  const left = typeOf(expression.left);
  const right = typeOf(expression.right);
  return left !== null && right !== null && (left === 'float' || right === 'float') ? 'float' : null;
}

function isFast(operator: ArithmeticOperator): operator is '+' | '-' | '*' {
  return operator === '+' || operator === '-' || operator === '*';
}

function constantOf(expression: Expression): number | null {
  if (expression.op !== 'literal') return null;
  const { value } = expression;
  if (value.type === 'float') return value.value;
  if (value.type === 'int') return Number(value.value);
  return value.type === 'decimal' ? Decimal.parse(value.text)!.toNumber() : null;
}

function toNode(expression: Expression): NumericNode | null {
  if (expression.op === 'cast' && expression.operand.op === 'column') {
    return { kind: 'column', slot: expression.operand.slot, reading: expression.to === 'int' ? numberReading.int : numberReading.decimal };
  }
  const value = constantOf(expression);
  if (value !== null) return { kind: 'constant', value };
  if (expression.op !== 'arithmetic' || !isFast(expression.operator)) return null;
  const left = toNode(expression.left);
  const right = toNode(expression.right);
  return left === null || right === null ? null : { kind: 'arithmetic', operator: expression.operator, left, right };
}

/** Vectors in use at once. */
function depthOf(expression: Expression): number {
  return expression.op === 'arithmetic' ? Math.max(depthOf(expression.left), depthOf(expression.right) + 1) : 1;
}

/** Evaluates into vector `index` of the memory. */
function run(node: NumericNode, scan: Scan, memory: Memory, index: number): Float64Array | null {
  const { layout, f64 } = memory;
  const address = layout.numbers + index * layout.numbers_stride;
  const into = f64.subarray(address >> 3, (address >> 3) + scan.count);
  if (node.kind === 'constant') return into.fill(node.value);
  if (node.kind === 'column') {
    const undecided = scan.kernels.readNumbers(scan.fields(node.slot), scan.selection, scan.count, node.reading, address);
    return undecided === 0 ? into : null;
  }
  const left = run(node.left, scan, memory, index);
  if (left === null) return null;
  const right = run(node.right, scan, memory, index + 1);
  return right === null ? null : combine(node.operator, left, right);
}

function combine(operator: '+' | '-' | '*', left: Float64Array, right: Float64Array): Float64Array {
  switch (operator) {
    case '+':
      for (let i = 0; i < left.length; i++) left[i]! += right[i]!;
      break;
    case '-':
      for (let i = 0; i < left.length; i++) left[i]! -= right[i]!;
      break;
    case '*':
      for (let i = 0; i < left.length; i++) left[i]! *= right[i]!;
      break;
  }
  return left;
}
