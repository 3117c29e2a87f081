/** A plan as text for people: what the scan answers and with which kernel, what is left for afterwards. */

import { orderOf } from '../vector/compare.ts';
import type { LikePattern } from '../vector/like.ts';
import { fromLiteral } from '../vector/literal.ts';
import type { Literal } from '../vector/value.ts';
import { columnText, expressionText, literalText, pathText, refText, stringText } from './explain-expression.ts';
import { nextDown, nextUp } from './optimize/doubles.ts';
import type { Aggregate, ColumnRef, Plan, ScanPredicate } from './plan.ts';

/**
 * The plan, one line for each thing that is done, in the order it is done. `notes`: lines on what is read of an object that is
 * known. Ends with a line feed.
 */
export function explain(plan: Plan, notes: readonly string[] = []): string {
  const lines = plan.empty
    ? ['scan       nothing: the condition is never true']
    : [
        ...(plan.source.length === 0 ? [] : [`records    S3Object[*]${pathText(plan.source)}`]),
        `scan       ${columnsRead(plan)}`,
        ...plan.predicates.map((predicate) => `  kernel   ${kernelNames[predicate.kind]}: ${predicateText(predicate, plan)}`),
        ...notes,
        ...(plan.residual === null ? [] : [`filter     ${expressionText(plan.residual, plan.columns)}`]),
      ];
  const limit = plan.limit === null ? [] : [`limit      ${plan.limit} ${plan.limit === 1 ? 'row' : 'rows'}`];
  return `${[...lines, ...outputLines(plan), ...limit].join('\n')}\n`;
}

const kernelNames: Readonly<Record<ScanPredicate['kind'], string>> = {
  number: 'number range',
  text: 'text range',
  like: 'like',
  in: 'in',
  present: 'present',
  range: 'range',
  member: 'in',
  null: 'null',
};

function columnsRead({ columns, projection }: Plan): string {
  const named = columns.map(columnRead);
  const whole = projection.kind === 'rows' && projection.items.some(({ kind }) => kind === 'record');
  if (named.length === 0) return whole ? 'whole records' : 'no columns, records are counted';
  return `${named.length === 1 ? 'column' : 'columns'} ${named.join(', ')}${whole ? ', and whole records' : ''}`;
}

function columnRead(column: ColumnRef): string {
  const { name, position, path } = column;
  return position === null || path !== null || name === `_${position + 1}` ? refText(column) : `${columnText(name)} (_${position + 1})`;
}

function outputLines({ projection, columns }: Plan): readonly string[] {
  if (projection.kind === 'aggregation') {
    const aggregates = projection.aggregates.map((aggregate, index) => `aggregate  #${index + 1} = ${aggregateText(aggregate, columns)}`);
    const items = projection.items.map(({ name, expression }) => `${expressionText(expression, columns)} AS ${columnText(name)}`);
    return [...aggregates, `project    ${items.join(', ')}`];
  }
  const [only] = projection.items;
  if (only?.kind === 'record' && projection.items.length === 1) return ['project    record gather: fields as they are'];
  const gather = projection.items.every((item) => item.kind === 'record' || item.expression.op === 'column');
  const items = projection.items.map((item) =>
    item.kind === 'record' ? '*' : `${expressionText(item.expression, columns)} AS ${columnText(item.name)}`,
  );
  return [`project    ${gather ? 'column gather: ' : ''}${items.join(', ')}`];
}

function aggregateText({ function: name, argument }: Aggregate, columns: Plan['columns']): string {
  return `${name}(${argument === null ? '*' : expressionText(argument, columns)})`;
}

