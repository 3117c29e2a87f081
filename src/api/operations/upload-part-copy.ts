import type { ByteRange } from '../../base/bytes.ts';
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { checksumXml } from '../checksums.ts';
import { copiedBytes, copySourceHeader, openCopySource, readCopySource } from '../copy-source.ts';
import type { OperationBody } from '../operation.ts';
import { answerSlowly } from '../slow-answer.ts';
import { readPartNumber, uploadPlaceOf } from '../uploads.ts';
import { textElement, xmlAnswer } from '../xml-answer.ts';

export const uploadPartCopy: OperationBody = {
  parameters: ['partNumber'],
  header: copySourceHeader,
  unsupportedHeaders: { 'x-amz-copy-source-server-side-encryption*': [] },
  async handle(context) {
    const { services, request, query } = context;
    const { headers, signal } = request;
    const number = readPartNumber(query.get('partNumber'));
    const source = readCopySource(headers);
    const place = uploadPlaceOf(context);
    const upload = await services.store.headUpload(place);
    const object = await openCopySource(context, source);
    try {
      const range = readRange(headers[`${copySourceHeader}-range`], object.info.size);
      const size = range.end - range.start;
      if (size > limits.put_bytes_max) throw new SelectError('EntityTooLarge', { bytes_max: limits.put_bytes_max });
      const work = services.store.putPart({ ...place, number, body: copiedBytes(object, range, signal), size, signal });
      return await answerSlowly(
        request,
        work
          .then(({ etag, lastModified, checksum }) => {
            const formed = upload.checksum === undefined ? '' : checksumXml(upload.checksum.algorithm, checksum);
            const content = textElement('LastModified', lastModified.toISOString()) + textElement('ETag', etag) + formed;
            return xmlAnswer('CopyPartResult', content);
          })
          .finally(() => object.close()),
      );
    } catch (error) {
      await object.close();
      throw error;
    }
  },
};

/** Other than in GetObject, both ends are to be given, and to be within the object. */
function readRange(header: string | undefined, size: number): ByteRange {
  if (header === undefined) return { start: 0, end: size };
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  if (first === undefined || last === undefined || Number(last) < Number(first)) {
    const reason = 'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets';
    throw new SelectError('InvalidArgument', { reason, ArgumentName: `${copySourceHeader}-range`, ArgumentValue: header.slice(0, 64) });
  }
  if (Number(last) >= size) throw new SelectError('InvalidRange', { ActualObjectSize: String(size), RangeRequested: header });
  return { start: Number(first), end: Number(last) + 1 };
}
