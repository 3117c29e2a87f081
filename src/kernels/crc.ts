/** CRCs that Node has not (`assembly/crc`). The memory of a thread is its own, and holds nothing but tables between two calls. */
import { readFileSync } from 'node:fs';

interface Module {
  crcTables(tables: number, polynomial: bigint): void;
  crcOf(tables: number, state: bigint, from: number, bytes: number): bigint;
}

/** Of the tables of a polynomial. */
const tables_bytes = 32 * 1024;
/** Of a message, taken in at a time. */
const piece_bytes = 64 * 1024;
const page_bytes = 64 * 1024;
const pieces_at = page_bytes;
/** Whose tables have room. */
const polynomials_max = pieces_at / tables_bytes;

/**
 * The CRC of a message that goes on with `bytes`, where `value` is that of what came before (0n of nothing). It is reflected, begins with all
 * ones and ends inverted, and has as many bits as the polynomial, whose highest bit is the coefficient of x^0.
 */
export function crcOf(polynomial: bigint, bits: 32 | 64, bytes: Uint8Array, value: bigint): bigint {
  thread ??= instantiate();
  const { module, memory } = thread;
  const tables = tablesOf(thread, polynomial);
  const ones = (1n << BigInt(bits)) - 1n;
  let state = value ^ ones;
  for (let at = 0; at < bytes.length; at += piece_bytes) {
    const piece = bytes.subarray(at, at + piece_bytes);
    memory.set(piece, pieces_at);
    state = BigInt.asUintN(64, module.crcOf(tables, state, pieces_at, piece.length));
  }
  return state ^ ones;
}

interface Thread {
  readonly module: Module;
  readonly memory: Uint8Array;
  /** Their tables follow each other in this order. */
  readonly polynomials: bigint[];
}

let thread: Thread | undefined;

function tablesOf({ module, polynomials }: Thread, polynomial: bigint): number {
  const known = polynomials.indexOf(polynomial);
  if (known >= 0) return known * tables_bytes;
  if (polynomials.length === polynomials_max) throw new Error(`tables of ${polynomials_max} CRCs at most`);
  const tables = polynomials.length * tables_bytes;
  module.crcTables(tables, polynomial);
  polynomials.push(polynomial);
  return tables;
}

function instantiate(): Thread {
  const module = new WebAssembly.Module(readFileSync(new URL('./crc.wasm', import.meta.url)));
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
  const instance = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Module;
  return { module: instance, memory: new Uint8Array(memory.buffer), polynomials: [] };
}
