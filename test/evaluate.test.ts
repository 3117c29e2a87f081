import fc from 'fast-check';
import t from 'tap';
import { compileExpression, filterRows } from '../src/engine/evaluate.ts';
import type { ArithmeticOperator, CompareOperator, Expression, StaticType } from '../src/sql/expression.ts';
import { toLiteral } from '../src/vector/literal.ts';
import { csvText, typeNameOf } from '../src/vector/text.ts';
import { Failure, type SqlValue } from '../src/vector/value.ts';
import { type Columns, type Selection, valueAt } from '../src/vector/vector.ts';

const context = { utcnow_ms: Date.UTC(2020, 0, 2, 3, 4, 5, 6) };
const failure = new Failure({ code: 'CastFailed', params: {} });
const shown = (value: SqlValue): string => (value instanceof Failure ? value.error.code : `${typeNameOf(value)} ${csvText(value)}`);

type Branch = Extract<Expression, { op: 'case' }>['branches'][number];

const literal = (value: SqlValue): Expression => ({ op: 'literal', value: toLiteral(value) });
const column = (slot: number, type: StaticType = 'any'): Expression => ({ op: 'column', slot, type });
const number = (operand: Expression, onText: 'keep' | 'fail' = 'keep'): Expression => ({ op: 'number', operand, onText });
const compare = (left: Expression, operator: CompareOperator, right: Expression): Expression => ({ op: 'compare', operator, left, right });
const arithmetic = (left: Expression, operator: ArithmeticOperator, right: Expression): Expression => ({
  op: 'arithmetic',
  operator,
  left,
  right,
});
const cast = (operand: Expression): Expression => ({ op: 'cast', operand, to: 'int' });
const not = (operand: Expression): Expression => ({ op: 'not', operand });
const logic = (op: 'and' | 'or', ...operands: Expression[]): Expression => ({ op, operands });
const branch = (when: Expression, then: Expression): Branch => ({ when, then });

/** A batch whose rows are the given records; it notes which rows were read of each column. Row r lies at byte 100 r. */
class Batch implements Columns {
  readonly rows: Selection;
  readonly reads: number[][] = [];
  private readonly records: readonly (readonly SqlValue[])[];

  constructor(records: readonly (readonly SqlValue[])[]) {
    this.records = records;
    this.rows = Uint32Array.from(records.keys());
  }

  read(slot: number, rows: Selection): { readonly kind: 'values'; readonly values: SqlValue[] } {
    this.reads[slot] = [...(this.reads[slot] ?? []), ...rows];
    return { kind: 'values', values: Array.from(rows, (row) => this.records[row]?.[slot]) };
  }

  offsetOf(row: number): number {
    return row * 100;
  }
}

function evaluate(expression: Expression, records: readonly (readonly SqlValue[])[]): SqlValue[] {
  const batch = new Batch(records);
  const vector = compileExpression(structuredClone(expression), context)(batch, batch.rows);
  return records.map((_, i) => valueAt(vector, i));
}

/** The value for one record. */
function resultOf(expression: Expression, ...record: SqlValue[]): SqlValue {
  return evaluate(expression, [record])[0];
}

const truth: readonly SqlValue[] = [true, false, null, undefined, failure, 5n];

t.test('truth tables', async (t) => {
  const rank = (value: SqlValue): string =>
    value instanceof Failure || value === 5n ? 'error' : value === null || value === undefined ? 'unknown' : String(value);
  const expected = (values: readonly SqlValue[], deciding: boolean): string => {
    const ranks = values.map(rank);
    return [String(deciding), 'error', 'unknown'].find((each) => ranks.includes(each)) ?? String(!deciding);
  };
  for (const left of truth) {
    t.equal(rank(resultOf(not(column(0)), left)), typeof left === 'boolean' ? String(!left) : rank(left));
    for (const right of truth) {
      for (const [op, deciding] of [
        ['and', false],
        ['or', true],
      ] as const) {
        const name = `${rank(left)} ${op} ${rank(right)}`;
        t.equal(rank(resultOf(logic(op, column(0), column(1)), left, right)), expected([left, right], deciding), name);
        t.equal(rank(resultOf(logic(op, constantOf(left), column(0)), right)), expected([left, right], deciding), name);
        t.equal(rank(resultOf(logic(op, constantOf(left), constantOf(right)))), expected([left, right], deciding), name);
        for (const third of truth) {
          const value = resultOf(logic(op, column(0), column(1), column(2)), left, right, third);
          t.equal(rank(value), expected([left, right, third], deciding));
        }
      }
    }
  }
});

