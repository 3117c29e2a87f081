/** Versions of objects: there is one of each, which S3 names `null` in a bucket without versioning. */
import { SelectError } from '../base/errors.ts';

/** @throws SelectError NoSuchVersion */
export function checkVersion(versionId: string | undefined): void {
  if ((versionId ?? 'null') !== 'null') throw new SelectError('NoSuchVersion', { VersionId: (versionId ?? '').slice(0, 64) });
}
