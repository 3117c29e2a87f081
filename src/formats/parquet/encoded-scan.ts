/** A request over a Parquet schema made ready on a thread: which leaves its slots read, and its predicates with their constants. */
import type { ThreadKernels } from '../../kernels/load.ts';
import type { PathStep } from '../../vector/path.ts';
import type { ScanRequest } from '../scan.ts';
import { type ColumnTest, columnTest } from './column-test.ts';
import { nodeOf } from './columns.ts';
import type { ParquetNode, ParquetSchema } from './metadata.ts';
import { type Pruning, pruningOf } from './prune.ts';

export type EncodedSlot =
  /** A value of its own in each row. */
  | { readonly kind: 'flat'; readonly leaf: number }
  /** A list, a group or a map, as JSON; `rest` leads on inside of it. */
  | { readonly kind: 'nested'; readonly node: ParquetNode; readonly rest: readonly PathStep[] };

export interface EncodedScan {
  readonly schema: ParquetSchema;
  readonly slots: readonly EncodedSlot[];
  readonly tests: readonly { readonly leaf: number; readonly slot: number; readonly test: ColumnTest }[];
  /** What indexes can say of the predicates. */
  readonly prunings: readonly Pruning[];
  /** Some predicate is left to the filter. */
  readonly undecided: boolean;
  /** By slot: it was loaded, so it will be again. A column that is only tested never is. */
  readonly used: boolean[];
}

export function encodeScan(thread: ThreadKernels, schema: ParquetSchema, { columns, predicates }: ScanRequest): EncodedScan {
  const slots = columns.map((column): EncodedSlot => {
    const { node, rest } = nodeOf(schema, column);
    return node.kind === 'leaf' && rest.length === 0 ? { kind: 'flat', leaf: node.leaf } : { kind: 'nested', node, rest };
  });
  const tests = predicates.flatMap((predicate) => {
    const slot = slots[predicate.slot]!;
    const test = slot.kind === 'flat' ? columnTest(thread, predicate, schema.leaves[slot.leaf]!) : null;
    return slot.kind === 'nested' || test === null ? [] : [{ leaf: slot.leaf, slot: predicate.slot, test }];
  });
  const tested = new Set(predicates.map(({ slot }) => slot));
  return {
    schema,
    slots,
    tests,
    prunings: pruningOf(schema, columns, predicates),
    undecided: tests.length < predicates.length,
    used: slots.map((_, slot) => !tested.has(slot)),
  };
}
