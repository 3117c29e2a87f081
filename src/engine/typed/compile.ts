/**
 * The fast half of evaluation: expressions over text, numbers and timestamps whose types are known, compiled to nodes that
 * work on whole columns in the memory of the thread. Every row they decide has exactly the value the general evaluator gives
 * it; rows they cannot decide are in doubt and left to it.
 */
import { SelectError } from '../../base/errors.ts';
import type { Expression } from '../../sql/expression.ts';
import { type LikePattern, parseLikePattern } from '../../vector/like.ts';
import { fromLiteral } from '../../vector/literal.ts';
import { Timestamp } from '../../vector/timestamp.ts';
import type { Literal } from '../../vector/value.ts';
import { calculateNumbers, castNumbers, constantNode, inNumbers, negateNumbers, readNumbers } from './arithmetic.ts';
import { typedColumn } from './column.ts';
import { between, comparison } from './comparison.ts';
import type { TypedKind } from './frame.ts';
import { caseWhen, coalesce, inDoubt, isState, logic, not, nullIf } from './logic.ts';
import type { Machine, TypedNode } from './node.ts';
import { fromValue } from './number.ts';
import { changeCase, concatTexts, inTexts, likeText, substringText, textColumn, textConstant, textLength, trimText } from './text.ts';
import { difference, extract, fromTimestamp, readTimes, type TimeField, type TimeUnit } from './time.ts';

type Of<Op extends Expression['op']> = Extract<Expression, { op: Op }>;

/** The node of an expression, or null where it has none, or would need more frames than there are. */
export function compileTyped(expression: Expression, machine: Machine): TypedNode | null {
  const node = new Compiler(machine).compile(expression);
  return node === null || node.kind === 'null' || node.frames > machine.frames.length ? null : node;
}

