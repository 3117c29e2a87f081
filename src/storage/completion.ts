/** Whether the parts of an upload make the object that is asked for, and what it is then. Knows no store. */
import { createHash } from 'node:crypto';
import type { Checksum } from '../auth/checksum.ts';
import { combineChecksums } from '../auth/checksum.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { namesEtag } from './conditions.ts';
import type { CompleteUploadRequest, NamedPart, PartInfo, UploadChecksum, UploadInfo } from './multipart.ts';
import type { ObjectChecksum } from './object.ts';
import type { PartLayout } from './part-layout.ts';
import { layoutOf } from './part-layout.ts';

/** The object that parts make. */
export interface Completion<StoredPart extends PartInfo> {
  /** In the order of their bytes. */
  readonly parts: readonly StoredPart[];
  readonly size: number;
  readonly etag: string;
  readonly checksum: ObjectChecksum | undefined;
  readonly layout: PartLayout;
}

/**
 * `partOf`: the part stored under a number.
 * @throws SelectError InvalidPart, InvalidPartOrder, EntityTooSmall, EntityTooLarge, BadDigest, InvalidRequest
 */
export function planCompletion<StoredPart extends PartInfo>(
  request: CompleteUploadRequest,
  uploadChecksum: UploadChecksum | undefined,
  partOf: (number: number) => StoredPart | undefined,
): Completion<StoredPart> {
  const named = lastNamed(request.parts);
  if (named.some(({ number }, at) => number <= (named[at - 1]?.number ?? 0))) throw new SelectError('InvalidPartOrder');
  const parts = named.map((part) => storedPart(part, request.uploadId, uploadChecksum, partOf(part.number)));
  checkSizes(parts, request.size);
  const etag = completedEtag(parts);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  return { parts, size, etag, checksum: checksumOf(parts, request, uploadChecksum), layout: layoutOf(parts) };
}

/**
 * Whether a part came with the kind of checksum that its upload was created for, or with none.
 * @throws SelectError InvalidRequest
 */
export function checkPartChecksum({ checksum }: UploadInfo, sent: Checksum | undefined): void {
  if (checksum === undefined || sent === undefined || sent.algorithm === checksum.algorithm) return;
  const reason = `the upload was created with a ${checksum.algorithm} checksum, and the part has one of ${sent.algorithm}`;
  throw new SelectError('InvalidRequest', { reason });
}

/** The ETag of the object that these parts make. */
export function completedEtag(parts: readonly Pick<NamedPart, 'number' | 'etag'>[]): string {
  const named = lastNamed(parts);
  const md5s = named.map(({ etag }) => Buffer.from(etag.replaceAll('"', ''), 'hex'));
  return `"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-${named.length}"`;
}

/** Of a part that is named twice in a row, as after it was sent again, the last name counts. */
function lastNamed<P extends { readonly number: number }>(parts: readonly P[]): readonly P[] {
  return parts.filter(({ number }, at) => number !== parts[at + 1]?.number);
}

function storedPart<StoredPart extends PartInfo>(
  { number, etag, checksum }: NamedPart,
  uploadId: string,
  uploadChecksum: UploadChecksum | undefined,
  stored: StoredPart | undefined,
): StoredPart {
  const isSame =
    stored !== undefined &&
    etag.trim() !== '*' &&
    namesEtag(etag, stored.etag) &&
    // why: of an upload without checksums those of its parts are not kept.
    (checksum === undefined ||
      uploadChecksum === undefined ||
      (checksum.algorithm === uploadChecksum.algorithm && checksum.base64 === stored.checksum));
  if (!isSame) throw new SelectError('InvalidPart', { UploadId: uploadId, PartNumber: String(number), ETag: etag.slice(0, 64) });
  return stored;
}

function checkSizes(parts: readonly PartInfo[], expected: number | undefined): void {
  const small = parts.slice(0, -1).find(({ size }) => size < limits.part_bytes_min);
  if (small !== undefined) {
    throw new SelectError('EntityTooSmall', {
      bytes_min: limits.part_bytes_min,
      ProposedSize: String(small.size),
      MinSizeAllowed: String(limits.part_bytes_min),
      PartNumber: String(small.number),
      ETag: small.etag,
    });
  }
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (size > limits.object_bytes_max) throw new SelectError('EntityTooLarge', { bytes_max: limits.object_bytes_max });
  if (expected !== undefined && expected !== size) {
    throw new SelectError('InvalidRequest', { reason: `the parts have ${size} bytes, and x-amz-mp-object-size says ${expected}` });
  }
}

function checksumOf(
  parts: readonly PartInfo[],
  { checksum, checksumType }: CompleteUploadRequest,
  uploadChecksum: UploadChecksum | undefined,
): ObjectChecksum | undefined {
  if (uploadChecksum === undefined) return undefined;
  const { algorithm, type } = uploadChecksum;
  const other = checksum !== undefined && checksum.algorithm !== algorithm ? checksum.algorithm : undefined;
  if (other !== undefined || (checksumType ?? type) !== type) {
    const reason = `the upload was created with a ${type} ${algorithm} checksum, and its completion names ${other ?? checksumType}`;
    throw new SelectError('InvalidRequest', { reason });
  }
  const known = parts.map(({ size, checksum: base64 = '' }) => ({ size, base64 }));
  const value = combineChecksums(algorithm, type, known);
  if (checksum !== undefined && checksum.base64 !== value && checksum.base64 !== value.replace(/-\d+$/, '')) {
    throw new SelectError('BadDigest', { checksum: algorithm.toUpperCase() });
  }
  return { algorithm, type, value };
}
