/** COALESCE and NULLIF. */
import { toleratedEquals } from '../../vector/compare.ts';
import type { FunctionEntry } from './function.ts';

export const conditionalFunctions: readonly FunctionEntry[] = [
  {
    name: 'COALESCE',
    aliases: [],
    parameters: [{ name: 'value', type: 'any', variadic: true }],
    returns: 'the common type of the arguments',
    nulls: 'see-all',
    kernel: null,
    doc: 'The first argument that is neither NULL nor MISSING, else NULL. Arguments after it are not evaluated.',
    examples: [
      { sql: 'COALESCE(NULL, MISSING, 1)', result: '1' },
      { sql: 'COALESCE(NULL)', result: '' },
    ],
  },
  {
    name: 'NULLIF',
    aliases: [],
    parameters: [
      { name: 'value', type: 'any' },
      { name: 'unwanted', type: 'any' },
    ],
    returns: 'the type of the first argument',
    nulls: 'see-all',
    kernel:
      () =>
      ([value, unwanted]) =>
        toleratedEquals(value, unwanted) ? null : (value ?? null),
    doc: 'NULL if both are equal, else the first. A number equals the same number of another type.',
    examples: [
      { sql: 'NULLIF(1.0, 1)', result: '' },
      { sql: "NULLIF(1, '1')", result: '1' },
      { sql: 'NULLIF(1, NULL)', result: '1' },
      { sql: 'NULLIF(MISSING, NULL)', result: '' },
    ],
  },
];
