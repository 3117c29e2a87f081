/**
 * The one memory of a thread: allocated at start, never grown (growing detaches every view), divided once into areas.
 * Kernels may read 64 bytes past any area and 8 bytes before it; the areas are spaced for that.
 */
import { limits } from '../base/limits.ts';
import { FRAME_BYTES, STATE_BYTES, STRICT_BYTES } from './json-kernels.ts';

const PAGE = 65_536;
/** Where the data of the modules end: those of `kernels.wasm`, then from its base on those of `parquet.wasm`. */
export const PARQUET_DATA = 32_768;
export const MODULES_END = 4 * PAGE;
/** Room for over-reads and unconditional 64-byte stores past the end of an area. */
const GUARD = 256;

/** Addresses of the areas. */
export interface Layout {
  /** Bytes below this belong to the data of the modules. */
  readonly constants: number;
  readonly constants_bytes: number;
  /** u32 record ends of a window. */
  readonly ends: number;
  /** u32 pairs: rows of the batch. */
  readonly rows: number;
  /** Two u32 selections, used in turn. */
  readonly selections: readonly [number, number];
  /** u32 0, 1, 2, … : the selection of all rows of a batch, or of a run of them. */
  readonly identity: number;
  /** u8 per row: 1 where a predicate could not be decided. */
  readonly undecided: number;
  /** u64 fields, column-major; of formats whose columns are values, rows that are put together to be written (`writeCells`). */
  readonly fields: number;
  readonly fields_bytes: number;
  /** Frames of typed expressions: of each, f64 values (or u64 fields), i8 codes, u8 states and u32 rows, `batch_rows_max` of them. */
  readonly frames: number;
  readonly frames_count: number;
  /** u32 row numbers that typed expressions are given. */
  readonly picked: number;
  /** Text that typed expressions compute over a batch. */
  readonly texts: number;
  readonly texts_bytes: number;
  /** One bit per byte of a window: delimiters outside quotes. */
  readonly bitmap: number;
  /** The same of the second quotes of doubled ones. */
  readonly doubles: number;
  /** Strings and brackets of a JSON window: four masks, each a bit a byte, and a byte for 64. */
  readonly json: number;
  /** Bytes from one of these masks to the next. */
  readonly json_plane_bytes: number;
  /** The state of a walk over JSON. */
  readonly json_state: number;
  /** The state of strict mode over JSON. */
  readonly json_strict: number;
  /** Text computed during a batch: unescaped fields. */
  readonly arena: number;
  readonly output: number;
  readonly output_bytes: number;
  /** Unfinished records are carried to just before `read`. */
  readonly carry: number;
  readonly read: number;
  readonly read_bytes: number;
  /** Parquet: compressed and decoded pages, dictionaries, texts. Divided by each scan for itself; untouched pages take no memory. */
  readonly decode: number;
  readonly decode_bytes: number;
}

export interface Memory {
  readonly wasm: WebAssembly.Memory;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly bytes: Buffer;
  readonly layout: Layout;
}

/** Allocates the memory of a thread for records of up to `record_bytes_max`. */
export function createMemory(record_bytes_max: number): Memory {
  const layout = layOut(record_bytes_max);
  const pages = Math.ceil((layout.decode + layout.decode_bytes + GUARD) / PAGE);
  const wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { buffer } = wasm;
  const u32 = new Uint32Array(buffer);
  for (let row = 0; row < limits.batch_rows_max; row++) u32[(layout.identity >> 2) + row] = row;
  return {
    wasm,
    layout,
    u8: new Uint8Array(buffer),
    u32,
    f64: new Float64Array(buffer),
    bytes: Buffer.from(buffer),
  };
}

/** Frames in use at once grow with the depth of an expression, not with its size. */
const FRAMES = 16;
export const FRAME_ROW_BYTES = 8 + 1 + 1 + 4;
const TEXTS_BYTES = 4 * 1024 * 1024;
/** How often the columns of a batch are located, at most: for predicates, for the other columns, for whole records twice. */
const ARENA_PASSES = 4;

function layOut(record_bytes_max: number): Layout {
  let next = MODULES_END;
  const area = (bytes: number): number => {
    const address = next;
    next = (next + bytes + GUARD + 63) & ~63;
    return address;
  };
  const rows = limits.batch_rows_max;
  const constants_bytes = 4 * limits.expression_bytes_max;
  const fields_bytes = Math.max(2 * 1024 * 1024, 8 * limits.columns_max);
  const output_bytes = limits.task_output_bytes_max + 2 * record_bytes_max + PAGE;
  const constants = area(constants_bytes);
  const ends = area(4 * (limits.window_bytes + 64));
  // why: masks of a block that lie a multiple of 4 KiB apart get in each other's way in the cache
  const json_plane_bytes = ((((record_bytes_max + 2 * limits.window_bytes) >> 3) + 4095) & ~4095) + 5 * 64;
  return {
    constants,
    constants_bytes,
    ends,
    rows: area(8 * rows),
    selections: [area(4 * rows), area(4 * rows)],
    identity: area(4 * rows),
    undecided: area(rows),
    fields: area(fields_bytes),
    fields_bytes,
    frames: area(FRAME_ROW_BYTES * rows * FRAMES),
    frames_count: FRAMES,
    picked: area(4 * rows),
    texts: area(TEXTS_BYTES),
    texts_bytes: TEXTS_BYTES,
    bitmap: area((record_bytes_max + 2 * limits.window_bytes) >> 3),
    doubles: area((record_bytes_max + 2 * limits.window_bytes) >> 3),
    json: area(4 * json_plane_bytes + (json_plane_bytes >> 3)),
    json_plane_bytes,
    json_state: area(STATE_BYTES + FRAME_BYTES * (limits.path_steps_max + 1)),
    json_strict: area(STRICT_BYTES + limits.json_depth_max / 8),
    arena: area(ARENA_PASSES * (record_bytes_max + limits.window_bytes)),
    output: area(output_bytes),
    output_bytes,
    carry: area(record_bytes_max + limits.window_bytes + limits.read_bytes),
    read: area(limits.read_bytes),
    read_bytes: limits.read_bytes,
    decode: area(limits.decode_arena_bytes_max),
    decode_bytes: limits.decode_arena_bytes_max,
  };
}
