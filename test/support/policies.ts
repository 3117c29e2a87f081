/** Policies and requests for the tests of their evaluation. */
import { anonymousIdentity, type Identity, rootIdentity, userArn } from '../../src/auth/identity.ts';
import { decide } from '../../src/auth/policy-evaluate.ts';
import { parsePolicy } from '../../src/auth/policy-parse.ts';

export const alice: Identity = { kind: 'user', name: 'alice', id: 'a'.repeat(64), arn: userArn('alice') };
export const bob: Identity = { kind: 'user', name: 'bob', id: 'b'.repeat(64), arn: userArn('bob') };
export const root = rootIdentity;
export const nobody = anonymousIdentity;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type StatementJson = Readonly<Record<string, Json>>;

/** The text of a policy with these statements. */
export function document(statements: readonly StatementJson[], version: string | null = '2012-10-17'): string {
  return JSON.stringify({ ...(version === null ? {} : { Version: version }), Statement: statements });
}

export interface Asked {
  readonly as?: Identity;
  readonly action?: string;
  /** `bucket/key`, `bucket`, or `*`. */
  readonly on?: string;
  readonly keys?: Readonly<Record<string, string | readonly string[]>>;
  readonly user?: readonly StatementJson[];
  readonly session?: readonly StatementJson[];
  readonly bucket?: readonly StatementJson[];
  readonly version?: string | null;
}

/** `allow`, `deny` (a statement says so) or `none` (no statement allows it). */
export function verdict(asked: Asked): 'allow' | 'deny' | 'none' {
  const { as = alice, action = 's3:GetObject', on = 'b/k', keys = {}, user, session, bucket, version } = asked;
  const parse = (statements: readonly StatementJson[] | undefined, name?: string) =>
    statements === undefined || statements.length === 0 ? undefined : parsePolicy(document(statements, version), name);
  const decision = decide(
    {
      identity: as,
      action,
      resource: on,
      keys: new Map(Object.entries(keys).map(([key, value]) => [key.toLowerCase(), typeof value === 'string' ? [value] : value])),
    },
    { identity: parse(user), session: parse(session), bucket: parse(bucket, on.split('/')[0]) },
  );
  if (decision.allowed) return 'allow';
  return decision.deniedBy === undefined ? 'none' : 'deny';
}
