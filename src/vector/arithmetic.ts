/** Arithmetic and concatenation: exact where both sides are, in IEEE double as soon as a float takes part. */
import { limits } from '../base/limits.ts';
import { Decimal } from './decimal.ts';
import { typeNameOf } from './text.ts';
import { Failure, type SqlValue } from './value.ts';

export type ArithmeticOperation = '+' | '-' | '*' | '/' | '%';

/**
 * NULL where either side is NULL or MISSING. Integers stay integers (IntegerOverflow beyond 64 bits, `/` truncates);
 * a decimal makes a decimal, a float a float; `%` has the sign of the dividend. ExternalEvalException for a zero divisor and
 * for operands that are no numbers, NumberFormatError where a decimal's exponent leaves its range.
 */
export function calculate(operation: ArithmeticOperation, left: SqlValue, right: SqlValue): SqlValue {
  if (left instanceof Failure) return left;
  if (right instanceof Failure) return right;
  if (left === null || left === undefined || right === null || right === undefined) return null;
  if (!isNumber(left)) return notNumber(operation, left);
  if (!isNumber(right)) return notNumber(operation, right);
  const divides = operation === '/' || operation === '%';
  if (divides && (right instanceof Decimal ? right.isZero() : Number(right) === 0)) {
    return new Failure({ code: 'ExternalEvalException', params: { reason: 'division by zero' } });
  }
  if (typeof left === 'number' || typeof right === 'number') return calculateFloats(operation, toFloat(left), toFloat(right));
  if (typeof left === 'bigint' && typeof right === 'bigint') return calculateInts(operation, left, right);
  return calculateDecimals(operation, toDecimal(left), toDecimal(right));
}

/** `-value`. */
export function negate(value: SqlValue): SqlValue {
  if (value === null || value === undefined) return null;
  if (value instanceof Failure) return value;
  if (typeof value === 'bigint') return inRange(-value);
  if (typeof value === 'number') return -value;
  return value instanceof Decimal ? value.negate() : notNumber('-', value);
}

/** `left || right`: text only, at most `text_units_max` long (ColumnTooLong). */
export function concatenate(left: SqlValue, right: SqlValue): SqlValue {
  if (left instanceof Failure) return left;
  if (right instanceof Failure) return right;
  if (left === null || left === undefined || right === null || right === undefined) return null;
  if (typeof left !== 'string' || typeof right !== 'string') {
    const type = typeNameOf(typeof left === 'string' ? right : left);
    return new Failure({ code: 'ExternalEvalException', params: { reason: `|| takes text, got ${type}` } });
  }
  if (left.length + right.length > limits.text_units_max) {
    return new Failure({ code: 'ColumnTooLong', params: { bytes_max: limits.text_units_max } });
  }
  return left + right;
}

/** The integer, or IntegerOverflow beyond 64 bits. */
export function inRange(value: bigint): bigint | Failure {
  return BigInt.asIntN(64, value) === value ? value : new Failure({ code: 'IntegerOverflow', params: { value: value.toString() } });
}

type SqlNumber = bigint | number | Decimal;

function isNumber(value: SqlValue): value is SqlNumber {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof Decimal;
}

function toFloat(value: SqlNumber): number {
  return value instanceof Decimal ? value.toNumber() : Number(value);
}

function toDecimal(value: bigint | Decimal): Decimal {
  return typeof value === 'bigint' ? Decimal.fromBigint(value) : value;
}

function notNumber(operation: string, value: SqlValue): Failure {
  return new Failure({ code: 'ExternalEvalException', params: { reason: `${operation} takes numbers, got ${typeNameOf(value)}` } });
}

function calculateInts(operation: ArithmeticOperation, left: bigint, right: bigint): SqlValue {
  switch (operation) {
    case '+':
      return inRange(left + right);
    case '-':
      return inRange(left - right);
    case '*':
      return inRange(left * right);
    case '/':
      return inRange(left / right);
    case '%':
      return left % right;
  }
}

function calculateFloats(operation: ArithmeticOperation, left: number, right: number): number {
  switch (operation) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
  }
}

function calculateDecimals(operation: ArithmeticOperation, left: Decimal, right: Decimal): SqlValue {
  const result = decimalResult(operation, left, right);
  return result ?? new Failure({ code: 'NumberFormatError', params: { value: `${left.toText()} ${operation} ${right.toText()}` } });
}

function decimalResult(operation: ArithmeticOperation, left: Decimal, right: Decimal): Decimal | null {
  switch (operation) {
    case '+':
      return left.add(right);
    case '-':
      return left.sub(right);
    case '*':
      return left.mul(right);
    case '/':
      return left.div(right);
    case '%':
      return left.rem(right);
  }
}
