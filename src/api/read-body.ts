/** Request bodies that are read whole, which are XML documents, and the length of those that are stored. */
import type { DecodedBody } from '../auth/payload.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { ApiRequest } from './http.ts';

/** @throws SelectError MalformedXML (over `request_xml_bytes_max`), and what the body raises */
export async function readXmlBody(body: DecodedBody): Promise<Uint8Array> {
  const tooLong = (): SelectError => new SelectError('MalformedXML', { reason: `it is longer than ${limits.request_xml_bytes_max} bytes` });
  if ((body.length ?? 0) > limits.request_xml_bytes_max) throw tooLong();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > limits.request_xml_bytes_max) throw tooLong();
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
