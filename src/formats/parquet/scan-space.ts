/** What all columns of one Parquet scan share: the object, the thread's memory and kernels, and the count of what was read. */
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import type { ThreadKernels } from '../../kernels/load.ts';
import type { Memory } from '../../kernels/memory.ts';
import type { ParquetKernels } from '../../kernels/parquet-kernels.ts';
import type { ByteSource } from '../scan.ts';
import { Arena, Room } from './arena.ts';

export interface ScanSpace {
  readonly thread: ThreadKernels;
  readonly memory: Memory;
  readonly kernels: Kernels;
  readonly parquet: ParquetKernels;
  readonly source: ByteSource;
  readonly arena: Arena;
  /** A page as it is stored, until it is decompressed. */
  readonly stored: Room;
  readonly scratch: Scratch;
  readonly traffic: { read_bytes: number; decompressed_bytes: number };
}

/** Addresses of room for one step of the scan; what it holds is lost with the next. For `PIECE_VALUES` values, but for `rows`. */
export interface Scratch {
  /** Values, of 16 bytes at most. */
  readonly values: number;
  readonly fields: number;
  /** All u32. */
  readonly codes: number;
  readonly positions: number;
  readonly present: number;
  readonly indices: number;
  /** For `STRETCH_ROWS`. */
  readonly rows: number;
}

/** Values of pages are loaded so many at a time, at most. */
export const PIECE_VALUES = limits.batch_rows_max;

/** Predicates are decided for so many rows at a time, at most. */
export const STRETCH_ROWS = 16 * limits.batch_rows_max;

export function scanSpace(thread: ThreadKernels, source: ByteSource): ScanSpace {
  const { memory, simd: kernels } = thread;
  const arena = new Arena(memory.layout.decode, memory.layout.decode_bytes);
  const traffic = { read_bytes: 0, decompressed_bytes: 0 };
  const u32s = (count: number): number => arena.take(4 * (count + 64));
  const scratch = {
    values: arena.take(16 * PIECE_VALUES),
    fields: arena.take(8 * PIECE_VALUES),
    codes: u32s(PIECE_VALUES),
    positions: u32s(PIECE_VALUES),
    present: u32s(PIECE_VALUES),
    indices: u32s(PIECE_VALUES),
    rows: u32s(STRETCH_ROWS),
  };
  return { thread, memory, kernels, parquet: kernels.parquet, source, arena, stored: new Room(arena), scratch, traffic };
}

/** The errors of a column chunk: they name the column, and the offset in the object where something is wrong. */
export class ChunkErrors {
  readonly #column: string;

  constructor(path: readonly string[]) {
    this.#column = path.join('.');
  }

  damaged(offset: number, what: string): SelectError {
    return new SelectError('ParquetParsingError', { offset, hint: `Column ${this.#column}: ${what}.` });
  }

  unsupported(offset: number, type: string): SelectError {
    return new SelectError('UnsupportedParquetType', { type, offset, hint: `Column ${this.#column}.` });
  }

  /** A text of a page, or of its dictionary. */
  notUtf8(offset: number): SelectError {
    return new SelectError('InvalidTextEncoding', { offset, hint: `Column ${this.#column}.` });
  }

  /** A value in a page of nested ones. */
  tooLong(offset: number, bytes_max: number): SelectError {
    return new SelectError('OverMaxRecordSize', { bytes_max, offset, hint: `Column ${this.#column}.` });
  }

  /** The page, or what is made of it, does not fit the memory of the thread. */
  tooLarge(offset: number): SelectError {
    return new SelectError('OverMaxParquetBlockSize', {
      offset,
      hint: `Column ${this.#column}: a page and what is made of it do not fit the memory for decoding.`,
    });
  }
}
