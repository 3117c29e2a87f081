/** Whether the one who asks may do what is asked. */
import type { Identity } from '../auth/identity.ts';
import { SelectError } from '../base/errors.ts';

/** Values of condition keys (`s3:ExistingObjectTag/project`) that only an operation knows, for policies to test. */
export type ExtraKeys = Readonly<Record<string, string | readonly string[]>>;

/**
 * Checks that an action on a bucket (`key` empty), an object, or the service (both empty) is allowed.
 * @throws SelectError AccessDenied
 */
export type Authorize = (action: string, bucket: string, key: string, extraKeys?: ExtraKeys) => Promise<void>;

export function authorizer(identity: Identity): Authorize {
  return async (action) => {
    if (identity.kind !== 'root') throw new SelectError('AccessDenied', { reason: `${identity.arn} may not ${action}` });
  };
}
