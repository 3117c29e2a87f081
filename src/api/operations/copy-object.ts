import type { ChecksumAlgorithm } from '../../auth/checksum.ts';
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { DescriptionRequest, ObjectInfo } from '../../storage/object.ts';
import { checkAclHeaders } from '../acl.ts';
import { objectChecksumXml, readAlgorithm } from '../checksums.ts';
import { writeConditionOf } from '../conditions.ts';
import { type CopySource, copiedBytes, copySourceHeader, openCopySource, readCopySource } from '../copy-source.ts';
import type { ApiRequest } from '../http.ts';
import { describedBy } from '../object-headers.ts';
import type { OperationBody, OperationContext } from '../operation.ts';
import { answerSlowly } from '../slow-answer.ts';
import { textElement, xmlAnswer } from '../xml-answer.ts';

export const copyObject: OperationBody = {
  parameters: [],
  header: copySourceHeader,
  unsupportedHeaders: { 'x-amz-object-lock-*': [], 'x-amz-copy-source-server-side-encryption*': [] },
  async handle(context) {
    const { services, request, bucket, key } = context;
    const { headers, signal } = request;
    checkAclHeaders(headers);
    const source = readCopySource(headers);
    const replaces = { metadata: isReplace(headers, 'metadata'), tagging: isReplace(headers, 'tagging') };
    const changes = replaces.metadata || selfCopyHeaders.some((name) => headers[name] !== undefined);
    if (source.bucket === bucket && source.key === key && !changes) throw new SelectError('InvalidRequest', { reason: illegalSelfCopy });
    const described = describedBy(headers);
    const algorithm = readAlgorithm(headers['x-amz-checksum-algorithm']);
    const object = await openCopySource(context, source);
    try {
      const { info } = object;
      if (info.size > limits.put_bytes_max) {
        throw new SelectError('InvalidRequest', {
          reason: `the copy source is larger than ${limits.put_bytes_max} bytes: copy it in parts`,
        });
      }
      const description = await descriptionOfCopy(context, source, info, described, replaces);
      const work = services.store.putObject({
        bucket,
        key,
        ...description,
        body: copiedBytes(object, { start: 0, end: info.size }, signal),
        size: info.size,
        checksumAlgorithm: algorithm ?? (info.checksum?.algorithm as ChecksumAlgorithm | undefined),
        condition: writeConditionOf(headers),
        signal,
      });
      return await answerSlowly(
        request,
        work
          .then(({ etag, lastModified, checksum }) => {
            const content = [
              textElement('LastModified', lastModified.toISOString()),
              textElement('ETag', etag),
              objectChecksumXml(checksum),
            ];
            return xmlAnswer('CopyObjectResult', content.join(''));
          })
          .finally(() => object.close()),
      );
    } catch (error) {
      await object.close();
      throw error;
    }
  },
};

/** Headers that change an object that is copied to itself. */
const selfCopyHeaders = ['x-amz-storage-class', 'x-amz-website-redirect-location', 'x-amz-checksum-algorithm'];

const illegalSelfCopy =
  "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, " +
  'storage class, website redirect location or encryption attributes';

/** @throws SelectError InvalidArgument */
function isReplace(headers: ApiRequest['headers'], what: 'metadata' | 'tagging'): boolean {
  const directive = headers[`x-amz-${what}-directive`] ?? 'COPY';
  if (directive === 'COPY' || directive === 'REPLACE') return directive === 'REPLACE';
  throw new SelectError('InvalidArgument', { reason: `Unknown ${what} directive`, ArgumentName: `x-amz-${what}-directive` });
}

/** What is said of the copy: by its source, by the request, or by both. The storage class and the redirection are never copied. */
async function descriptionOfCopy(
  { authorize, bucket, key }: OperationContext,
  source: CopySource,
  info: ObjectInfo,
  described: DescriptionRequest,
  replaces: { readonly metadata: boolean; readonly tagging: boolean },
): Promise<DescriptionRequest> {
  const redirect = described.contentHeaders?.['x-amz-website-redirect-location'];
  const { 'x-amz-website-redirect-location': _, ...copiedHeaders } = info.contentHeaders;
  const contentHeaders = redirect === undefined ? copiedHeaders : { ...copiedHeaders, 'x-amz-website-redirect-location': redirect };
  const kept = replaces.metadata ? described : { contentType: info.contentType, metadata: info.metadata, contentHeaders };
  if (!replaces.tagging && Object.keys(info.tags).length > 0) {
    await authorize('s3:GetObjectTagging', source.bucket, source.key);
    await authorize('s3:PutObjectTagging', bucket, key);
  }
  return { ...kept, storageClass: described.storageClass, tags: replaces.tagging ? described.tags : info.tags };
}
