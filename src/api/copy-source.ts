/** The object that a copy reads: what names it, whether it may be read, and under which conditions. */
import { canonicalPath, decodeComponent } from '../auth/canonical.ts';
import type { ByteRange } from '../base/bytes.ts';
import { SelectError } from '../base/errors.ts';
import type { OpenObject } from '../storage/store.ts';
import { actionOnVersion } from './access.ts';
import { isNotModified } from './conditions.ts';
import type { ApiRequest } from './http.ts';
import type { OperationContext } from './operation.ts';
import { checkVersion } from './versions.ts';

export const copySourceHeader = 'x-amz-copy-source';

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
}

/**
 * `/bucket/key` or `bucket/key`, percent-encoded, and maybe `?versionId=`.
 * @throws SelectError InvalidArgument
 */
export function readCopySource(headers: ApiRequest['headers']): CopySource {
  const [path = '', query] = (headers[copySourceHeader] ?? '').split(/\?versionId=(.*)$/s, 2);
  const decoded = decodeComponent(canonicalPath(path.replace(/^\//, '')));
  const versionId = query === undefined ? undefined : decodeComponent(query);
  const slash = decoded?.indexOf('/') ?? -1;
  if (decoded === undefined || slash <= 0 || slash === decoded.length - 1) {
    const reason = 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey';
    throw new SelectError('InvalidArgument', { reason, ArgumentName: copySourceHeader });
  }
  return { bucket: decoded.slice(0, slash), key: decoded.slice(slash + 1), versionId };
}

/**
 * Opens the source of a copy for one who may read it. The caller closes it.
 * @throws SelectError AccessDenied, NoSuchBucket, NoSuchKey, NoSuchVersion, PreconditionFailed
 */
export async function openCopySource({ services, request, authorize }: OperationContext, source: CopySource): Promise<OpenObject> {
  const { bucket, key, versionId } = source;
  await authorize(versionId === undefined ? 's3:GetObject' : actionOnVersion('s3:GetObject'), bucket, key);
  checkVersion(versionId);
  const object = await services.store.openObject(bucket, key).catch((error: unknown) => {
    // why: named, for whoever may not list this bucket is not told that the key is not there.
    throw error instanceof SelectError && error.code === 'NoSuchKey'
      ? new SelectError('NoSuchKey', { BucketName: bucket, Key: key })
      : error;
  });
  try {
    const conditions = Object.entries(request.headers).filter(([name]) => name.startsWith(conditionPrefix));
    const headers = Object.fromEntries(conditions.map(([name, value]) => [name.slice(copySourceHeader.length + 1), value]));
    if (isNotModified(object.info, headers)) throw new SelectError('PreconditionFailed', { Condition: copySourceHeader });
    return object;
  } catch (error) {
    await object.close();
    throw error;
  }
}

/** The bytes of a source, which must be the same to the end. */
export async function* copiedBytes(object: OpenObject, range: ByteRange, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield* object.stream(range, signal);
  if (!object.isUnchanged()) throw new SelectError('OperationAborted');
}

const conditionPrefix = `${copySourceHeader}-if-`;
