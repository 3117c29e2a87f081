/** What the operations on multipart uploads have in common. */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { UploadPlace } from '../storage/multipart.ts';
import type { OperationContext } from './operation.ts';

/** The upload that a request names. */
export function uploadPlaceOf({ bucket, key, query }: OperationContext): UploadPlace {
  return { bucket, key, uploadId: query.get('uploadId') ?? '' };
}

/** @throws SelectError InvalidArgument */
export function readPartNumber(text: string | undefined): number {
  const number = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  if (number >= 1 && number <= limits.part_number_max) return number;
  throw new SelectError('InvalidArgument', {
    reason: `Part number must be an integer between 1 and ${limits.part_number_max}, inclusive`,
    ArgumentName: 'partNumber',
    ArgumentValue: (text ?? '').slice(0, 64),
  });
}
