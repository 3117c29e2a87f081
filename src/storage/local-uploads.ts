/** Multipart uploads of the local store: how parts come in, and how uploads are listed, completed and forgotten. */
import fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { assemble } from './assemble.ts';
import { checkPartChecksum, completedEtag, planCompletion } from './completion.ts';
import { syncDirectory } from './directory.ts';
import { errnoOf, withStorageErrors } from './fs-errors.ts';
import { readMetadata } from './metadata.ts';
import type {
  CompleteUploadRequest,
  CreateUploadRequest,
  ListPartsRequest,
  ListUploadsRequest,
  PartInfo,
  PartPage,
  PutPartRequest,
  UploadInfo,
  UploadPage,
} from './multipart.ts';
import { checkMetadata } from './names.ts';
import type { PutResult } from './object.ts';
import { describe } from './object.ts';
import { openPartFile, type PartFile } from './part-file.ts';
import type { Place } from './publish.ts';
import { checkCondition, checkStorable, placeOf, presentFile } from './publish.ts';
import type { Publisher } from './publisher.ts';
import { removeFolder } from './temporary.ts';
import { settled } from './unsettled.ts';
import type { StoredPart, UploadFolder } from './upload-folder.ts';
import { createUploadFolder, openUploadFolder, uploadIdsIn } from './upload-folder.ts';
import { newUploadId, pageOfUploads } from './upload-list.ts';
import { writerThread } from './writers.ts';

/** Of buckets that exist: the store has looked. */
export class LocalUploads {
  readonly #publisher: Publisher;
  readonly #swept_ms = new Map<string, number>();

  constructor(publisher: Publisher) {
    this.#publisher = publisher;
  }

  async create(place: Place, request: CreateUploadRequest): Promise<UploadInfo> {
    checkStorable(place);
    checkMetadata(request.metadata);
    const { bucket, bucketDirectory, key } = place;
    return withStorageErrors(async () => {
      const swept_ms = this.#swept_ms.get(bucketDirectory) ?? 0;
      if (Date.now() - swept_ms > sweepPeriod_ms) await this.sweep(bucket, bucketDirectory);
      const { checksum, initiator } = request;
      const record = { key, initiated_ms: Date.now(), description: describe(request), checksum, initiator };
      return (await createUploadFolder(bucketDirectory, newUploadId(), record)).info;
    });
  }

  head(place: Place, uploadId: string): UploadInfo {
    return openUpload(place, uploadId).info;
  }

  async putPart(place: Place, request: PutPartRequest): Promise<PartInfo> {
    const { uploadId, number, body } = request;
    const folder = openUpload(place, uploadId);
    const file = await orGone(place, () => openPartFile(folder, number, request.size));
    try {
      const algorithm = folder.info.checksum?.algorithm;
      const received = await file.receive(request, algorithm);
      checkPartChecksum(folder.info, body.checksum);
      request.signal?.throwIfAborted();
      const part = { number, ...received, lastModified: new Date() };
      await orGone(place, () => this.#record(folder, { ...part, file: file.name, start: file.start }, file));
      return part;
    } finally {
      await file.close();
    }
  }

  async listParts(place: Place, { uploadId, after = 0, maxParts = limits.list_keys_max }: ListPartsRequest): Promise<PartPage> {
    const folder = openUpload(place, uploadId);
    return orGone(place, async () => {
      const numbers = folder.partNumbers().filter((number) => number > after);
      const max = Math.min(maxParts, limits.list_keys_max);
      const parts = numbers.slice(0, max).flatMap((number) => folder.part(number) ?? []);
      return { upload: folder.info, parts, isTruncated: max > 0 && numbers.length > max };
    });
  }

  async list(bucketDirectory: string, request: ListUploadsRequest): Promise<UploadPage> {
    const uploads: UploadInfo[] = [];
    for (const folder of await foldersIn(bucketDirectory)) if (!folder.isAbandoned) uploads.push(folder.info);
    return pageOfUploads(uploads, request);
  }

  async complete(place: Place, request: CompleteUploadRequest): Promise<PutResult> {
    const { uploadId } = request;
    return this.#publisher.exclusively(uploadLock(place.bucketDirectory, uploadId), () =>
      orGone(place, async () => {
        const folder = findUpload(place, uploadId);
        const earlier = completedBefore(place, request);
        const result = earlier ?? (folder && (await this.#complete(place, folder, request)));
        if (result === undefined) throw new SelectError('NoSuchUpload', { UploadId: uploadId.slice(0, 64) });
        if (folder !== undefined) await removeFolder(folder.bucketDirectory, folder.path);
        return result;
      }),
    );
  }

  async abort(place: Place, uploadId: string): Promise<void> {
    const folder = openUpload(place, uploadId);
    await this.#publisher.exclusively(uploadLock(place.bucketDirectory, uploadId), async () => {
      if (findUpload(place, uploadId) === undefined) throw new SelectError('NoSuchUpload', { UploadId: uploadId });
      await withStorageErrors(() => removeUpload(folder));
    });
  }

