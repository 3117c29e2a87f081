/** Request bodies that are read whole, which are documents, and the length of those that are stored. */
import type { DecodedBody } from '../auth/payload.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { ApiRequest } from './http.ts';

/** @throws SelectError MalformedXML (over `request_xml_bytes_max`), and what the body raises */
export function readXmlBody(body: DecodedBody): Promise<Uint8Array> {
  const bytes_max = limits.request_xml_bytes_max;
  return readBody(body, bytes_max, () => new SelectError('MalformedXML', { reason: `it is longer than ${bytes_max} bytes` }));
}

/** @throws what `tooLong` makes, and what the body raises */
export async function readBody(body: DecodedBody, bytes_max: number, tooLong: () => SelectError): Promise<Uint8Array> {
  if ((body.length ?? 0) > bytes_max) throw tooLong();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > bytes_max) throw tooLong();
    pieces.push(piece);
  }
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces, bytes);
}

/** @throws SelectError MissingContentLength, EntityTooLarge */
export function checkUploadLength(headers: ApiRequest['headers'], { length }: DecodedBody): void {
  if (length === undefined && headers['transfer-encoding'] === undefined) throw new SelectError('MissingContentLength');
  if ((length ?? 0) > limits.put_bytes_max) throw new SelectError('EntityTooLarge', { bytes_max: limits.put_bytes_max });
}
