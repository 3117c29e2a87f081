/** Which buckets may be created and which keys may be asked for, on any store. */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';

/**
 * Raises `InvalidBucketName` unless S3 would let a general purpose bucket be created under this name.
 * Source: "General purpose bucket naming rules" of the S3 user guide.
 */
export function checkBucketName(bucket: string): void {
  const valid =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) &&
    !bucket.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(bucket) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(bucket) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(bucket);
  if (!valid) throw new SelectError('InvalidBucketName', { bucket: bucket.slice(0, 64) });
}

/** Raises `KeyTooLongError`, or `InvalidArgument` for a key that is empty or has no UTF-8 form. */
export function checkKey(key: string): void {
  if (key === '') throw new SelectError('InvalidArgument', { reason: 'the key is empty' });
  if (Buffer.byteLength(key) > limits.key_bytes_max) throw new SelectError('KeyTooLongError', { bytes_max: limits.key_bytes_max });
  if (!isWellFormed(key)) throw new SelectError('InvalidArgument', { reason: 'the key is not valid UTF-8' });
}

/** Raises `MetadataTooLarge`. */
export function checkMetadata(metadata: Readonly<Record<string, string>> | undefined): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(metadata ?? {})) bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  if (bytes > limits.metadata_bytes_max) throw new SelectError('MetadataTooLarge', { bytes_max: limits.metadata_bytes_max });
}

/** False for a lone surrogate, which would reach a file name as U+FFFD: two keys would be one file. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