  /** Forgets the uploads of a bucket that became objects just before a crash, and those that were abandoned. */
  async sweep(bucket: string, bucketDirectory: string): Promise<void> {
    this.#swept_ms.set(bucketDirectory, Date.now());
    for (const folder of await foldersIn(bucketDirectory)) {
      // why: what an upload has become is no link.
      const place = placeOf(bucket, bucketDirectory, folder.record.key, 'refused');
      await this.#publisher.exclusively(uploadLock(bucketDirectory, folder.info.uploadId), async () => {
        if (folder.isAbandoned || uploadOf(place) === folder.info.uploadId) await removeUpload(folder);
      });
    }
  }

  async #record(folder: UploadFolder, part: StoredPart, file: PartFile): Promise<void> {
    await file.sync();
    await this.#publisher.exclusively(uploadLock(folder.bucketDirectory, folder.info.uploadId), async () => {
      const before = folder.part(part.number);
      await folder.writePart(part);
      file.keep();
      if (before !== undefined) folder.removeOwnFile(before.file);
    });
  }

  async #complete(place: Place, folder: UploadFolder, request: CompleteUploadRequest): Promise<PutResult> {
    checkCondition(place, request.condition ?? {});
    const stored = new Map<number, StoredPart>();
    for (const { number } of request.parts) {
      const part = folder.part(number);
      if (part !== undefined) stored.set(number, part);
      if (stored.size % recordsPerTurn === 0) await setImmediate();
    }
    const { info, record } = folder;
    const completion = planCompletion(request, info.checksum, (number) => stored.get(number));
    const { etag, size, checksum, layout } = completion;
    const file = await assemble(folder, completion);
    try {
      const metadata = { etag, ...record.description, checksum, parts: layout, uploadId: info.uploadId };
      const { path, identity } = file;
      const { condition = {} } = request;
      await this.#publisher.publishing(place, async () => {
        await settled(place.path);
        await writerThread().run({ kind: 'publish', place, path, identity, metadata, condition });
      });
    } finally {
      await file.discard();
    }
    return { etag, size, lastModified: file.lastModified, checksum };
  }
}

const sweepPeriod_ms = 60 * 60 * 1000;

/** Small files read between two turns of the event loop: about a millisecond. */
const recordsPerTurn = 32;

function uploadLock(bucketDirectory: string, uploadId: string): string {
  return `${bucketDirectory}\0${uploadId}`;
}

function findUpload({ bucketDirectory, key }: Place, uploadId: string): UploadFolder | undefined {
  const folder = openUploadFolder(bucketDirectory, uploadId);
  return folder?.record.key === key ? folder : undefined;
}

/** Raises `NoSuchUpload`. */
function openUpload(place: Place, uploadId: string): UploadFolder {
  const folder = findUpload(place, uploadId);
  if (folder === undefined) throw new SelectError('NoSuchUpload', { UploadId: uploadId.slice(0, 64) });
  return folder;
}

/** Runs work on an upload, which may be completed, aborted, or deleted with its bucket meanwhile. */
async function orGone<T>(place: Place, work: () => Promise<T>): Promise<T> {
  return withStorageErrors(async () => {
    try {
      return await work();
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      throw new SelectError(fs.existsSync(place.bucketDirectory) ? 'NoSuchUpload' : 'NoSuchBucket', {}, { cause: error });
    }
  });
}

/** The upload that the present object of a key came of. */
function uploadOf(place: Place): string | undefined {
  const present = presentFile(place);
  return present && readMetadata(place.bucketDirectory, place.key, present).uploadId;
}

/** What completing the upload answered before, if it did and the object is still there: the client asks again when it heard no answer. */
function completedBefore(place: Place, request: CompleteUploadRequest): PutResult | undefined {
  const present = presentFile(place);
  if (present === undefined) return undefined;
  const { etag, checksum, uploadId } = readMetadata(place.bucketDirectory, place.key, present);
  if (uploadId !== request.uploadId || completedEtag(request.parts) !== etag) return undefined;
  return { etag, size: Number(present.size), lastModified: present.mtime, checksum };
}

async function foldersIn(bucketDirectory: string): Promise<UploadFolder[]> {
  const folders: UploadFolder[] = [];
  for (const [index, uploadId] of uploadIdsIn(bucketDirectory).entries()) {
    const folder = openUploadFolder(bucketDirectory, uploadId);
    if (folder !== undefined) folders.push(folder);
    if (index % recordsPerTurn === 0) await setImmediate();
  }
  return folders;
}

async function removeUpload(folder: UploadFolder): Promise<void> {
  await removeFolder(folder.bucketDirectory, folder.path);
  await syncDirectory(folder.parent);
}
