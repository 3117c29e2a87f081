import { SelectError } from '../../base/errors.ts';
import type { NamedPart } from '../../storage/multipart.ts';
import type { PutResult } from '../../storage/object.ts';
import { algorithmOf, objectChecksumXml, readChecksumType, readObjectChecksum } from '../checksums.ts';
import { writeConditionOf } from '../conditions.ts';
import type { ApiResponse } from '../http.ts';
import type { OperationBody, OperationContext } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';
import { parseXml, type XmlElement } from '../request-xml.ts';
import { answerSlowly } from '../slow-answer.ts';
import { readPartNumber, uploadPlaceOf } from '../uploads.ts';
import { textElement, xmlAnswer } from '../xml-answer.ts';

export const completeMultipartUpload: OperationBody = {
  parameters: [],
  namesObjectChecksum: true,
  async handle(context) {
    const { services, request, body } = context;
    const { headers } = request;
    const place = uploadPlaceOf(context);
    const document = await readXmlBody(body);
    const size = readSize(headers['x-amz-mp-object-size']);
    const checksum = readObjectChecksum(headers);
    const checksumType = readChecksumType(headers);
    const condition = writeConditionOf(headers);
    const parts = readParts(document);
    const work = services.store.completeUpload({ ...place, parts, size, checksum, checksumType, condition });
    return answerSlowly(
      request,
      work.then((result) => answerOf(context, result)),
    );
  },
};

function answerOf({ request, bucket, key }: OperationContext, { etag, checksum }: PutResult): ApiResponse {
  const scheme = request.secure ? 'https' : 'http';
  const content = [
    textElement('Location', `${scheme}://${request.headers['host'] ?? ''}${request.rawPath}`),
    textElement('Bucket', bucket),
    textElement('Key', key),
    textElement('ETag', etag),
    objectChecksumXml(checksum),
  ];
  return xmlAnswer('CompleteMultipartUploadResult', content.join(''));
}

/** @throws SelectError MalformedXML, InvalidArgument */
function readParts(document: Uint8Array): NamedPart[] {
  if (document.length === 0) throw new SelectError('MalformedXML', { reason: 'no parts are named' });
  const { name, children } = parseXml(document);
  // why: the second name is what older SDKs send.
  if (name !== 'CompleteMultipartUpload' && name !== 'CompletedMultipartUpload')
    throw new SelectError('MalformedXML', { reason: 'the root element is not known' });
  const parts = children.filter((child) => child.name === 'Part').map(readPart);
  if (parts.length === 0) throw new SelectError('MalformedXML', { reason: 'no parts are named' });
  return parts;
}

function readPart({ children }: XmlElement): NamedPart {
  const textOf = (name: string): string | undefined => children.find((child) => child.name === name)?.text.trim();
  const etag = textOf('ETag');
  if (etag === undefined) throw new SelectError('MalformedXML', { reason: 'a part has no ETag' });
  const number = readPartNumber(textOf('PartNumber'));
  for (const child of children) {
    const algorithm = algorithmOf(child.name);
    if (algorithm !== undefined && child.text !== '') return { number, etag, checksum: { algorithm, base64: child.text.trim() } };
  }
  return { number, etag };
}

function readSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new SelectError('InvalidRequest', { reason: 'x-amz-mp-object-size is not a number of bytes' });
  return Number(text);
}
