import type { Identity } from '../../auth/identity.ts';
import { ownerOf } from '../../auth/state.ts';
import { SelectError } from '../../base/errors.ts';
import { checkAclHeaders } from '../acl.ts';
import type { OperationBody, Services } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';
import { parseXml } from '../request-xml.ts';

export const createBucket: OperationBody = {
  parameters: [],
  unsupportedHeaders: {
    'x-amz-bucket-object-lock-enabled': ['false', 'False'],
    'x-amz-object-ownership': ['BucketOwnerEnforced'],
  },
  async handle({ services, request, identity, bucket, body }) {
    checkAclHeaders(request.headers);
    const document = await readXmlBody(body);
    if (document.length > 0) checkConfiguration(document, services);
    if (await create(services, bucket, identity)) {
      // Nothing of an earlier bucket of this name counts.
      await services.state.forgetBucket(bucket);
      if (identity.kind === 'user') await services.state.changeBucket(bucket, { owner: identity.id });
    }
    return { status: 200, headers: { location: `/${bucket}`, 'content-length': '0' }, body: null };
  },
};

/** Makes a bucket; answers whether it is new. */
async function create({ store, state, region }: Services, bucket: string, identity: Identity): Promise<boolean> {
  try {
    await store.createBucket(bucket);
    return true;
  } catch (error) {
    if (!(error instanceof SelectError) || error.code !== 'BucketAlreadyOwnedByYou') throw error;
    if (ownerOf(state, bucket).id !== identity.id) throw new SelectError('BucketAlreadyExists');
    // why: in its first region, and only there, S3 lets a bucket be made by its owner again.
    if (region === 'us-east-1') return false;
    throw error;
  }
}

function checkConfiguration(document: Uint8Array, services: Services): void {
  const { name, children } = parseXml(document);
  if (name !== 'CreateBucketConfiguration') throw new SelectError('MalformedXML', { reason: 'the root element is not known' });
  for (const child of children) {
    if (child.name !== 'LocationConstraint') throw new SelectError('NotImplemented', { reason: `${child.name.slice(0, 64)} of a bucket` });
    checkLocation(child.text.trim(), services);
  }
}

/** A server has one place to keep buckets. Where it has no name of its own, whatever names a region is that place. */
function checkLocation(location: string, { pinnedRegion }: Services): void {
  const region = location === 'EU' ? 'eu-west-1' : location;
  if (!/^[\w.-]{0,64}$/.test(region)) throw new SelectError('InvalidLocationConstraint', { reason: 'it is not the name of a region' });
  if (region === '' || pinnedRegion === undefined || region === pinnedRegion) return;
  throw new SelectError('InvalidLocationConstraint', {
    reason: `buckets of this server are in ${pinnedRegion}`,
    LocationConstraint: location,
  });
}
