/** The aggregate functions: what the binder knows them by, and what the documents say of them. */
import type { AggregateFunction } from '../plan.ts';
import type { Example } from './function.ts';

export interface AggregateEntry {
  readonly name: AggregateFunction;
  readonly parameter: 'any' | 'number';
  /** For the documents. */
  readonly returns: string;
  readonly doc: string;
  /** Each over its own values of a JSON member `x`, one a record. */
  readonly examples: readonly (Example & { readonly values: readonly string[] })[];
}

export const aggregates: readonly AggregateEntry[] = [
  {
    name: 'COUNT',
    parameter: 'any',
    returns: 'INT',
    doc: 'How many values are neither NULL nor MISSING; `COUNT(*)`: how many records.',
    examples: [
      { values: ['1', 'null', '1'], sql: 'COUNT(x)', result: '2' },
      { values: ['1', 'null', '1'], sql: 'COUNT(*)', result: '3' },
      { values: [], sql: 'COUNT(x)', result: '0' },
    ],
  },
  {
    name: 'SUM',
    parameter: 'number',
    returns: 'INT of INT, FLOAT where one is FLOAT, else DECIMAL',
    doc: 'The sum: exact for INT and DECIMAL, of FLOAT the same to the last bit whatever the number of threads.',
    examples: [
      { values: ['1', '2', 'null'], sql: 'SUM(x)', result: '3' },
      { values: ['0.1', '0.2'], sql: 'SUM(x)', result: '0.3' },
      { values: [], sql: 'SUM(x)', result: '' },
    ],
  },
  {
    name: 'AVG',
    parameter: 'number',
    returns: 'DECIMAL of INT and DECIMAL, FLOAT where one is FLOAT',
    doc: 'The mean of the values that are neither NULL nor MISSING.',
    examples: [
      { values: ['80', '81', 'null'], sql: 'AVG(x)', result: '80.5' },
      { values: ['1', '1', '2'], sql: 'AVG(x)', result: '1.3333333333333333333333333333333333333' },
    ],
  },
  {
    name: 'MIN',
    parameter: 'any',
    returns: 'the type of its argument',
    doc: 'The least value. CSV fields are compared as numbers if every one of them reads as a number, else as text.',
    examples: [
      { values: ['10', '9', 'null'], sql: 'MIN(x)', result: '9' },
      { values: ['"10"', '"9"'], sql: 'MIN(x)', result: '10' },
    ],
  },
  {
    name: 'MAX',
    parameter: 'any',
    returns: 'the type of its argument',
    doc: 'The greatest value, as MIN compares them.',
    examples: [
      { values: ['10', '9.5', 'null'], sql: 'MAX(x)', result: '10' },
      { values: [], sql: 'MAX(x)', result: '' },
    ],
  },
];
