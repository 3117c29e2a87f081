/** Who may sign requests: pairs of access key and secret key, and the interface through which verification finds them. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { SelectError } from '../base/errors.ts';

export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Set for temporary credentials: a request must then carry exactly this token. */
  readonly sessionToken?: string;
  /** Milliseconds since 1970 after which temporary credentials are worth nothing. */
  readonly expires_ms?: number;
}

/** An access key is public, so finding one need not take constant time; comparing signatures and tokens must. */
export interface CredentialStore {
  lookup(accessKey: string): Credentials | undefined;
}

/** A fixed set of credentials, held in memory. A later entry replaces an earlier one of the same access key. */
export function staticCredentials(entries: readonly Credentials[]): CredentialStore {
  const byAccessKey = new Map(entries.map((entry) => [entry.accessKey, entry]));
  return { lookup: (accessKey) => byAccessKey.get(accessKey) };
}

/** @throws SelectError InvalidAccessKeyId */
export function lookupCredentials(credentials: CredentialStore, accessKey: string): Credentials {
  const found = credentials.lookup(accessKey);
  if (found === undefined) throw new SelectError('InvalidAccessKeyId', { AWSAccessKeyId: accessKey });
  return found;
}

/**
 * Checks the session token of a request, undefined where it has none.
 * @throws SelectError InvalidToken, ExpiredToken
 */
export function checkToken(credentials: Credentials, provided: string | undefined, now: Date): void {
  const { sessionToken, expires_ms = Number.POSITIVE_INFINITY } = credentials;
  // One too many harms nobody: an environment may hold the token of other credentials.
  if (sessionToken === undefined) return;
  // Of hashes, so that neither the token's content nor its length shows in the time taken.
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (!timingSafeEqual(hash(sessionToken), hash(provided ?? ''))) throw new SelectError('InvalidToken');
  if (now.getTime() >= expires_ms) throw new SelectError('ExpiredToken');
}
