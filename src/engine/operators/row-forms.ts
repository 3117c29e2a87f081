/** The forms in which the ways of writing rows hand each other what they have. */
import type { WriteResult } from '../../kernels/kernels.ts';
import type { SqlValue } from '../../vector/value.ts';

/** Writes `count` selected rows from address `selection` on. */
export type KernelWrite = (selection: number, count: number, at: number, end: number) => WriteResult;

/** The columns of one whole record. */
export interface RecordMembers {
  readonly names: readonly string[];
  readonly values: readonly SqlValue[];
}
