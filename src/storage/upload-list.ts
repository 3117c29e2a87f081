/** Ids of multipart uploads, and pages of them. Knows no store. */
import { randomBytes } from 'node:crypto';
import { limits } from '../base/limits.ts';
import { compareUtf8 } from './listing.ts';
import type { ListUploadsRequest, UploadInfo, UploadPage } from './multipart.ts';

/** An id that nobody can guess, and that later uploads have greater ones of; of letters that paths and URLs keep as they are. */
export function newUploadId(): string {
  return Date.now().toString(16).padStart(12, '0') + randomBytes(10).toString('hex');
}

export function isUploadId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/** One page of all uploads of a bucket, in whatever order they come. */
export function pageOfUploads(all: readonly UploadInfo[], request: ListUploadsRequest): UploadPage {
  const { prefix = '', delimiter = '', afterKey = '', afterUploadId = '' } = request;
  const max = Math.min(request.maxUploads ?? limits.list_keys_max, limits.list_keys_max);
  const isAfter = ({ key, uploadId }: UploadInfo): boolean =>
    compareUtf8(key, afterKey) > 0 || (key === afterKey && afterUploadId !== '' && uploadId > afterUploadId);
  const uploads: UploadInfo[] = [];
  const commonPrefixes: string[] = [];
  let last = { key: afterKey, uploadId: afterUploadId };
  for (const upload of all.filter(({ key }) => key.startsWith(prefix)).sort(byKeyAndAge)) {
    const at = delimiter === '' ? -1 : upload.key.indexOf(delimiter, prefix.length);
    const commonPrefix = at < 0 ? undefined : upload.key.slice(0, at + delimiter.length);
    if (!isAfter(upload) || commonPrefix === (commonPrefixes.at(-1) ?? afterKey)) continue;
    if (uploads.length + commonPrefixes.length >= max) return { uploads, commonPrefixes, isTruncated: max > 0, next: last };
    if (commonPrefix === undefined) uploads.push(upload);
    else commonPrefixes.push(commonPrefix);
    last = commonPrefix === undefined ? { key: upload.key, uploadId: upload.uploadId } : { key: commonPrefix, uploadId: '' };
  }
  return { uploads, commonPrefixes, isTruncated: false };
}

function byKeyAndAge(a: UploadInfo, b: UploadInfo): number {
  return compareUtf8(a.key, b.key) || (a.uploadId < b.uploadId ? -1 : 1);
}
