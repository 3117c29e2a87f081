import { createHash } from 'node:crypto';
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { resolveInput, resolveOutput, resolveScanRange } from '../../formats/serialization.ts';
import type { OperationBody, OperationContext } from '../operation.ts';
import { readXmlBody } from '../read-body.ts';
import { parseSelectRequest } from '../request-xml.ts';
import { SelectStream } from '../select-stream.ts';
import { checkVersion } from '../versions.ts';

export const selectObjectContent: OperationBody = {
  parameters: ['select-type', 'versionId'],
  async handle(context) {
    const { request, query, body } = context;
    checkVersion(query.get('versionId'));
    if (query.get('select-type') !== '2') throw new SelectError('InvalidRequest', { reason: 'select-type is not 2' });
    if (request.headers['range'] !== undefined) throw new SelectError('UnsupportedRangeHeader');
    const stream = await openStream(context, await readXmlBody(body));
    // What fails before the first byte of output is an HTTP error.
    await stream.start();
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: stream };
  },
};

async function openStream({ services, request, bucket, key }: OperationContext, document: Uint8Array): Promise<SelectStream> {
  const { expression, requestProgress, ...members } = parseSelectRequest(document);
  if (Buffer.byteLength(expression) > limits.expression_bytes_max) {
    throw new SelectError('ExpressionTooLong', { bytes_max: limits.expression_bytes_max });
  }
  const input = resolveInput(members.input, services.strictJson);
  const output = resolveOutput(members.output);
  const scanRange = resolveScanRange(members.scanRange, input);
  const object = await services.store.openObject(bucket, key);
  try {
    const { ref, info } = object;
    const source = {
      ref,
      size: info.size,
      etag: info.etag,
      stream: object.stream.bind(object),
    };
    const { signal } = request;
    const query = await services.engine.prepare({
      object: source,
      expression,
      input,
      output,
      scanRange,
      sink: 'frames',
      reuses: true,
      signal,
    });
    // why: minio-js fails on frames without a payload.
    const keepAlive = !/minio-js/i.test(request.headers['user-agent'] ?? '');
    const { report } = request;
    report.select = { sql_sha256: createHash('sha256').update(expression).digest('hex'), stats: query.stats };
    return new SelectStream(query, object, {
      progress: requestProgress,
      keepAlive,
      onError: (code) => {
        report.error = code;
      },
    });
  } catch (error) {
    await object.close();
    throw error;
  }
}
