/** Errors as HTTP answers. */
import { SelectError } from '../base/errors.ts';
import type { ErrorContext } from './errors-xml.ts';
import { errorXml } from './errors-xml.ts';
import type { ApiResponse } from './http.ts';

/** Anything thrown as the error to tell: what is not in the catalogue is a fault of ours, and its text nobody's business. */
export function asSelectError(error: unknown): SelectError {
  return error instanceof SelectError ? error : new SelectError('InternalError', {}, { cause: error });
}

/** `head`: the answer to a HEAD request, which has no body. */
export function errorAnswer(error: SelectError, context: ErrorContext, head: boolean): ApiResponse {
  const headers: Record<string, string> = { 'content-type': 'application/xml' };
  const { Region, ActualObjectSize } = error.params;
  if (error.status === 503) headers['retry-after'] = '1';
  // why: clients that signed for another region read the right one from here.
  if (Region !== undefined) headers['x-amz-bucket-region'] = String(Region);
  if (error.code === 'InvalidRange' && ActualObjectSize !== undefined) headers['content-range'] = `bytes */${ActualObjectSize}`;
  if (head) return { status: error.status, headers, body: null };
  const body = Buffer.from(errorXml(error, context));
  headers['content-length'] = String(body.length);
  return { status: error.status, headers, body };
}