t.test('the order of conjuncts changes nothing but which error is named', async () => {
  const conjunct = fc.constantFrom<Expression>(
    compare(number(column(0)), '>', literal(5n)),
    compare(cast(column(0)), '>', literal(5n)),
    compare(column(0), '<>', literal('')),
    compare(arithmetic(number(column(1), 'fail'), '+', literal(1n)), '=', literal(2n)),
    compare(arithmetic(literal(10n), '/', number(column(1), 'fail')), '<', literal(3n)),
    { op: 'is', operand: column(1), what: 'missing', negated: true },
    { op: 'in', operand: column(0), list: [literal('7'), column(1)], negated: false },
    { op: 'between', operand: cast(column(0)), low: literal(1n), high: number(column(1)), negated: true },
    logic('or', compare(cast(column(0)), '=', literal(7n)), compare(column(1), '=', literal('x'))),
    not(compare(cast(column(1)), '=', literal(1n))),
  );
  const field = fc.constantFrom<SqlValue>('', 'x', '1', '7', '0', undefined);
  const input = fc.record({
    op: fc.constantFrom('and' as const, 'or' as const),
    conjuncts: fc.array(conjunct, { minLength: 2, maxLength: 5 }),
  });
  const known = (value: SqlValue): SqlValue => (value instanceof Failure ? 'error' : value);
  fc.assert(
    fc.property(
      input.chain(({ op, conjuncts }) =>
        fc.record({
          op: fc.constant(op),
          conjuncts: fc.constant(conjuncts),
          shuffled: fc.shuffledSubarray(conjuncts, { minLength: conjuncts.length }),
        }),
      ),
      fc.array(fc.tuple(field, field), { maxLength: 12 }),
      ({ op, conjuncts, shuffled }, records) => {
        const results = evaluate(logic(op, ...conjuncts), records).map(known);
        const alone = records.map((record) => known(resultOf(logic(op, ...conjuncts), ...record)));
        const inOtherOrder = evaluate(logic(op, ...shuffled), records).map(known);
        return results.every((result, i) => result === inOtherOrder[i] && result === alone[i]);
      },
    ),
    { numRuns: 2000 },
  );
});

t.test('guards make casts safe', async (t) => {
  const guarded = logic('and', compare(column(0), '<>', literal('')), compare(cast(column(0)), '>', literal(5n)));
  t.strictSame(evaluate(guarded, [[''], ['6'], ['5'], [undefined]]), [false, true, false, null]);
  const caseGuard: Expression = {
    op: 'case',
    branches: [branch(compare(column(0), '=', literal('')), literal(null))],
    otherwise: cast(column(0)),
  };
  t.strictSame(evaluate(caseGuard, [[''], ['6']]), [null, 6n]);
});

t.test('operands are evaluated for the rows that still need them', async (t) => {
  const batch = new Batch([
    [true, 'a'],
    [false, 'b'],
    [null, 'c'],
    [true, null],
  ]);
  const run = (expression: Expression): SqlValue[] => {
    batch.reads.length = 0;
    const vector = compileExpression(expression, context)(batch, batch.rows);
    return Array.from(batch.rows, (_, i) => valueAt(vector, i));
  };
  t.strictSame(run(logic('and', column(0), compare(column(1), '=', literal('a')))), [true, false, false, null]);
  t.strictSame(batch.reads[1], [0, 2, 3]);
  run(logic('or', column(0), compare(column(1), '=', literal('a'))));
  t.strictSame(batch.reads[1], [1, 2]);
  t.strictSame(run({ op: 'case', branches: [branch(column(0), column(1))], otherwise: literal('else') }), ['a', 'else', 'else', null]);
  t.strictSame(batch.reads[1], [0, 3]);
  t.strictSame(run({ op: 'call', name: 'COALESCE', args: [column(1), column(0), literal(7n)] }), ['a', 'b', 'c', true]);
  t.strictSame(batch.reads[0], [3]);
});

