/**
 * MD5 of several messages at once (`assembly/md5`): a processor forms eight in hardly more time than one. The memory of a thread is its
 * own, and holds nothing between two calls.
 */
import { readFileSync } from 'node:fs';

/** Messages that are formed at once. */
const lanes = 8;
const block_bytes = 64;
/** Of one message, taken in at a time: all of them stay in the second cache of a processor. */
const lane_bytes = 16 * 1024;
/** why: not a power of two, of which the first cache holds few at once. */
const stride_bytes = lane_bytes + 5 * block_bytes;

/** Addresses in the memory of the module, whose own data are below. */
const states_at = 4096;
const lanes_at = 8192;

interface Module {
  md5Eight(states: number, messages: number, stride: number, blocks: number): void;
  md5One(states: number, message: number, blocks: number): void;
}

/** A message whose MD5 is being formed. */
export class Md5 {
  readonly state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  readonly #pieces: Uint8Array[] = [];
  /** Of the first piece, taken in. */
  #taken_bytes = 0;
  #bytes = 0;
  /** Bytes that were not taken in yet. */
  waiting_bytes = 0;

  /** There is no whole block left to be taken in. */
  get isTakenIn(): boolean {
    return this.waiting_bytes < block_bytes;
  }

  /** Adds to the message. The piece has to stay as it is until it is taken in. */
  add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    this.waiting_bytes += piece.length;
  }

  /** Moves bytes that wait to an address. Answers the pieces of which none is left. */
  take(count: number, into: Uint8Array, to: number): Uint8Array[] {
    let done = 0;
    for (let left = count; left > 0; ) {
      const piece = this.#pieces[done] as Uint8Array;
      const part = piece.subarray(this.#taken_bytes, this.#taken_bytes + left);
      into.set(part, to + count - left);
      left -= part.length;
      this.#taken_bytes += part.length;
      if (this.#taken_bytes < piece.length) break;
      done++;
      this.#taken_bytes = 0;
    }
    this.waiting_bytes -= count;
    return this.#pieces.splice(0, done);
  }

  /** Copies what fills no block, so that the pieces it lies in, which it answers, are no more needed. */
  keepRest(): Uint8Array[] {
    const rest = new Uint8Array(this.waiting_bytes);
    const done = this.take(rest.length, rest, 0);
    done.push(...this.#pieces.splice(0));
    this.#taken_bytes = 0;
    if (rest.length > 0) this.#pieces.push(rest);
    this.waiting_bytes = rest.length;
    return done;
  }

  /** Gives the message up. Answers its pieces. */
  drop(): Uint8Array[] {
    this.waiting_bytes = 0;
    return this.#pieces.splice(0);
  }

  /** Ends the message. */
  digest(): Buffer {
    const bytes = this.#bytes;
    const ending = Buffer.alloc((bytes % block_bytes < block_bytes - 8 ? 1 : 2) * block_bytes - (bytes % block_bytes));
    ending[0] = 0x80;
    ending.writeBigUInt64LE(8n * BigInt(bytes), ending.length - 8);
    this.add(ending);
    formTogether([this], []);
    const digest = Buffer.alloc(16);
    for (const [n, word] of this.state.entries()) digest.writeUInt32LE(word, 4 * n);
    return digest;
  }
}

/**
 * Takes in what waits of the messages that are `due`, and beside them of others, as long as there is room. No message stands there twice.
 * Answers the pieces of which none is left.
 */
export function formTogether(due: readonly Md5[], others: readonly Md5[]): Uint8Array[] {
  const done: Uint8Array[] = [];
  const hasBlock = ({ isTakenIn }: Md5): boolean => !isTakenIn;
  for (let first = due.filter(hasBlock); first.length > 0; first = first.filter(hasBlock)) {
    const filling = first.length < lanes ? others.filter(hasBlock) : [];
    takeBlocks([...first, ...filling].slice(0, lanes), done);
  }
  for (const message of due) done.push(...message.keepRest());
  return done;
}

/** As many blocks as all of them have, and fit. */
function takeBlocks(messages: readonly Md5[], done: Uint8Array[]): void {
  thread ??= instantiate();
  const { module, words, bytes } = thread;
  const blocks = Math.min(lane_bytes / block_bytes, ...messages.map(({ waiting_bytes }) => Math.floor(waiting_bytes / block_bytes)));
  for (const [lane, message] of messages.entries()) {
    done.push(...message.take(blocks * block_bytes, bytes, lanes_at + lane * stride_bytes));
    for (const [n, word] of message.state.entries()) words[states_at / 4 + n * lanes + lane] = word;
  }
  if (messages.length === 1) module.md5One(states_at, lanes_at, blocks);
  else module.md5Eight(states_at, lanes_at, stride_bytes, blocks);
  for (const [lane, { state }] of messages.entries()) {
    for (const n of state.keys()) state[n] = words[states_at / 4 + n * lanes + lane] as number;
  }
}

let thread: { readonly module: Module; readonly words: Uint32Array; readonly bytes: Uint8Array } | undefined;

function instantiate(): NonNullable<typeof thread> {
  const module = new WebAssembly.Module(readFileSync(new URL('./md5.wasm', import.meta.url)));
  const memory = new WebAssembly.Memory({ initial: 3, maximum: 3 });
  const instance = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Module;
  return { module: instance, words: new Uint32Array(memory.buffer), bytes: new Uint8Array(memory.buffer) };
}
