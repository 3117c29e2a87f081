/** The body of an upload: its length, its digests, and its end when the upload is aborted. */
import type { ChecksumAlgorithm } from '../auth/checksum.ts';
import { createDigest } from '../auth/checksum.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { deliverAll } from '../base/pieces.ts';
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

/** Takes the pieces of a body, one after the other. */
export interface BodySink {
  /** Raises what keeps it, or an earlier piece, from being taken. */
  write(piece: Uint8Array): void | Promise<void>;
  /** There are no more pieces: answers the digests of all. May be called again. */
  end(): Promise<Digests>;
}

/** Digests in base64. */
export type Digests = ReadonlyMap<ChecksumAlgorithm, string>;

/** A sink that forms digests in this thread, and passes pieces on. */
export function digestingSink(algorithms: readonly ChecksumAlgorithm[], write: (piece: Uint8Array) => unknown): BodySink {
  const digests = algorithms.map((name) => [name, createDigest(name)] as const);
  let formed: Digests | undefined;
  return {
    write(piece) {
      for (const [, digest] of digests) digest.update(piece);
      write(piece);
    },
    async end() {
      formed ??= new Map(digests.map(([name, digest]) => [name, digest.digest().toString('base64')]));
      return formed;
    },
  };
}

/**
 * Passes a body on to the sink that `open` makes for the digests that are needed, and answers what it was.
 * Raises `EntityTooLarge`, `IncompleteBody`, the signal's reason, and whatever the body or the sink raises.
 */
export async function receiveBody(
  { body, size, signal }: BodyRequest,
  algorithm: ChecksumAlgorithm | undefined,
  open: (algorithms: readonly ChecksumAlgorithm[]) => BodySink,
): Promise<ReceivedBody> {
  const tooLarge = (): SelectError => new SelectError('EntityTooLarge', { bytes_max: limits.put_bytes_max });
  if ((size ?? 0) > limits.put_bytes_max) throw tooLarge();
  const sink = open([...new Set([...(body.verifies ?? []), ...(algorithm === undefined ? [] : [algorithm]), 'md5' as const])]);
  body.digestsFrom?.(() => sink.end());
  let received = 0;
  const take = (piece: Uint8Array): void | Promise<void> => {
    received += piece.length;
    if (received > (size ?? received)) throw new SelectError('IncompleteBody');
    if (received > limits.put_bytes_max) throw tooLarge();
    return sink.write(piece);
  };
  await deliverAll(signal === undefined ? body : untilAborted(body, signal), take);
  if (received < (size ?? received)) throw new SelectError('IncompleteBody');
  const digests = await sink.end();
  const md5 = Buffer.from(digests.get('md5') ?? '', 'base64').toString('hex');
  return { size: received, etag: `"${md5}"`, checksum: algorithm === undefined ? undefined : digests.get(algorithm) };
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
function untilAborted(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  let fail = (_reason: unknown): void => {};
  const onAbort = (): void => {
    leave();
    fail(signal.reason);
  };
  const over = (): void => signal.removeEventListener('abort', onAbort);
  const leave = (): void => {
    over();
    // why: not awaited: a body that hangs would keep the upload open.
    iterator.return?.()?.catch(() => {});
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const next = (): Promise<IteratorResult<Uint8Array>> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        leave();
        return reject(signal.reason);
      }
      fail = reject;
      iterator.next().then(
        (result) => {
          if (result.done === true) over();
          resolve(result);
        },
        (error: unknown) => {
          over();
          reject(error);
        },
      );
    });
  const stop = async (): Promise<IteratorReturnResult<undefined>> => {
    leave();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: stop }) };
}
