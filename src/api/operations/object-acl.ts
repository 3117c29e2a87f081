import { ownerOf } from '../../auth/state.ts';
import { checkAcl, ownerAclXml } from '../acl.ts';
import type { OperationBody } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';
import { checkVersion } from '../versions.ts';
import { xmlAnswer } from '../xml-answer.ts';

export const getObjectAcl: OperationBody = {
  parameters: ['versionId'],
  async handle({ services, bucket, key, query }) {
    checkVersion(query.get('versionId'));
    await services.store.headObject(bucket, key);
    return xmlAnswer('AccessControlPolicy', ownerAclXml(ownerOf(services.state, bucket)));
  },
};

export const putObjectAcl: OperationBody = {
  parameters: ['versionId'],
  async handle({ services, request, bucket, key, query, body }) {
    checkVersion(query.get('versionId'));
    await services.store.headObject(bucket, key);
    checkAcl(request.headers, await readXmlBody(body), ownerOf(services.state, bucket));
    return { status: 200, headers: { 'content-length': '0' }, body: null };
  },
};
