/** How an upload becomes an object: a temporary file, fsync, and its publication. */
import { SelectError } from '../base/errors.ts';
import { fullChecksum, receiveBody } from './body.ts';
import { isConditional } from './conditions.ts';
import { FileSink } from './file-sink.ts';
import { errnoOf, withStorageErrors } from './fs-errors.ts';
import { checkMetadata } from './names.ts';
import type { PutResult } from './object.ts';
import { describe } from './object.ts';
import type { Place } from './publish.ts';
import { checkCondition, checkStorable } from './publish.ts';
import type { Publisher } from './publisher.ts';
import type { PutJobResult } from './put-job.ts';
import type { PutRequest } from './store.ts';
import { temporaryPath } from './temporary.ts';
import { isForLog, noteDoubtful, noteLogged, threadFor } from './unsettled.ts';

export async function putLocally(publisher: Publisher, place: Place, request: PutRequest): Promise<PutResult> {
  const path = await withStorageErrors(async () => {
    // Also finds a bucket that is not there.
    const temporary = temporaryPath(place.bucketDirectory);
    checkStorable(place);
    checkMetadata(request.metadata);
    // why: before the body is taken; decided again when it is published.
    checkCondition(place, request.condition ?? {});
    return temporary;
  });
  const { body, size, checksumAlgorithm, signal, condition = {} } = request;
  let sink: FileSink | undefined;
  let isOver = false;
  try {
    const received = await receiveBody(request, checksumAlgorithm, (algorithms) => {
      sink = new FileSink({ file: { path }, algorithms, size, movesPieces: body.givesMemory === true });
      return sink;
    });
    const { etag } = received;
    const checksum = fullChecksum(body, checksumAlgorithm, received.checksum);
    const metadata = { etag, ...describe(request), checksum, parts: undefined };
    const stored = await publisher.publishing(place, async () => {
      const { fd, pieces, moved } = await (sink as FileSink).takeAll();
      signal?.throwIfAborted();
      const isLogged = fd === undefined && !isConditional(condition) && isForLog(place, metadata, pieces);
      const thread = await threadFor(place.path, { isLogged });
      isOver = true;
      try {
        const job = { kind: 'put', path, fd, pieces, place, metadata, condition, isLogged } as const;
        const { loggedIn, ...put } = await asPut(thread.run(job, moved));
        if (loggedIn !== undefined) noteLogged(thread, place, loggedIn);
        return put;
      } catch (error) {
        if (isLogged) noteDoubtful(thread, place);
        throw error;
      }
    });
    return { etag, ...stored, checksum };
  } finally {
    await sink?.close({ isOver });
  }
}

async function asPut(job: Promise<PutJobResult>): Promise<PutJobResult> {
  return withStorageErrors(async () => {
    try {
      return await job;
    } catch (error) {
      // why: the bucket was deleted meanwhile, and created again.
      if (errnoOf(error) === 'ENOENT') throw new SelectError('NoSuchBucket', {}, { cause: error });
      throw error;
    }
  });
}
