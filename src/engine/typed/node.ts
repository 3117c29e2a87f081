/** What typed expressions are put together from. */
import { limits } from '../../base/limits.ts';
import type { Scan } from '../../formats/scan.ts';
import { type ColumnKernels, TALLY_BYTES } from '../../kernels/column-kernels.ts';
import type { Constants } from '../../kernels/constants.ts';
import type { ThreadKernels } from '../../kernels/load.ts';
import type { Memory } from '../../kernels/memory.ts';
import type { ValueKernels } from '../../kernels/value-kernels.ts';
import type { Selection } from '../../vector/vector.ts';
import { createFrames, type Frame, type TypedKind } from './frame.ts';

export interface TypedNode {
  readonly kind: TypedKind;
  /** Frames it uses, from its own on. */
  readonly frames: number;
  /** Leaves the values of `rows` (a view of the memory) in frame `at`. */
  run(scan: Scan, rows: Selection, at: number): void;
}

const CONSTANTS_RESERVED = 128 * 1024;

/** What nodes of a thread run on. */
export class Machine {
  readonly memory: Memory;
  readonly constants: Constants;
  readonly kernels: ValueKernels;
  readonly columns: ColumnKernels;
  readonly frames: readonly Frame[];
  /** Where the next computed text goes, and where their room ends. */
  texts: number;
  readonly texts_end: number;
  /** Where a column's least and greatest value and sum go. */
  readonly tally: number;
  readonly #placed: Uint32Array;

  constructor({ memory, constants, simd }: ThreadKernels) {
    const { layout } = memory;
    this.memory = memory;
    this.constants = constants;
    this.kernels = simd.values;
    this.columns = simd.columns;
    this.frames = createFrames(memory);
    this.tally = constants.take(TALLY_BYTES);
    this.texts = layout.texts;
    this.texts_end = layout.texts + layout.texts_bytes;
    this.#placed = memory.u32.subarray(layout.picked >> 2, (layout.picked >> 2) + limits.batch_rows_max);
  }

  /** Bytes that constants of typed expressions may take: the rest is for what cannot do without. */
  get room(): number {
    return this.constants.room - CONSTANTS_RESERVED;
  }

  /** Forgets the texts computed so far. */
  reset(): void {
    this.texts = this.memory.layout.texts;
  }

  /** Rows as a selection in the memory, where nodes want them; valid until the next call. */
  place(rows: Selection): Selection {
    if (rows.buffer === this.memory.u32.buffer) return rows;
    this.#placed.set(rows);
    return this.#placed.subarray(0, rows.length);
  }

  /** The rows whose state (or truth) is one of `mask`'s bits, written to the room of a frame, where `rows` themselves may be. */
  pick(rows: Selection, into: Frame, states: Uint8Array, mask: number): Selection {
    const { picked } = into;
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      picked[count] = row;
      count += (mask >> states[row]!) & 1;
    }
    return picked.subarray(0, count);
  }
}

/** Frames of an operation whose operands are run in frames one behind the other. */
export function framesOf(operands: readonly TypedNode[]): number {
  return Math.max(1, ...operands.map(({ frames }, index) => index + frames));
}
