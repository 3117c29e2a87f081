/** Random requests, signed by the AWS SDK: the oracle of the tests of Signature Version 4. */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import type { SignedRequest } from '../../src/auth/sigv4.ts';

export const accessKey = 'AKIAIOSFODNN7EXAMPLE';
export const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
export const now = new Date('2013-05-24T00:00:00Z');
export const temporary = { accessKey: 'ASIA/with/slashes', secretKey: 'secret', sessionToken: 'token+/=' };

export class NodeHash {
  readonly #state;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#state = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string | Uint8Array);
  }
  update(data: Uint8Array): void {
    this.#state.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#state.digest();
  }
  reset(): void {}
}

/** A request still to be signed: `bare` leaves what `encodeURIComponent` leaves, and a parameter without a value without `=`. */
export interface Generated {
  method: string;
  key: string;
  query: [string, string[]][];
  headers: Record<string, string>;
  body: string | undefined;
  bare: boolean;
}

const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.constantFrom(' ', '+', '%', '%2F', '~', '//', '/./', '..', "!*'()", 'é', '\u00a0', '=&', '😀', ';'),
);
const name = fc
  .oneof(fc.constantFrom('select', 'select-type', 'prefix', 'a', 'a-b', 'A', '%', 'ü'), fc.string({ minLength: 1, maxLength: 4 }))
  .filter((text) => text !== '__proto__' && text.isWellFormed());
export const generated: fc.Arbitrary<Generated> = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD'),
  key: fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
  query: fc.uniqueArray(fc.tuple(name, fc.array(piece, { minLength: 1, maxLength: 3 })), { maxLength: 4, selector: ([text]) => text }),
  headers: fc.dictionary(
    fc.constantFrom('x-amz-meta-a', 'content-type', 'range', 'x-amz-meta-b-c', 'x-custom'),
    fc.string({ unit: fc.constantFrom('a', ' ', '\t', ',', '"', '/'), maxLength: 12 }),
  ),
  body: fc.option(fc.string(), { nil: undefined }),
  bare: fc.boolean(),
});

/** As some clients encode: everything reserved, or leaving what `encodeURIComponent` leaves. */
function encode(text: string, bare: boolean): string {
  const encoded = encodeURIComponent(text);
  return bare ? encoded : encoded.replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The request as the AWS SDK signs it, in a form to verify. */
export async function signed(
  it: Generated,
  how: 'header' | 'query',
  credentials = { accessKey, secretKey } as typeof temporary,
): Promise<SignedRequest> {
  const rawPath = `/bucket/${it.key
    .split('/')
    .map((text) => encode(text, it.bare))
    .join('/')}`;
  const signer = new SignatureV4({
    credentials: { accessKeyId: credentials.accessKey, secretAccessKey: credentials.secretKey, sessionToken: credentials.sessionToken },
    region: 'eu-central-1',
    service: 's3',
    sha256: NodeHash,
    uriEscapePath: false,
  });
  const request = {
    method: it.method,
    protocol: 'http:',
    hostname: 'localhost',
    path: rawPath,
    query: Object.fromEntries(it.query),
    headers: { host: 'localhost:9000', ...it.headers },
    ...(it.body === undefined ? {} : { body: it.body }),
  };
  const dated = { signingDate: now };
  const result =
    how === 'header'
      ? await signer.sign(request, dated)
      : await signer.presign(
          { ...request, headers: { ...request.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
          { ...dated, unhoistableHeaders: new Set(Object.keys(it.headers)) },
        );
  const pairs = Object.entries(result.query ?? {}).flatMap(([key, value]) =>
    [value ?? '']
      .flat()
      .map((text) => (text === '' && it.bare ? encode(key, it.bare) : `${encode(key, it.bare)}=${encode(text, it.bare)}`)),
  );
  return { method: it.method, rawPath, rawQuery: pairs.toReversed().join('&'), headers: result.headers };
}
