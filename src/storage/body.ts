/** The body of an upload: its length, its digests, and its end when the upload is aborted. */
import type { ChecksumAlgorithm, Digest } from '../auth/checksum.ts';
import { createDigest } from '../auth/checksum.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { ObjectBody, ObjectChecksum } from './object.ts';

export interface BodyRequest {
  readonly body: ObjectBody;
  /** Bytes announced. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReceivedBody {
  readonly size: number;
  /** The MD5 in hex, with quotes. */
  readonly etag: string;
  /** In base64, of the algorithm asked for. */
  readonly checksum: string | undefined;
}

/**
 * Passes a body on to `write`, one piece at a time, and answers what it was. Digests that the body forms itself are not formed twice.
 * Raises `EntityTooLarge`, `IncompleteBody`, the signal's reason, and whatever the body or `write` raises.
 */
export async function receiveBody(
  { body, size, signal }: BodyRequest,
  algorithm: ChecksumAlgorithm | undefined,
  write: (piece: Uint8Array) => unknown,
): Promise<ReceivedBody> {
  const tooLarge = (): SelectError => new SelectError('EntityTooLarge', { bytes_max: limits.put_bytes_max });
  if ((size ?? 0) > limits.put_bytes_max) throw tooLarge();
  const wanted = algorithm === undefined ? (['md5'] as const) : (['md5', algorithm] as const);
  const digests = new Map<ChecksumAlgorithm, Digest>();
  for (const name of wanted) if (body.digested?.includes(name) !== true) digests.set(name, createDigest(name));
  let received = 0;
  for await (const piece of signal === undefined ? body : untilAborted(body, signal)) {
    received += piece.length;
    if (received > (size ?? received)) throw new SelectError('IncompleteBody');
    if (received > limits.put_bytes_max) throw tooLarge();
    for (const digest of digests.values()) digest.update(piece);
    await write(piece);
  }
  if (received < (size ?? received)) throw new SelectError('IncompleteBody');
  const values = new Map([...digests].map(([name, digest]) => [name, digest.digest().toString('base64')]));
  const digestOf = (name: ChecksumAlgorithm): string => values.get(name) ?? body.digestOf?.(name) ?? '';
  const md5 = Buffer.from(digestOf('md5'), 'base64').toString('hex');
  return { size: received, etag: `"${md5}"`, checksum: algorithm === undefined ? undefined : digestOf(algorithm) };
}

/** The checksum to keep of an object: the one that came with its body, or else the one formed of it. */
export function fullChecksum(
  body: ObjectBody,
  algorithm: ChecksumAlgorithm | undefined,
  formed: string | undefined,
): ObjectChecksum | undefined {
  if (body.checksum !== undefined) return { algorithm: body.checksum.algorithm, type: 'FULL_OBJECT', value: body.checksum.base64 };
  return algorithm === undefined || formed === undefined ? undefined : { algorithm, type: 'FULL_OBJECT', value: formed };
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