t.test('untyped fields against numbers', async (t) => {
  const fields: [SqlValue][] = [['7'], [' 7.0 '], ['5'], ['1e1'], [''], ['x'], [undefined]];
  const seven = literal(7n);
  t.strictSame(evaluate(compare(number(column(0)), '=', seven), fields), [true, true, false, false, null, false, null]);
  t.strictSame(evaluate(compare(number(column(0)), '<>', seven), fields), [false, false, true, true, null, true, null]);
  t.strictSame(evaluate(compare(number(column(0)), '<', seven), fields), [false, false, true, false, null, false, null]);
  t.strictSame(evaluate(compare(seven, '<', number(column(0))), fields), [false, false, false, true, null, false, null]);
  t.strictSame(evaluate(not(compare(number(column(0)), '<', seven)), fields), [true, true, false, true, null, true, null]);
  const between: Expression = { op: 'between', operand: number(column(0)), low: literal(6n), high: literal(8), negated: false };
  t.strictSame(evaluate(between, fields), [true, true, false, false, null, false, null]);
  t.strictSame(evaluate({ ...between, negated: true }, fields), [false, false, true, true, null, true, null]);
  t.same(evaluate(arithmetic(number(column(0), 'fail'), '+', literal(1n)), fields).map(shown), [
    'INT 8',
    'DECIMAL 8.0',
    'INT 6',
    'FLOAT 11.0',
    'NULL ',
    'CastFailed',
    'NULL ',
  ]);
  t.equal(shown(resultOf(compare(column(0, 'string'), '<', seven), 'x')), 'ExternalEvalException', 'text that is not untyped');
  t.equal(resultOf(compare(column(0, 'any'), '<', seven), 'x'), false, 'the data decide the type');
});

t.test('failures of data name the byte offset of their row', async (t) => {
  const values = evaluate(arithmetic(number(column(0), 'fail'), '+', literal(1n)), [['1'], ['x']]);
  t.same(values[1], new Failure({ code: 'CastFailed', params: { from: 'STRING', to: 'NUMERIC', value: 'x', offset: 100 } }));
  t.same(
    resultOf(not(column(0)), new Failure({ code: 'CastFailed', params: { offset: 7 } })),
    new Failure({ code: 'CastFailed', params: { offset: 7 } }),
  );
  const constantFailure = compileExpression(arithmetic(literal(1n), '/', literal(0n)), context)(new Batch([[]]), Uint32Array.of(0));
  t.match(constantFailure, { kind: 'constant', value: { error: { code: 'ExternalEvalException' } } });
  t.notMatch(constantFailure, { value: { error: { params: { offset: Number } } } }, 'a constant lies nowhere in the data');
});

t.test('IN', async (t) => {
  const within = (operand: SqlValue, ...list: SqlValue[]): SqlValue => {
    const expression: Expression = { op: 'in', operand: column(0), list: list.map(constantOf), negated: false };
    const value = resultOf(expression, operand);
    const columns: Expression = { ...expression, list: list.map((_, i) => column(i + 1)) };
    t.equal(shown(resultOf(columns, operand, ...list)), shown(value), 'of columns');
    t.same(resultOf({ ...expression, negated: true }, operand), typeof value === 'boolean' ? !value : value, 'NOT IN');
    return value;
  };
  t.equal(within(1n, 2n, 1n), true);
  t.equal(within(1n, 'a', 1.0), true);
  t.equal(within(1, 1n), true);
  t.equal(within('a', 'b', 'a'), true);
  t.equal(within('1', 1n), false);
  t.equal(within(1n, null), false);
  t.equal(within(null, 1n), false);
  t.equal(within(null, 1n, null), true);
  t.equal(within(1n, failure, 1n), true);
  t.equal(shown(within(2n, failure, 1n)), 'CastFailed');
  t.equal(shown(within(failure, 1n)), 'CastFailed');
});