class Compiler {
  readonly #machine: Machine;
  /** Parts that stand more than once in a plan are compiled once. */
  readonly #known = new Map<Expression, TypedNode | null>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  compile(expression: Expression): TypedNode | null {
    let node = this.#known.get(expression);
    if (node === undefined) {
      node = this.#compile(expression);
      this.#known.set(expression, node);
    }
    return node;
  }

  #compile(expression: Expression): TypedNode | null {
    const machine = this.#machine;
    switch (expression.op) {
      case 'literal':
        return this.#literal(expression.value);
      case 'column':
        if (expression.type === 'untyped') return textColumn(machine, expression.slot);
        // A field of JSON is a token: where it is no number, the row is in doubt.
        if (expression.type === 'any') return readNumbers(machine, textColumn(machine, expression.slot), 'untyped');
        return typedColumn(machine, expression.slot, expression.type);
      case 'number': {
        const operand = this.compile(expression.operand);
        return operand?.kind === 'text' ? readNumbers(machine, operand, 'untyped') : null;
      }
      case 'negate':
        return this.#unary(expression.operand, 'number', (operand) => negateNumbers(machine, operand));
      case 'arithmetic':
        return this.#binary(expression.left, expression.right, 'number', (a, b) => calculateNumbers(machine, expression.operator, a, b));
      case 'concat':
        return this.#binary(expression.left, expression.right, 'text', (a, b) => concatTexts(machine, a, b));
      case 'compare':
        return this.#comparison(expression.operator, expression.left, expression.right);
      case 'not':
        return this.#unary(expression.operand, 'truth', (operand) => not(machine, operand));
      case 'and':
      case 'or':
        return this.#logic(expression.op, expression.operands);
      case 'between':
        return this.#between(expression);
      case 'in':
        return this.#membership(expression);
      case 'like':
        return this.#like(expression);
      case 'is':
        return this.#test(expression);
      case 'cast':
        return this.#cast(expression);
      case 'case':
        return this.#case(expression);
      case 'call':
        return this.#call(expression);
      default:
        return null;
    }
  }

  #literal(literal: Literal): TypedNode | null {
    if (literal.type === 'null') return nullNode;
    const value = fromLiteral(literal);
    if (typeof value === 'string') return textConstant(this.#machine, value);
    const isTime = value instanceof Timestamp;
    const held = isTime ? fromTimestamp(value) : fromValue(value);
    return held === null ? null : constantNode(this.#machine, isTime ? 'time' : 'number', held);
  }

  #unary(operand: Expression, kind: TypedKind, make: (operand: TypedNode) => TypedNode | null): TypedNode | null {
    const node = this.compile(operand);
    return node?.kind === kind ? make(node) : null;
  }

  #binary(left: Expression, right: Expression, kind: TypedKind, make: (left: TypedNode, right: TypedNode) => TypedNode): TypedNode | null {
    const a = this.compile(left);
    const b = this.compile(right);
    return a?.kind === kind && b?.kind === kind ? make(a, b) : null;
  }

  #comparison(operator: Of<'compare'>['operator'], left: Expression, right: Expression): TypedNode | null {
    const a = this.compile(left);
    const b = this.compile(right);
    if (a === null || a.kind !== b?.kind) return null;
    return isComparable(a) ? comparison(this.#machine, operator, a, b) : null;
  }

  /** Operands without a node leave the rows that the others do not decide in doubt. */
  #logic(op: 'and' | 'or', operands: readonly Expression[]): TypedNode | null {
    const nodes = operands.map((operand) => this.compile(operand)).filter((node) => node?.kind === 'truth') as TypedNode[];
    if (nodes.length === 0) return null;
    return logic(this.#machine, op, nodes.length === operands.length ? nodes : [...nodes, inDoubt(this.#machine, 'truth')]);
  }

  #between({ operand, low, high, negated }: Of<'between'>): TypedNode | null {
    const nodes = [operand, low, high].map((part) => this.compile(part));
    const [value, least, most] = nodes;
    if (!value || !least || !most || !isComparable(value) || least.kind !== value.kind || most.kind !== value.kind) return null;
    const node = between(this.#machine, value, least, most);
    return negated ? not(this.#machine, node) : node;
  }

  #membership({ operand, list, negated }: Of<'in'>): TypedNode | null {
    const node = this.compile(operand);
    const literals: Literal[] = [];
    for (const item of list) {
      if (item.op !== 'literal' || item.value.type === 'null' || item.value.type === 'missing') return null;
      literals.push(item.value);
    }
    // why: values of another type are unequal to all of them
    if (node?.kind === 'text') {
      const texts = literals.flatMap((literal) => (literal.type === 'string' ? [literal.text] : []));
      return inTexts(this.#machine, node, texts, negated);
    }
    if (node?.kind !== 'number') return null;
    const numbers = literals
      .map(fromLiteral)
      .filter((value) => typeof value !== 'string' && typeof value !== 'boolean' && !(value instanceof Timestamp));
    return inNumbers(this.#machine, node, numbers, negated);
  }

  #like({ operand, pattern, escape: escapeCharacter, negated }: Of<'like'>): TypedNode | null {
    const text = stringOf(pattern);
    const escapeText = escapeCharacter === null ? null : stringOf(escapeCharacter);
    if (text === undefined || escapeText === undefined) return null;
    const pieces = patternOf(text, escapeText);
    return pieces === null ? null : this.#unary(operand, 'text', (node) => likeText(this.#machine, node, pieces, negated));
  }

  #test({ operand, what, negated }: Of<'is'>): TypedNode | null {
    const node = this.compile(operand);
    if (node === null || node.kind === 'null') return null;
    const isTruth = node.kind === 'truth';
    if (what !== 'null' && what !== 'missing' && !(isTruth && (what === 'true' || what === 'false'))) return null;
    return isState(this.#machine, node, what, negated);
  }

  #cast({ operand, to }: Of<'cast'>): TypedNode | null {
    const machine = this.#machine;
    const node = this.compile(operand);
    const { kind } = node ?? nullNode;
    if (node === null || (kind === 'text' && to === 'string') || (kind === 'time' && to === 'timestamp')) return node;
    if (kind === 'text' && to === 'timestamp') return readTimes(machine, node);
    if (to !== 'int' && to !== 'float' && to !== 'decimal') return null;
    if (kind === 'text') return readNumbers(machine, node, to);
    return kind === 'number' ? castNumbers(machine, node, to) : null;
  }

  #case({ branches, otherwise }: Of<'case'>): TypedNode | null {
    const conditions = branches.map(({ when }) => this.compile(when));
    const results = [...branches.map(({ then }) => then), otherwise].map((result) => this.compile(result));
    const kind = commonKind(results);
    if (kind === null || conditions.some((node) => node?.kind !== 'truth')) return null;
    const typed = branches.map((_, index) => ({ when: conditions[index]!, result: results[index] ?? inDoubt(this.#machine, kind) }));
    return caseWhen(this.#machine, kind, typed, results[branches.length] ?? inDoubt(this.#machine, kind));
  }

  #call({ name, args }: Of<'call'>): TypedNode | null {
    const machine = this.#machine;
    const [first, second, third] = args;
    switch (name) {
      case 'COALESCE': {
        const nodes = args.map((arg) => this.compile(arg));
        const kind = commonKind(nodes);
        return kind === null
          ? null
          : coalesce(
              machine,
              kind,
              nodes.map((node) => node ?? inDoubt(machine, kind)),
            );
      }
      case 'NULLIF': {
        const value = this.compile(first!);
        const equal = this.#comparison('=', first!, second!);
        return value === null || equal === null ? null : nullIf(machine, value, equal);
      }
      case 'UPPER':
      case 'LOWER':
        return this.#unary(first!, 'text', (node) => changeCase(machine, node, name === 'UPPER'));
      case 'CHAR_LENGTH':
        return this.#unary(first!, 'text', (node) => textLength(machine, node));
      case 'SUBSTRING':
        return this.#substring(first!, second!, third);
      case 'TRIM': {
        const side = stringOf(first!);
        const characters = stringOf(second!);
        if (side === undefined || characters === undefined) return null;
        return this.#unary(third!, 'text', (node) => trimText(machine, node, characters, side !== 'TRAILING', side !== 'LEADING'));
      }
      case 'EXTRACT': {
        const field = stringOf(first!);
        const time = this.#time(second!);
        return field === undefined || time === null ? null : extract(machine, field as TimeField, time);
      }
      case 'DATE_DIFF': {
        const unit = stringOf(first!);
        const from = this.#time(second!);
        const to = this.#time(third!);
        return unit === undefined || from === null || to === null ? null : difference(machine, unit as TimeUnit, from, to);
      }
      default:
        return null;
    }
  }

  #substring(text: Expression, start: Expression, length: Expression | undefined): TypedNode | null {
    const from = intOf(start);
    const count = length === undefined ? null : intOf(length);
    if (from === undefined || count === undefined || (count !== null && count < 0)) return null;
    return this.#unary(text, 'text', (node) => substringText(this.#machine, node, from, count));
  }

  /** An argument that is a timestamp: a field is read as one. */
  #time(expression: Expression): TypedNode | null {
    const node = this.compile(expression);
    if (node?.kind === 'text') return readTimes(this.#machine, node);
    return node?.kind === 'time' ? node : null;
  }
}

/** NULL: it is not run, but told apart by what it is a part of. */
const nullNode: TypedNode = { kind: 'null', frames: 1, run: () => undefined };

function isComparable({ kind }: TypedNode): boolean {
  return kind === 'text' || kind === 'number' || kind === 'time';
}

/** The kind of results that may come from any of several nodes; null where they differ or none is known. */
function commonKind(nodes: readonly (TypedNode | null)[]): TypedKind | null {
  let common: TypedKind | null = null;
  for (const node of nodes) {
    if (node === null || node.kind === 'null') continue;
    if (common !== null && common !== node.kind) return null;
    common = node.kind;
  }
  return common;
}

function stringOf(expression: Expression): string | undefined {
  return expression.op === 'literal' && expression.value.type === 'string' ? expression.value.text : undefined;
}

function intOf(expression: Expression): number | undefined {
  return expression.op === 'literal' && expression.value.type === 'int' ? Number(expression.value.value) : undefined;
}

/** Null for an invalid pattern: its error is that of each row. */
function patternOf(text: string, escapeText: string | null): LikePattern | null {
  try {
    return parseLikePattern(text, escapeText);
  } catch (error) {
    if (error instanceof SelectError) return null;
    throw error;
  }
}
