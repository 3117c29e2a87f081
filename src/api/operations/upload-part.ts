import { headerOf } from '../checksums.ts';
import type { OperationBody } from '../operation.ts';
import { checkUploadLength } from '../read-body.ts';
import { readPartNumber, uploadPlaceOf } from '../uploads.ts';

export const uploadPart: OperationBody = {
  parameters: ['partNumber'],
  takesChunks: true,
  async handle(context) {
    const { services, request, query, body } = context;
    const number = readPartNumber(query.get('partNumber'));
    checkUploadLength(request.headers, body);
    const place = uploadPlaceOf(context);
    const upload = await services.store.headUpload(place);
    const part = await services.store.putPart({ number, body, size: body.length, ...place });
    const headers: Record<string, string> = { etag: part.etag, 'content-length': '0' };
    const { checksum } = body;
    if (checksum !== undefined) headers[headerOf(checksum.algorithm)] = checksum.base64;
    else if (upload.checksum !== undefined && part.checksum !== undefined) headers[headerOf(upload.checksum.algorithm)] = part.checksum;
    return { status: 200, headers, body: null };
  },
};
