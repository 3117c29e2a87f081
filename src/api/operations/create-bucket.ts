import type { Identity } from '../../auth/identity.ts';
import { ownerOf } from '../../auth/state.ts';
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { checkAclHeaders } from '../acl.ts';
import { changeBucket, forgetBucket } from '../bucket-settings.ts';
import type { OperationBody, OperationContext, Services } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';
import { parseXml } from '../request-xml.ts';
import { type Tags, tagsOf } from '../tagging.ts';
import { ownershipEnforced } from './ownership-controls.ts';

export const createBucket: OperationBody = {
  parameters: [],
  unsupportedHeaders: {
    'x-amz-bucket-object-lock-enabled': ['false', 'False'],
    'x-amz-object-ownership': [ownershipEnforced],
  },
  async handle(context) {
    const { services, request, identity, bucket, body } = context;
    checkAclHeaders(request.headers, 'InvalidBucketAclWithObjectOwnership');
    const document = await readXmlBody(body);
    const tagging = document.length > 0 ? readConfiguration(document, services) : undefined;
    if (tagging !== undefined) await authorizeTags(context, tagging);
    if (await create(services, bucket, identity)) {
      try {
        // Nothing of an earlier bucket of this name counts.
        await forgetBucket(services, bucket);
        const owner = identity.kind === 'user' ? identity.id : undefined;
        if (owner !== undefined || tagging !== undefined) await changeBucket(services, bucket, { owner, tagging });
      } catch (error) {
        // why: left there, it would be another's, or have the policy of the earlier one.
        await services.store.deleteBucket(bucket).catch(() => {});
        throw error;
      }
    } else if (tagging !== undefined) {
      throw new SelectError('BucketAlreadyOwnedByYou');
    }
    return { status: 200, headers: { location: `/${bucket}`, 'content-length': '0' }, body: null };
  },
};

/** Tags at the creation of a bucket need a permission of their own. */
function authorizeTags({ authorize, bucket }: OperationContext, tagging: Tags): Promise<void> {
  const values = Object.entries(tagging).map(([key, value]) => [`aws:RequestTag/${key}`, value]);
  return authorize('s3:TagResource', bucket, '', { ...Object.fromEntries(values), 'aws:TagKeys': Object.keys(tagging) });
}

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

/** Checks the place that a configuration asks for; answers the tags it gives. */
function readConfiguration(document: Uint8Array, services: Services): Tags | undefined {
  const { name, children } = parseXml(document);
  if (name !== 'CreateBucketConfiguration') throw new SelectError('MalformedXML', { reason: 'the root element is not known' });
  let tagging: Tags | undefined;
  for (const child of children) {
    if (child.name === 'LocationConstraint') checkLocation(child.text.trim(), services);
    else if (child.name === 'Tags' && child.children.length > 0) tagging = tagsOf(child, limits.bucket_tags_max);
    else if (child.name !== 'Tags') throw new SelectError('NotImplemented', { reason: `${child.name.slice(0, 64)} of a bucket` });
  }
  return tagging;
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
