import type { OperationBody } from '../operation.ts';
import { uploadPlaceOf } from '../uploads.ts';

export const abortMultipartUpload: OperationBody = {
  parameters: [],
  unsupportedHeaders: { 'x-amz-if-match-initiated-time': [] },
  async handle(context) {
    await context.services.store.abortUpload(uploadPlaceOf(context));
    return { status: 204, headers: {}, body: null };
  },
};
