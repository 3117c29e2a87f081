/** LIMIT: a number known before a row is read. */
import { SelectError } from '../base/errors.ts';
import { calculate, negate } from '../vector/arithmetic.ts';
import { fromLiteral } from '../vector/literal.ts';
import { Failure, type SqlValue } from '../vector/value.ts';
import type { Node } from './ast.ts';

/**
 * The rows that LIMIT lets through: a constant integer expression that is not negative. Raises EvaluatorNegativeLimit,
 * ParseExpectedNumber, and what its arithmetic fails with.
 */
export function bindLimit(node: Node): number {
  const value = constantOf(node);
  if (value instanceof Failure) throw new SelectError(value.error.code, { ...value.error.params, ...node.at });
  if (typeof value !== 'bigint') throw new SelectError('ParseExpectedNumber', { found: 'LIMIT without an integer', ...node.at });
  if (value < 0n) throw new SelectError('EvaluatorNegativeLimit', node.at);
  return Number(value < BigInt(Number.MAX_SAFE_INTEGER) ? value : Number.MAX_SAFE_INTEGER);
}

function constantOf(node: Node): SqlValue {
  switch (node.kind) {
    case 'literal':
      return fromLiteral(node.value);
    case 'sign':
      return node.operator === '-' ? negate(constantOf(node.operand)) : constantOf(node.operand);
    case 'binary':
      switch (node.operator) {
        case '+':
        case '-':
        case '*':
        case '/':
        case '%':
          return calculate(node.operator, constantOf(node.left), constantOf(node.right));
        default:
          return null;
      }
    default:
      return null;
  }
}