function predicateText(predicate: ScanPredicate, { columns }: Plan): string {
  const column = columns[predicate.slot] ?? null;
  const name = refText(column);
  const negated = predicate.negated ? 'NOT ' : '';
  switch (predicate.kind) {
    case 'present':
      // why: the fields of CSV are never NULL, only absent; in JSON null is a value
      return `${name} IS ${predicate.negated ? '' : 'NOT '}${column?.path ? 'MISSING' : 'NULL'}`;
    case 'in':
      return `${name} ${negated}IN (${predicate.values.slice(0, 10).map(stringText).join(', ')}${predicate.values.length > 10 ? ', …' : ''})`;
    case 'null':
      return `${name} IS ${negated}NULL`;
    case 'member':
      return `${name} ${negated}IN (${predicate.values.slice(0, 10).map(literalText).join(', ')}${predicate.values.length > 10 ? ', …' : ''})`;
    case 'range':
      // why: what a constant of another type says of a column may be all of its values, or none
      if (predicate.low === null && predicate.high === null) return isSome(name, !predicate.negated);
      if (isEmpty(predicate.low, predicate.high)) return isSome(name, predicate.negated);
      return rangeText(name, predicate.negated, {
        low: predicate.low === null ? null : literalText(predicate.low),
        high: predicate.high === null ? null : literalText(predicate.high),
        lowStrict: !predicate.lowInclusive,
        highStrict: !predicate.highInclusive,
      });
    case 'like':
      return `${name} ${negated}LIKE ${patternText(predicate.pattern)}`;
    case 'text':
      return rangeText(name, predicate.negated, {
        low: predicate.low === null ? null : stringText(predicate.low),
        high: predicate.high === null ? null : stringText(predicate.high),
        lowStrict: !predicate.lowInclusive,
        highStrict: !predicate.highInclusive,
      });
    case 'number':
      return rangeText(`${name} as ${predicate.reading}`, predicate.negated, {
        ...shownBounds(predicate.low, predicate.high),
      });
  }
}

function isSome(name: string, some: boolean): string {
  return some ? `${name} IS NOT NULL` : `no value of ${name}`;
}

function isEmpty(low: Literal | null, high: Literal | null): boolean {
  return low !== null && high !== null && (orderOf(fromLiteral(low), fromLiteral(high)) ?? 0) > 0;
}

interface Range {
  readonly low: string | null;
  readonly high: string | null;
  readonly lowStrict: boolean;
  readonly highStrict: boolean;
}

function rangeText(name: string, negated: boolean, { low, high, lowStrict, highStrict }: Range): string {
  if (low !== null && low === high && !lowStrict && !highStrict) return `${name} ${negated ? '<>' : '='} ${low}`;
  const above = low === null ? [] : [`${name} ${lowStrict ? '>' : '>='} ${low}`];
  const below = high === null ? [] : [`${name} ${highStrict ? '<' : '<='} ${high}`];
  const text = [...above, ...below].join(' AND ');
  return negated ? `NOT (${text})` : text;
}

/** A bound one step beside a shorter number was written as a strict comparison with that number. */
function shownBounds(low: number, high: number): Range {
  const lowStrict = Number.isFinite(low) && digitsOf(nextDown(low)) < digitsOf(low);
  const highStrict = Number.isFinite(high) && digitsOf(nextUp(high)) < digitsOf(high);
  return {
    low: low === -Infinity ? null : String(lowStrict ? nextDown(low) : low),
    high: high === Infinity ? null : String(highStrict ? nextUp(high) : high),
    lowStrict,
    highStrict,
  };
}

function digitsOf(value: number): number {
  return String(value).length;
}

/** A pattern that reads as this one; the character that escapes its literal wildcards need not be the query's own. */
function patternText(pattern: LikePattern): string {
  const literal = pattern.some((piece) => typeof piece === 'object' && /[%_]/.test(piece.text));
  const pieces = pattern.map((piece) => {
    if (typeof piece === 'object') return literal ? piece.text.replace(/[%_!]/g, '!$&') : piece.text;
    return piece === 'any-one' ? '_' : '%';
  });
  return `${stringText(pieces.join(''))}${literal ? " ESCAPE '!'" : ''}`;
}
