/** Conditional requests and ranges, as RFC 9110 has them and S3 applies them to GetObject and HeadObject. */
import type { ByteRange } from '../base/bytes.ts';
import { SelectError } from '../base/errors.ts';
import { namesEtag } from '../storage/conditions.ts';
import type { DeleteCondition, ObjectInfo, WriteCondition } from '../storage/object.ts';
import type { ApiRequest } from './http.ts';

/**
 * Whether the client has this version already (304).
 * @throws SelectError PreconditionFailed
 */
export function isNotModified({ etag, lastModified }: ObjectInfo, headers: ApiRequest['headers']): boolean {
  const modified_s = Math.floor(lastModified.getTime() / 1000);
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  const unmodifiedSince_s = seconds(headers['if-unmodified-since']);
  const modifiedSince_s = seconds(headers['if-modified-since']);
  if (ifMatch !== undefined) {
    if (!namesEtag(ifMatch, etag)) throw new SelectError('PreconditionFailed', { Condition: 'If-Match' });
  } else if (unmodifiedSince_s !== undefined && modified_s > unmodifiedSince_s) {
    throw new SelectError('PreconditionFailed', { Condition: 'If-Unmodified-Since' });
  }
  if (ifNoneMatch !== undefined) return namesEtag(ifNoneMatch, etag);
  return modifiedSince_s !== undefined && modified_s <= modifiedSince_s;
}

/**
 * The one range asked for; undefined where all of the object is to be sent: no Range header, one that cannot be read, one of
 * several ranges, or one bound by `If-Range` to another version.
 * @throws SelectError InvalidRange
 */
export function rangeOf({ etag, lastModified, size }: ObjectInfo, headers: ApiRequest['headers']): ByteRange | undefined {
  const { range, 'if-range': ifRange } = headers;
  const [, first = '', last = ''] = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)$/i.exec(range?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (ifRange !== undefined && !namesEtag(ifRange, etag) && seconds(ifRange) !== Math.floor(lastModified.getTime() / 1000))
    return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (start >= size) throw new SelectError('InvalidRange', { ActualObjectSize: String(size), RangeRequested: range ?? '' });
  return { start, end };
}

/** The conditions under which a PUT or the completion of an upload is to happen. */
export function writeConditionOf(headers: ApiRequest['headers']): WriteCondition {
  return { ifMatch: headers['if-match'], ifNoneMatch: headers['if-none-match'] };
}

/** @throws SelectError InvalidArgument */
export function deleteConditionOf(headers: ApiRequest['headers']): DeleteCondition {
  const { 'if-match': ifMatch, 'x-amz-if-match-last-modified-time': time, 'x-amz-if-match-size': size } = headers;
  const lastModified_s = seconds(time);
  if (time !== undefined && lastModified_s === undefined) throw notUnderstood('x-amz-if-match-last-modified-time');
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw notUnderstood('x-amz-if-match-size');
  return {
    ifMatch,
    lastModified: lastModified_s === undefined ? undefined : new Date(lastModified_s * 1000),
    size: size === undefined ? undefined : Number(size),
  };
}

function notUnderstood(header: string): SelectError {
  return new SelectError('InvalidArgument', { reason: `the value of ${header} is not valid`, ArgumentName: header });
}

function seconds(date: string | undefined): number | undefined {
  const time_ms = date === undefined || !/^[A-Z][a-z]{2,8},? /.test(date) ? Number.NaN : Date.parse(date);
  return Number.isNaN(time_ms) ? undefined : Math.floor(time_ms / 1000);
}
