/** The body of an upload: its length, its MD5, and its end when the upload is aborted. */
import { createHash } from 'node:crypto';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { PutRequest } from './store.ts';

/**
 * Passes a body on to `write`, one piece at a time, and answers its size and ETag.
 * Raises `EntityTooLarge`, `IncompleteBody`, the signal's reason, and whatever the body or `write` raises.
 */
export async function receiveBody(
  { body, size, signal }: PutRequest,
  write: (piece: Uint8Array) => unknown,
): Promise<{ size: number; etag: string }> {
  if ((size ?? 0) > limits.put_bytes_max) throw new SelectError('EntityTooLarge', { bytes_max: limits.put_bytes_max });
  const hash = createHash('md5');
  let received = 0;
  for await (const piece of signal === undefined ? body : untilAborted(body, signal)) {
    received += piece.length;
    if (received > (size ?? received)) throw new SelectError('IncompleteBody');
    if (received > limits.put_bytes_max) throw new SelectError('EntityTooLarge', { bytes_max: limits.put_bytes_max });
    hash.update(piece);
    await write(piece);
  }
  if (received < (size ?? received)) throw new SelectError('IncompleteBody');
  return { size: received, etag: `"${hash.digest('hex')}"` };
}

/** Ends with the signal's reason even while the body gives nothing. */
async function* untilAborted(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  // why: it may reject when nobody is racing it.
  aborted.catch(() => {});
  let isDone = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done === true) {
        isDone = true;
        return;
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // why: not awaited: a body that hangs would keep the upload open.
    if (!isDone) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
