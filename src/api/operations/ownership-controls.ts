/** Who owns the objects of a bucket: its owner, whoever wrote them. Other ownerships come with access control lists, which nobody can be given. */
import { SelectError } from '../../base/errors.ts';
import type { OperationBody } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';
import { parseXml } from '../request-xml.ts';
import { element, textElement, xmlAnswer } from '../xml-answer.ts';

export const ownershipEnforced = 'BucketOwnerEnforced';

export const getOwnershipControls: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    return xmlAnswer('OwnershipControls', element('Rule', textElement('ObjectOwnership', ownershipEnforced)));
  },
};

export const putOwnershipControls: OperationBody = {
  parameters: [],
  async handle({ services, bucket, body }) {
    await services.store.headBucket(bucket);
    const ownership = parseOwnership(await readXmlBody(body));
    if (ownership !== ownershipEnforced) throw new SelectError('NotImplemented', { reason: `the ObjectOwnership ${ownership}` });
    return { status: 200, headers: { 'content-length': '0' }, body: null };
  },
};

function parseOwnership(document: Uint8Array): string {
  const { name, children } = parseXml(document);
  const [rule, ...others] = children;
  const [ownership, ...more] = rule?.children ?? [];
  const isOne = name === 'OwnershipControls' && rule?.name === 'Rule' && others.length === 0;
  const text = ownership?.name === 'ObjectOwnership' && more.length === 0 ? ownership.text.trim() : '';
  if (!isOne || ![ownershipEnforced, 'BucketOwnerPreferred', 'ObjectWriter'].includes(text)) {
    throw new SelectError('MalformedXML', { reason: 'it is not one Rule with an ObjectOwnership in OwnershipControls' });
  }
  return text;
}
