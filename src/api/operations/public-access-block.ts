/** What of its openness to everybody a bucket refuses: set, shown and taken away. */
import type { PublicAccessBlock } from '../../auth/state.ts';
import { SelectError } from '../../base/errors.ts';
import { changeBucket } from '../bucket-settings.ts';
import type { OperationBody } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';
import { parseXml } from '../request-xml.ts';
import { textElement, xmlAnswer } from '../xml-answer.ts';

export const getPublicAccessBlock: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    const settings = services.state.bucket(bucket).publicAccessBlock;
    if (settings === undefined) throw new SelectError('NoSuchPublicAccessBlockConfiguration');
    return xmlAnswer(root, members.map(([name, element]) => textElement(element, settings[name])).join(''));
  },
};

export const putPublicAccessBlock: OperationBody = {
  parameters: [],
  async handle({ services, bucket, body }) {
    await services.store.headBucket(bucket);
    await changeBucket(services, bucket, { publicAccessBlock: parseSettings(await readXmlBody(body)) });
    return { status: 200, headers: { 'content-length': '0' }, body: null };
  },
};

export const deletePublicAccessBlock: OperationBody = {
  parameters: [],
  async handle({ services, bucket }) {
    await services.store.headBucket(bucket);
    await changeBucket(services, bucket, { publicAccessBlock: undefined });
    return { status: 204, headers: {}, body: null };
  },
};

const root = 'PublicAccessBlockConfiguration';

const members: readonly (readonly [name: keyof PublicAccessBlock, element: string])[] = [
  ['blockPublicAcls', 'BlockPublicAcls'],
  ['ignorePublicAcls', 'IgnorePublicAcls'],
  ['blockPublicPolicy', 'BlockPublicPolicy'],
  ['restrictPublicBuckets', 'RestrictPublicBuckets'],
];

/** A setting that is not named is off. */
function parseSettings(document: Uint8Array): PublicAccessBlock {
  const { name, children } = parseXml(document);
  if (name !== root) throw new SelectError('MalformedXML', { reason: `the root element is not ${root}` });
  const settings = { blockPublicAcls: false, ignorePublicAcls: false, blockPublicPolicy: false, restrictPublicBuckets: false };
  for (const child of children) {
    const member = members.find(([, element]) => element === child.name);
    const isOn = /^(true|false)$/i.test(child.text.trim()) ? child.text.trim().toLowerCase() === 'true' : undefined;
    if (member === undefined || isOn === undefined) {
      throw new SelectError('MalformedXML', { reason: `${child.name.slice(0, 64)} is no setting that is true or false` });
    }
    settings[member[0]] = isOn;
  }
  return settings;
}
