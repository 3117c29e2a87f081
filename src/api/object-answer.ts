/** What GetObject and HeadObject answer alike: the status, the headers, and which bytes are asked for. */
import type { ByteRange } from '../base/bytes.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { ObjectChecksum, ObjectInfo } from '../storage/object.ts';
import { partCount, partsOf } from '../storage/part-layout.ts';
import { checksumHeaders } from './checksums.ts';
import { isNotModified, rangeOf } from './conditions.ts';
import type { ApiRequest } from './http.ts';
import { descriptionOf, responseOverrideParameters } from './object-headers.ts';

export const objectParameters = ['versionId', 'partNumber', ...responseOverrideParameters];

export interface ObjectAnswer {
  readonly status: 200 | 206 | 304;
  readonly headers: Record<string, string>;
  /** The bytes of the body. */
  readonly range: ByteRange;
}

/** @throws SelectError PreconditionFailed, InvalidRange, InvalidPartNumber, InvalidArgument, InvalidRequest */
export function answerOf(info: ObjectInfo, request: ApiRequest, query: ReadonlyMap<string, string>): ObjectAnswer {
  const headers = descriptionOf(info, query);
  if (isNotModified(info, request.headers)) return { status: 304, headers: notModifiedHeaders(headers), range: { start: 0, end: 0 } };
  const { range, checksum } = selectionOf(info, request.headers, query.get('partNumber'));
  const isWanted = request.headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED';
  if (isWanted) Object.assign(headers, checksumHeaders(checksum));
  if (query.has('partNumber') && info.parts !== undefined) headers['x-amz-mp-parts-count'] = String(partCount(info.parts));
  const { start, end } = range ?? { start: 0, end: info.size };
  headers['content-length'] = String(end - start);
  if (range === undefined) return { status: 200, headers, range: { start, end } };
  headers['content-range'] = `bytes ${start}-${end - 1}/${info.size}`;
  return { status: 206, headers, range };
}

/** Which bytes are asked for, undefined for all of them, and the checksum of just these, where it is known. */
function selectionOf(
  info: ObjectInfo,
  headers: ApiRequest['headers'],
  partNumber: string | undefined,
): { readonly range: ByteRange | undefined; readonly checksum: ObjectChecksum | undefined } {
  if (partNumber === undefined) {
    const range = rangeOf(info, headers);
    return { range, checksum: range === undefined ? info.checksum : undefined };
  }
  if (headers['range'] !== undefined) {
    throw new SelectError('InvalidRequest', { reason: 'Cannot specify both Range header and partNumber query parameter' });
  }
  const { range, checksum } = partOf(info, partNumber);
  // why: a range of no bytes has no form in HTTP.
  return { range: range.start === range.end ? undefined : range, checksum };
}

function partOf(
  { size, parts, checksum }: ObjectInfo,
  text: string,
): { readonly range: ByteRange; readonly checksum: ObjectChecksum | undefined } {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > limits.part_number_max) {
    throw new SelectError('InvalidArgument', {
      reason: `Part number must be an integer between 1 and ${limits.part_number_max}, inclusive`,
    });
  }
  if (parts === undefined && number === 1) return { range: { start: 0, end: size }, checksum };
  const [part] = parts === undefined ? [] : partsOf(parts, number, 1);
  if (part === undefined) {
    throw new SelectError('InvalidPartNumber', {
      PartNumberRequested: String(number),
      ActualPartCount: String(parts === undefined ? 1 : partCount(parts)),
    });
  }
  const value = part.checksum;
  return { range: part.range, checksum: checksum === undefined || value === undefined ? undefined : { ...checksum, value } };
}

/** What a client may update of the copy it has. */
function notModifiedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const names = ['etag', 'last-modified', 'cache-control', 'expires'];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));
}
