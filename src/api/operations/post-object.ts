/** A form that a browser posts to a bucket: a PutObject whose headers are the fields of the form. */
import { encodeComponent, encodePath } from '../../auth/canonical.ts';
import { decodeBody } from '../../auth/payload.ts';
import { checkPostPolicy, type LengthRange } from '../../auth/post-policy.ts';
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { escapeXml, xmlDeclaration } from '../errors-xml.ts';
import { boundaryOf, type Form, readForm } from '../form-data.ts';
import type { ApiRequest, ApiResponse } from '../http.ts';
import { headerOf } from '../object-headers.ts';
import { checkHeaders, type OperationBody, type OperationContext } from '../operation.ts';
import { parseTagging } from '../tagging.ts';
import { element } from '../xml-answer.ts';
import { putObject } from './put-object.ts';

export const postObject: OperationBody = {
  parameters: [],
  async handle(context) {
    const { request, bucket } = context;
    const boundary = boundaryOf(request.headers['content-type'] ?? '');
    if (boundary === undefined) {
      throw new SelectError('PreconditionFailed', { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' });
    }
    const form = await readForm(context.body, boundary);
    const key = (form.fields.get('key') ?? '').replaceAll('${filename}', () => form.filename);
    if (key === '') {
      const reason = "Bucket POST must contain a field named 'key'. If it is specified, please check the order of the fields";
      throw new SelectError('InvalidArgument', { reason, ArgumentName: 'key' });
    }
    request.report.key = key;
    const put: ApiRequest = { ...request, method: 'PUT', headers: headersOf(form), rawQuery: '' };
    const permissions = context.signIn(form.fields, put);
    const range = rangeOf(form, key, bucket);
    await permissions.authorize('s3:PutObject', bucket, key);
    if (put.headers['x-amz-tagging']) await permissions.authorize('s3:PutObjectTagging', bucket, key);
    checkHeaders(putObject, put.headers);
    const body = decodeBody(within(form.file, range), { payload: { kind: 'unsigned' } }, put.headers);
    const stored = await putObject.handle({ ...context, ...permissions, request: put, key, query: new Map(), body });
    return answer(form, stored, context, key);
  },
};

/** A form without a policy is one that nobody signed: whether it may be sent is for the policy of the bucket to say. */
function rangeOf({ fields }: Form, key: string, bucket: string): LengthRange {
  const policy = fields.get('policy');
  if (policy === undefined) return { min: 0, max: Number.POSITIVE_INFINITY };
  return checkPostPolicy(policy, new Map([...fields, ['key', key]]), bucket, new Date());
}

async function* within(file: AsyncIterable<Uint8Array>, { min, max }: LengthRange): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const piece of file) {
    bytes += piece.length;
    if (bytes > max) throw new SelectError('EntityTooLarge', { bytes_max: max });
    yield piece;
  }
  if (bytes < min) throw new SelectError('EntityTooSmall', { bytes_min: min });
}

/** The fields that are headers of a PutObject. */
function headersOf({ fields }: Form): Record<string, string> {
  // A length is not known before the end of the file, as in a chunked request.
  const headers: Record<string, string> = Object.assign(Object.create(null), { 'transfer-encoding': 'chunked' });
  for (const [name, value] of fields) {
    if (/^(cache-control|content-(type|disposition|encoding|language)|expires)$/.test(name) || isOwnHeader(name))
      headers[name] = headerOf(name, value);
  }
  const acl = fields.get('acl');
  if (acl !== undefined) headers['x-amz-acl'] = headerOf('x-amz-acl', acl);
  const tagging = fields.get('tagging');
  if (tagging !== undefined) headers['x-amz-tagging'] = taggingOf(tagging);
  return headers;
}

function isOwnHeader(name: string): boolean {
  return /^x-amz-/.test(name) && !/^x-amz-(algorithm|credential|date|signature|security-token|content-sha256)$/.test(name);
}

/** The XML of a Tagging as the header has it. */
function taggingOf(document: string): string {
  const tags = parseTagging(Buffer.from(document), limits.object_tags_max);
  return Object.entries(tags)
    .map(([name, value]) => `${encodeComponent(name)}=${encodeComponent(value)}`)
    .join('&');
}

function answer({ fields }: Form, stored: ApiResponse, { request, bucket }: OperationContext, key: string): ApiResponse {
  const etag = stored.headers['etag'] ?? '';
  const redirect = redirectTo(fields.get('success_action_redirect') ?? fields.get('redirect') ?? '', bucket, key, etag);
  if (redirect !== undefined) return { status: 303, headers: { ...stored.headers, location: redirect }, body: null };
  const location = `${request.secure ? 'https' : 'http'}://${request.headers['host'] ?? ''}/${encodePath(bucket)}/${encodePath(key)}`;
  const headers = { ...stored.headers, location };
  const status = Number(fields.get('success_action_status'));
  if (status !== 201) return { status: status === 200 ? 200 : 204, headers, body: null };
  const members = { Location: location, Bucket: bucket, Key: key, ETag: etag };
  const content = Object.entries(members).map(([name, text]) => element(name, escapeXml(text)));
  const body = Buffer.from(`${xmlDeclaration}<PostResponse>${content.join('')}</PostResponse>`);
  return { status, headers: { ...headers, 'content-type': 'application/xml', 'content-length': String(body.length) }, body };
}

/** Where the sender wants to be led, told what was stored; undefined where that is no address of the web. */
function redirectTo(address: string, bucket: string, key: string, etag: string): string | undefined {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address) || /[^\x21-\x7e]/.test(address)) return undefined;
  const parameters = { bucket, key, etag };
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeComponent(value)}`);
  return `${address}${address.includes('?') ? '&' : '?'}${query.join('&')}`;
}
