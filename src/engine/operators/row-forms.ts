/** The forms in which the ways of writing rows hand each other what they have. */
import type { ErrorValue } from '../../base/errors.ts';
import type { WriteResult } from '../../kernels/kernels.ts';
import type { SqlValue } from '../../vector/value.ts';

/** Writes `count` selected rows from address `selection` on. */
export type KernelWrite = (selection: number, count: number, at: number, end: number) => WriteResult;

/** The rows of a batch that a kernel can write, and the error of the row behind them. */
export interface TypedRows {
  readonly write: KernelWrite;
  readonly rows: number;
  readonly error: ErrorValue | null;
}

/** The columns of one whole record. */
export interface RecordMembers {
  readonly names: readonly string[];
  readonly values: readonly SqlValue[];
}
