/**
 * The signature of a form that a browser posts, in either version. It signs the policy of the form, which says what the form may hold.
 * Source: "Authenticating Requests in Browser-Based Uploads Using POST" of the S3 API reference.
 */
import { SelectError } from '../base/errors.ts';
import { checkDay, readCredential, readTime } from './claim.ts';
import type { CredentialStore } from './credentials.ts';
import { checkToken, lookupCredentials } from './credentials.ts';
import { algorithm, equalSignatures, signatureFor, signingKey } from './sign.ts';
import { equalV2Signatures, signatureV2 } from './sigv2.ts';
import { checkRegion } from './sigv4.ts';

/** Fields by lower-case name. */
export type FormFields = ReadonlyMap<string, string>;

export type FormSignature =
  | { readonly version: 'AWS' | typeof algorithm; readonly accessKey: string; readonly via: 'form'; readonly time_ms: number }
  /** Nobody signed it. */
  | { readonly version: undefined };

export interface VerifyFormOptions {
  readonly credentials: CredentialStore;
  readonly now: Date;
  readonly skewMs: number;
  /** Signature Version 2 is accepted. */
  readonly version2: boolean;
  readonly regions?: readonly string[];
}

/**
 * Who signed the policy of a form.
 * @throws SelectError InvalidArgument (a field is missing or cannot be read), AccessDenied (dated ahead), InvalidAccessKeyId, InvalidToken,
 * ExpiredToken, SignatureDoesNotMatch, InvalidRequest (Signature Version 2)
 */
export function verifyForm(fields: FormFields, options: VerifyFormOptions): FormSignature {
  const names = ['x-amz-algorithm', 'x-amz-credential', 'x-amz-signature', 'awsaccesskeyid', 'signature', 'policy'];
  if (!names.some((name) => fields.has(name))) return { version: undefined };
  const policy = field(fields, 'policy');
  return fields.has('awsaccesskeyid') || fields.has('signature') ? verifyV2(policy, fields, options) : verifyV4(policy, fields, options);
}

function verifyV4(policy: string, fields: FormFields, options: VerifyFormOptions): FormSignature {
  if (field(fields, 'x-amz-algorithm') !== algorithm) throw invalid(`x-amz-algorithm only supports "${algorithm}"`);
  const { accessKey, scope } = readCredential('form', field(fields, 'x-amz-credential'));
  const signature = field(fields, 'x-amz-signature');
  const time = readTime(field(fields, 'x-amz-date'));
  if (time === undefined) throw invalid("x-amz-date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  checkDay({ via: 'form', scope, ...time });
  checkRegion({ via: 'form', scope }, options.regions);
  const credentials = lookupCredentials(options.credentials, accessKey);
  if (time.time_ms - options.now.getTime() > options.skewMs) throw new SelectError('AccessDenied', { reason: 'Request is not yet valid' });
  checkToken(credentials, fields.get('x-amz-security-token'), options.now);
  if (!equalSignatures(signatureFor(signingKey(credentials.secretKey, scope), policy), signature))
    throw mismatch(accessKey, signature, policy);
  return { version: algorithm, accessKey, via: 'form', time_ms: time.time_ms };
}

function verifyV2(policy: string, fields: FormFields, { credentials, now, version2 }: VerifyFormOptions): FormSignature {
  if (!version2) {
    const reason = `the authorization mechanism you have provided is not supported. Please use ${algorithm}`;
    throw new SelectError('InvalidRequest', { reason });
  }
  const accessKey = field(fields, 'awsaccesskeyid');
  const signature = field(fields, 'signature');
  const found = lookupCredentials(credentials, accessKey);
  checkToken(found, fields.get('x-amz-security-token'), now);
  if (!equalV2Signatures(signatureV2(found.secretKey, policy), signature)) throw mismatch(accessKey, signature, policy);
  return { version: 'AWS', accessKey, via: 'form', time_ms: now.getTime() };
}

function field(fields: FormFields, name: string): string {
  const value = fields.get(name);
  if (value) return value;
  throw invalid(`Bucket POST must contain a field named '${name}'. If it is specified, please check the order of the fields`);
}

function invalid(reason: string): SelectError {
  return new SelectError('InvalidArgument', { reason });
}

function mismatch(accessKey: string, signature: string, policy: string): SelectError {
  return new SelectError('SignatureDoesNotMatch', { AWSAccessKeyId: accessKey, SignatureProvided: signature, StringToSign: policy });
}
