/** Multipart uploads of one bucket, in memory. */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { digestingSink, receiveBody } from './body.ts';
import { checkPartChecksum, completedEtag, planCompletion } from './completion.ts';
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
  UploadPlace,
} from './multipart.ts';
import type { ObjectDescription, ObjectInfo, PutResult } from './object.ts';
import { describe } from './object.ts';
import { newUploadId, pageOfUploads } from './upload-list.ts';

export class MemoryUploads {
  readonly #uploads = new Map<string, MemoryUpload>();
  /** The uploads that objects came of. */
  readonly #origins = new WeakMap<ObjectInfo, string>();

  create({ key, checksum, initiator, ...request }: CreateUploadRequest): UploadInfo {
    const description = structuredClone(describe(request));
    const info = { key, uploadId: newUploadId(), initiatedAt: new Date(), storageClass: description.storageClass, checksum, initiator };
    this.#uploads.set(info.uploadId, { info, description, parts: new Map() });
    return info;
  }

  head(place: UploadPlace): UploadInfo {
    return this.#upload(place).info;
  }

  async putPart(request: PutPartRequest): Promise<PartInfo> {
    const { info } = this.#upload(request);
    const pieces: Uint8Array[] = [];
    const received = await receiveBody(request, info.checksum?.algorithm, (algorithms) =>
      digestingSink(algorithms, (piece) => pieces.push(Uint8Array.from(piece))),
    );
    checkPartChecksum(info, request.body.checksum);
    const part = { number: request.number, ...received, lastModified: new Date() };
    this.#upload(request).parts.set(request.number, { ...part, bytes: Buffer.concat(pieces) });
    return part;
  }

  listParts(request: ListPartsRequest): PartPage {
    const { info, parts } = this.#upload(request);
    const { after = 0, maxParts = limits.list_keys_max } = request;
    const max = Math.min(maxParts, limits.list_keys_max);
    const rest = [...parts.values()].filter(({ number }) => number > after).sort((a, b) => a.number - b.number);
    const page = rest.slice(0, max).map(({ bytes: _, ...part }) => part);
    return { upload: info, parts: page, isTruncated: max > 0 && rest.length > max };
  }

  list(request: ListUploadsRequest): UploadPage {
    const uploads = [...this.#uploads.values()].map(({ info }) => info);
    return pageOfUploads(uploads, request);
  }

  /** `present`: the object of the key. `publish`: puts the new one in its place, or raises. */
  complete(
    request: CompleteUploadRequest,
    present: ObjectInfo | undefined,
    publish: (info: ObjectInfo, bytes: Uint8Array) => void,
  ): PutResult {
    const { key, uploadId } = request;
    const wasCompleted = present !== undefined && this.#origins.get(present) === uploadId;
    if (wasCompleted && completedEtag(request.parts) === present.etag) return present;
    const upload = this.#upload(request);
    const { parts, size, etag, checksum, layout } = planCompletion(request, upload.info.checksum, (number) => upload.parts.get(number));
    const info = { key, size, etag, lastModified: new Date(), ...upload.description, checksum, parts: layout };
    publish(info, Buffer.concat(parts.map(({ bytes }) => bytes)));
    this.#origins.set(info, uploadId);
    this.#uploads.delete(uploadId);
    return info;
  }

  abort(place: UploadPlace): void {
    this.#upload(place);
    this.#uploads.delete(place.uploadId);
  }

  #upload({ key, uploadId }: UploadPlace): MemoryUpload {
    const found = this.#uploads.get(uploadId);
    if (found?.info.key !== key) throw new SelectError('NoSuchUpload', { UploadId: uploadId.slice(0, 64) });
    return found;
  }
}

interface MemoryPart extends PartInfo {
  readonly bytes: Uint8Array;
}

interface MemoryUpload {
  readonly info: UploadInfo;
  readonly description: ObjectDescription;
  readonly parts: Map<number, MemoryPart>;
}