t.test('BETWEEN', async (t) => {
  const between = (...values: [SqlValue, SqlValue, SqlValue]): string =>
    shown(
      resultOf({ op: 'between', operand: column(0, 'int'), low: column(1, 'string'), high: column(2, 'int'), negated: false }, ...values),
    );
  t.equal(between(5n, 5n, 5n), 'BOOL true');
  t.equal(between(5n, 6n, 7n), 'BOOL false');
  t.equal(between('b', 'a', 'c'), 'BOOL true');
  t.equal(between(5n, 1n, null), 'NULL ');
  t.equal(between(5n, 6n, null), 'NULL ');
  t.equal(between(undefined, 6n, 7n), 'NULL ');
  t.equal(between(5n, 'a', 7n), 'ExternalEvalException');
  t.equal(between(5n, 'a', 4n), 'BOOL false', 'the other half is FALSE');
  t.equal(between(5n, failure, null), 'CastFailed');
});

t.test('LIKE', async (t) => {
  const like = (escapeCharacter: Expression | null = null): Expression => ({
    op: 'like',
    operand: column(0),
    pattern: column(1),
    escape: escapeCharacter,
    negated: false,
  });
  t.strictSame(
    evaluate(like(), [
      ['abc', 'a%'],
      ['abc', 'b%'],
      ['abc', null],
      [undefined, '%'],
    ]),
    [true, false, null, null],
  );
  t.equal(shown(resultOf(like(), 1n, '%')), 'LikeInvalidInputs');
  t.equal(shown(resultOf(like(), 'a', 1n)), 'LikeInvalidInputs');
  t.equal(shown(resultOf(like(), 1n, null)), 'NULL ');
  t.equal(shown(resultOf(like(), failure, null)), 'CastFailed');
  t.equal(resultOf(like(literal('!')), 'a%', 'a!%'), true);
  t.equal(shown(resultOf(like(literal('!')), 'a%', 'a!b')), 'EvaluatorLikePatternInvalidEscapeSequence');
  t.equal(shown(resultOf(like(literal(null)), 'a%', 'a!b')), 'NULL ');
  const fixed: Expression = { op: 'like', operand: column(0), pattern: literal('_b%'), escape: null, negated: true };
  t.same(evaluate(fixed, [['abc'], ['bbc'], ['b'], [null], [5n], [failure]]).map(shown), [
    'BOOL false',
    'BOOL false',
    'BOOL true',
    'NULL ',
    'LikeInvalidInputs',
    'CastFailed',
  ]);
});

t.test('IS', async (t) => {
  const is = (what: Extract<Expression, { op: 'is' }>['what'], negated = false): Expression => ({
    op: 'is',
    operand: column(0),
    what,
    negated,
  });
  const values: [SqlValue][] = [[null], [undefined], [''], [true], [1n], [1]];
  t.strictSame(evaluate(is('null'), values), [true, true, false, false, false, false]);
  t.strictSame(evaluate(is('missing'), values), [false, true, false, false, false, false]);
  t.strictSame(evaluate(is('missing', true), values), [true, false, true, true, true, true]);
  t.strictSame(evaluate(is('true'), values), [false, false, false, true, false, false]);
  t.strictSame(evaluate(is('false'), values), [false, false, false, false, false, false]);
  t.strictSame(evaluate(is('string'), values), [false, false, true, false, false, false]);
  t.strictSame(evaluate(is('int'), values), [false, false, false, false, true, false]);
  t.strictSame(evaluate(is('float'), values), [false, false, false, false, false, true]);
  t.equal(shown(resultOf(is('null'), failure)), 'CastFailed');
});

