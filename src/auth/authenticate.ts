/** Whoever signed a request, in any of the ways there are; a request nobody signed is nobody's. */
import { SelectError } from '../base/errors.ts';
import { parseQuery } from './canonical.ts';
import type { VerifiedV2 } from './sigv2.ts';
import { isV2Request, verifyV2 } from './sigv2.ts';
import type { PayloadDeclaration, SignedRequest, VerifiedIdentity, VerifyOptions } from './sigv4.ts';
import { declaredPayload, verify } from './sigv4.ts';

export interface AuthenticateOptions extends VerifyOptions {
  readonly now: Date;
  /** Signature Version 2 is accepted. */
  readonly version2: boolean;
  /** The bucket that the Host header names; empty where the path does. */
  readonly hostBucket: string;
}

/** What is declared of the body of a request that nobody signed. */
export interface Unsigned {
  readonly version: undefined;
  readonly payload: PayloadDeclaration;
}

/** @throws SelectError what `verify` and `verifyV2` raise; InvalidArgument (two signatures), InvalidRequest (Signature Version 2) */
export function authenticate(request: SignedRequest, options: AuthenticateOptions): VerifiedIdentity | VerifiedV2 | Unsigned {
  const { headers, rawQuery } = request;
  if (rawQuery === '' && headers['authorization']?.startsWith('AWS4-') === true) return verify(request, options);
  const names = new Set(parseQuery(rawQuery).map(([name]) => name));
  const inQuery = ['X-Amz-Algorithm', 'X-Amz-Signature', 'X-Amz-Credential'].some((name) => names.has(name));
  const isV2 = isV2Request(headers, names);
  const hasHeader = headers['authorization'] !== undefined;
  if ([hasHeader, inQuery, names.has('AWSAccessKeyId') && names.has('Signature')].filter(Boolean).length > 1) {
    throw new SelectError('InvalidArgument', { reason: 'Only one auth mechanism allowed', ArgumentName: 'Authorization' });
  }
  if (!isV2 && !hasHeader && !inQuery) return { version: undefined, payload: declaredPayload(headers) };
  if (!isV2) return verify(request, options);
  if (options.version2) return verifyV2(request, options);
  const reason = 'the authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256';
  throw new SelectError('InvalidRequest', { reason });
}
