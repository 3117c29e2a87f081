/** How an upload becomes an object: a temporary file, fsync, and its publication. */
import { SelectError } from '../base/errors.ts';
import { fullChecksum, receiveBody } from './body.ts';
import { errnoOf, withStorageErrors } from './fs-errors.ts';
import { checkMetadata } from './names.ts';
import type { PutResult } from './object.ts';
import { describe } from './object.ts';
import type { Place, Publisher } from './publish.ts';
import { checkCondition, checkStorable } from './publish.ts';
import type { PutRequest } from './store.ts';
import type { Temporary } from './temporary.ts';
import { createTemporary, writeFully } from './temporary.ts';

export async function putLocally(publisher: Publisher, place: Place, request: PutRequest): Promise<PutResult> {
  checkStorable(place);
  checkMetadata(request.metadata);
  const temporary = await withStorageErrors(async () => {
    // why: before the body is taken; decided again when it is published.
    checkCondition(place, request.condition ?? {});
    return createTemporary(place.bucketDirectory);
  });
  let isRenamed = false;
  try {
    const { body, checksumAlgorithm } = request;
    const received = await receiveBody(request, checksumAlgorithm, (piece) => withStorageErrors(() => writeFully(temporary.handle, piece)));
    const checksum = fullChecksum(body, checksumAlgorithm, received.checksum);
    const result = await withStorageErrors(() => finish(publisher, place, request, temporary, { etag: received.etag, checksum }));
    // why: to one that must be the first a hard link is made, and its first name stays.
    isRenamed = request.condition?.ifNoneMatch !== '*';
    return result;
  } finally {
    await temporary.discard(isRenamed);
  }
}

async function finish(
  publisher: Publisher,
  place: Place,
  request: PutRequest,
  { handle, path }: Temporary,
  { etag, checksum }: Pick<PutResult, 'etag' | 'checksum'>,
): Promise<PutResult> {
  await handle.sync();
  const identity = await handle.stat({ bigint: true });
  request.signal?.throwIfAborted();
  const metadata = { etag, ...describe(request), checksum, parts: undefined };
  try {
    await publisher.publish(place, { path, identity, metadata }, request.condition);
  } catch (error) {
    // why: the bucket was deleted meanwhile, and created again.
    if (errnoOf(error) === 'ENOENT') throw new SelectError('NoSuchBucket', {}, { cause: error });
    throw error;
  }
  return { etag, size: Number(identity.size), lastModified: identity.mtime, checksum };
}
