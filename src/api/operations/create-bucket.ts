import { SelectError } from '../../base/errors.ts';
import type { OperationBody } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';
import { parseXml } from '../request-xml.ts';

export const createBucket: OperationBody = {
  parameters: [],
  unsupportedHeaders: {
    'x-amz-acl': ['private'],
    'x-amz-bucket-object-lock-enabled': ['false', 'False'],
    'x-amz-grant-*': [],
    'x-amz-object-ownership': ['BucketOwnerEnforced', 'BucketOwnerPreferred'],
  },
  async handle({ services, bucket, body }) {
    const document = await readXmlBody(body);
    if (document.length > 0) checkConfiguration(document);
    await services.store.createBucket(bucket);
    return { status: 200, headers: { location: `/${bucket}`, 'content-length': '0' }, body: null };
  },
};

/** A server has one place to keep buckets, so whatever LocationConstraint names is that place. */
function checkConfiguration(document: Uint8Array): void {
  const { name, children } = parseXml(document);
  if (name !== 'CreateBucketConfiguration') throw new SelectError('MalformedXML', { reason: 'the root element is not known' });
  const other = children.find((child) => child.name !== 'LocationConstraint');
  if (other !== undefined) throw new SelectError('NotImplemented', { reason: `${other.name.slice(0, 64)} of a bucket` });
}