t.test('CASE', async (t) => {
  const choice: Expression = {
    op: 'case',
    branches: [branch(column(0), literal('first')), branch(column(1), literal('second'))],
    otherwise: literal('else'),
  };
  const run = (...record: SqlValue[]): string => shown(resultOf(choice, ...record));
  t.equal(run(true, failure), 'STRING first');
  t.equal(run(null, true), 'STRING second');
  t.equal(run(false, undefined), 'STRING else');
  t.equal(run(failure, true), 'CastFailed');
  t.equal(run(5n, true), 'ExternalEvalException');
});

t.test('functions of the registry', async (t) => {
  const call = (name: string, ...args: Expression[]): Expression => ({ op: 'call', name, args });
  t.same(evaluate(call('UPPER', column(0)), [['a'], [null], [undefined], [failure]]).map(shown), [
    'STRING A',
    'NULL ',
    'NULL ',
    'CastFailed',
  ]);
  t.same(evaluate(call('NULLIF', column(0), literal(1n)), [[1n], [2n], [null], [failure]]).map(shown), [
    'NULL ',
    'INT 2',
    'NULL ',
    'CastFailed',
  ]);
  t.strictSame(compileExpression(call('UPPER', literal('a')), context)(new Batch([]), new Uint32Array()), { kind: 'constant', value: 'A' });
});

t.test('constants are computed once and stay constants', async (t) => {
  const batch = new Batch([['a'], ['b']]);
  for (const [expression, expected] of [
    [arithmetic(literal(1n), '+', literal(2n)), 3n],
    [logic('and', literal(true), literal(true)), true],
    [{ op: 'call', name: 'COALESCE', args: [literal(null), literal(5n)] }, 5n],
    [{ op: 'case', branches: [branch(literal(true), literal(1n))], otherwise: literal(2n) }, 1n],
    [{ op: 'concat', left: literal('a'), right: literal('b') }, 'ab'],
    [{ op: 'negate', operand: literal(1n) }, -1n],
  ] as [Expression, SqlValue][]) {
    t.strictSame(compileExpression(expression, context)(batch, batch.rows), { kind: 'constant', value: expected });
  }
  const now = compileExpression({ op: 'call', name: 'UTCNOW', args: [] }, context)(batch, batch.rows);
  t.equal(now.kind === 'constant' && csvText(now.value), '2020-01-02T03:04:05.006Z');
  const ratio = arithmetic({ op: 'aggregate', index: 0 }, '/', { op: 'aggregate', index: 1 });
  t.strictSame(compileExpression(ratio, { ...context, aggregates: [7n, 2n] })(batch, new Uint32Array()), { kind: 'constant', value: 3n });
});

t.test('filterRows', async (t) => {
  const batch = new Batch([[true], [false], [null], [undefined], [true], [5n], [true]]);
  const condition = compileExpression(column(0), context);
  t.strictSame(filterRows(condition, batch, batch.rows.subarray(0, 5)), { selection: Uint32Array.of(0, 4), failure: null });
  t.match(filterRows(condition, batch, batch.rows), {
    selection: Uint32Array.of(0, 4),
    failure: { row: 5, error: { code: 'ExternalEvalException', params: { offset: 500 } } },
  });
  t.strictSame(filterRows(condition, batch, Uint32Array.of(6)), { selection: Uint32Array.of(6), failure: null });
  t.strictSame(filterRows(condition, batch, new Uint32Array()), { selection: new Uint32Array(), failure: null });
  const failing = new Batch([[true], [failure], [true]]);
  t.match(filterRows(condition, failing, failing.rows), {
    selection: Uint32Array.of(0),
    failure: { row: 1, error: { code: 'CastFailed' } },
  });
  const all = compileExpression(literal(true), context);
  t.equal(filterRows(all, batch, batch.rows).selection, batch.rows, 'nothing is copied where every row stays');
});

/** A constant of any kind: literals hold no failures, so those are computed. */
function constantOf(value: SqlValue): Expression {
  return value instanceof Failure ? cast(literal('x')) : literal(value);
}
