/** Select requests as bytes, and the frames of their answers read by Smithy's decoder. */
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { escapeXml } from '../../src/api/errors-xml.ts';
import { encodePath } from '../../src/auth/canonical.ts';
import type { ObjectStore } from '../../src/storage/store.ts';
import type { RawRequest } from './api-server.ts';

export const Bucket = 'bucket-1';

/** Stores an object, making the bucket. */
export async function put(store: ObjectStore, key: string, body: string | Uint8Array): Promise<void> {
  await store.createBucket(Bucket).catch(() => {});
  await store.putObject({
    bucket: Bucket,
    key,
    body: (async function* () {
      yield Buffer.from(body);
    })(),
  });
}

export function selectXml(expression: string, more = ''): string {
  return (
    '<SelectObjectContentRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Expression>${escapeXml(expression)}</Expression><ExpressionType>SQL</ExpressionType>` +
    `<InputSerialization><CSV/></InputSerialization><OutputSerialization><CSV/></OutputSerialization>${more}</SelectObjectContentRequest>`
  );
}

export function selectRequest(key: string, expression: string, more = ''): RawRequest {
  return { method: 'POST', target: `/${Bucket}/${encodePath(key)}?select&select-type=2`, body: selectXml(expression, more) };
}

export interface DecodedFrame {
  readonly kind: string;
  readonly code: string | undefined;
  readonly payload: Buffer;
  readonly bytes: number;
}

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString(),
  (text) => Buffer.from(text),
);

/** All frames of these bytes, which must be whole. */
export function decodeFrames(bytes: Buffer): DecodedFrame[] {
  const frames: DecodedFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (at + length > bytes.length) throw new Error('a frame is cut');
    const { headers, body } = codec.decode(bytes.subarray(at, at + length));
    const text = (name: string): string | undefined => headers[name]?.value as string | undefined;
    const kind = text(':event-type') ?? text(':message-type') ?? '';
    frames.push({ kind, code: text(':error-code'), payload: Buffer.from(body), bytes: length });
    at += length;
  }
  return frames;
}
