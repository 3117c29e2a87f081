import { limits } from '../../base/limits.ts';
import type { OperationBody } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';
import { parseTagging, tagSetXml } from '../tagging.ts';
import { checkVersion } from '../versions.ts';
import { xmlAnswer } from '../xml-answer.ts';

export const getObjectTagging: OperationBody = {
  parameters: ['versionId'],
  async handle({ services, bucket, key, query }) {
    checkVersion(query.get('versionId'));
    const { tags } = await services.store.headObject(bucket, key);
    const sorted = Object.entries(tags).toSorted(([one], [other]) => (one < other ? -1 : 1));
    return xmlAnswer('Tagging', tagSetXml(Object.fromEntries(sorted)));
  },
};

export const putObjectTagging: OperationBody = {
  parameters: ['versionId'],
  async handle({ services, bucket, key, query, body }) {
    checkVersion(query.get('versionId'));
    await services.store.setTags(bucket, key, parseTagging(await readXmlBody(body), limits.object_tags_max));
    return { status: 200, headers: { 'content-length': '0' }, body: null };
  },
};

export const deleteObjectTagging: OperationBody = {
  parameters: ['versionId'],
  async handle({ services, bucket, key, query }) {
    checkVersion(query.get('versionId'));
    await services.store.setTags(bucket, key, {});
    return { status: 204, headers: {}, body: null };
  },
};
