import { closing } from '../closing.ts';
import { isNotModified, rangeOf } from '../conditions.ts';
import { descriptionOf, responseOverrideParameters } from '../object-headers.ts';
import type { OperationBody } from '../operation.ts';
import { checkVersion } from '../versions.ts';

export const getObject: OperationBody = {
  parameters: ['versionId', ...responseOverrideParameters],
  async handle({ services, request, bucket, key, query }) {
    checkVersion(query);
    const object = await services.store.openObject(bucket, key);
    let kept = false;
    try {
      const { info } = object;
      const headers = descriptionOf(info, query);
      if (isNotModified(info, request.headers)) return { status: 304, headers: notModifiedHeaders(headers), body: null };
      const range = rangeOf(info, request.headers);
      const { start, end } = range ?? { start: 0, end: info.size };
      headers['content-length'] = String(end - start);
      if (range !== undefined) headers['content-range'] = `bytes ${start}-${end - 1}/${info.size}`;
      kept = true;
      const body = closing(object.stream({ start, end }, request.signal), object);
      return { status: range === undefined ? 200 : 206, headers, body };
    } finally {
      if (!kept) await object.close();
    }
  },
};

/** What a client may update of the copy it has. */
function notModifiedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const names = ['etag', 'last-modified', 'cache-control', 'expires'];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));
}
