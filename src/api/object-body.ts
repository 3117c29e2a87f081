/** The bytes of an object as the body of an answer: a short range is read at once, a long one through memory that goes round. */
import type { ByteRange } from '../base/bytes.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { OpenObject } from '../storage/store.ts';
import { closing } from './closing.ts';
import type { ApiResponse } from './http.ts';

/** Takes over the object, which is closed when the body is. Raises what reading raises. */
export async function bodyOf(object: OpenObject, range: ByteRange): Promise<ApiResponse['body']> {
  const length = range.end - range.start;
  if (length >= limits.flush_bytes) return closing(piecesOf(object, range), object);
  try {
    const bytes = Buffer.allocUnsafe(length);
    await readWhole(object, range.start, bytes);
    checkUnchanged(object);
    return bytes;
  } finally {
    await object.close();
  }
}

/** Pieces of at least `flush_bytes`, but for the last: each holds until the next is asked for. */
async function* piecesOf(object: OpenObject, { start, end }: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
  const memory = lend();
  try {
    for (let at = start; at < end; at += memory.length) {
      const left = end - at;
      // why: a shorter piece may wait to be sent when the memory is somebody else's.
      const piece = left < limits.flush_bytes ? Buffer.allocUnsafeSlow(left) : memory.subarray(0, left);
      await readWhole(object, at, piece);
      // why: without its last piece no client takes the answer for whole.
      if (at + piece.length >= end) checkUnchanged(object);
      yield piece;
    }
  } finally {
    giveBack(memory);
  }
}

async function readWhole({ reader }: OpenObject, start: number, into: Uint8Array): Promise<void> {
  const got = await reader.read({ start, end: start + into.length }, into);
  if (got < into.length) throw new SelectError('OperationAborted');
}

/** What was read has to be what the ETag names. */
function checkUnchanged(object: OpenObject): void {
  if (!object.isUnchanged()) throw new SelectError('OperationAborted');
}

const spares: Buffer[] = [];
let lent = 0;

/** Where many answers are under way, those that come last get less. */
function lend(): Buffer {
  if (lent >= limits.answer_buffers_max) return Buffer.allocUnsafeSlow(limits.flush_bytes);
  lent++;
  return spares.pop() ?? Buffer.allocUnsafeSlow(limits.answer_buffer_bytes);
}

function giveBack(memory: Buffer): void {
  if (memory.length !== limits.answer_buffer_bytes) return;
  lent--;
  if (spares.length < limits.answer_buffers_kept) spares.push(memory);
}
