/** Who asks, once a signature has been verified: the name, id and ARN that Owner elements, policies and logs show. */
import { createHash } from 'node:crypto';

export interface Identity {
  /** `root` holds the server's own credentials; `user` stands in the state folder; `anonymous` signed nothing. */
  readonly kind: 'root' | 'user' | 'anonymous';
  /** Also the DisplayName of Owner elements. */
  readonly name: string;
  /** Canonical id: 64 hexadecimal digits that no later user of the same name will have. */
  readonly id: string;
  /** As the Principal of a bucket policy names it. */
  readonly arn: string;
}

/** All users are in one account. */
export const accountId = '000000000000';

export const rootIdentity: Identity = {
  kind: 'root',
  name: 's3lect',
  id: createHash('sha256').update('s3lect root user').digest('hex'),
  arn: `arn:aws:iam::${accountId}:root`,
};

/** The id is the one Amazon gives to requests nobody signed. */
export const anonymousIdentity: Identity = { kind: 'anonymous', name: 'anonymous', id: '65a011a29cdf8ec533ec3d1ccaae921c', arn: '*' };

export function userArn(name: string): string {
  return `arn:aws:iam::${accountId}:user/${name}`;
}
