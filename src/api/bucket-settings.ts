/** Changes to what is kept of buckets. A disk that takes none of them is told of as it is of objects. */
import type { BucketChange } from '../auth/state.ts';
import { withStorageErrors } from '../storage/fs-errors.ts';
import type { Services } from './operation.ts';

/** Resolves once the change is durable. Raises `StorageFull`, `AccessDenied`, `InternalError`. */
export function changeBucket({ state }: Services, bucket: string, change: BucketChange): Promise<void> {
  return withStorageErrors(() => state.changeBucket(bucket, change));
}

/** Forgets a bucket that is no more. Raises what `changeBucket` raises. */
export function forgetBucket({ state }: Services, bucket: string): Promise<void> {
  return withStorageErrors(() => state.forgetBucket(bucket));
}
