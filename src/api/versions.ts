/** Versions of objects: there is one of each, which S3 names `null` in a bucket without versioning. */
import { SelectError } from '../base/errors.ts';

/** @throws SelectError NotImplemented (any other version is asked for) */
export function checkVersion(query: ReadonlyMap<string, string>): void {
  const version = query.get('versionId') ?? 'null';
  if (version !== 'null') throw new SelectError('NotImplemented', { reason: 'versions of objects' });
}
