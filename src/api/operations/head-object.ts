import { isNotModified, rangeOf } from '../conditions.ts';
import { descriptionOf, responseOverrideParameters } from '../object-headers.ts';
import type { OperationBody } from '../operation.ts';
import { checkVersion } from '../versions.ts';

export const headObject: OperationBody = {
  parameters: ['versionId', ...responseOverrideParameters],
  async handle({ services, request, bucket, key, query }) {
    checkVersion(query);
    const info = await services.store.headObject(bucket, key);
    const headers = descriptionOf(info, query);
    if (isNotModified(info, request.headers)) return { status: 304, headers, body: null };
    const range = rangeOf(info, request.headers);
    headers['content-length'] = String(range === undefined ? info.size : range.end - range.start);
    if (range === undefined) return { status: 200, headers, body: null };
    headers['content-range'] = `bytes ${range.start}-${range.end - 1}/${info.size}`;
    return { status: 206, headers, body: null };
  },
};
