/**
 * The decision: a Deny wins over everything, then one Allow is enough, and without one nothing is allowed. Pure: what is true of the
 * request comes in as condition keys.
 * Source: "Policy evaluation logic" of the IAM user guide, for one account.
 */
import type { Identity } from './identity.ts';
import type { Policy, ResourcePattern, Statement } from './policy.ts';
import { holds } from './policy-conditions.ts';
import type { ConditionKeys } from './policy-pattern.ts';
import { isResolvable, matchesPattern } from './policy-pattern.ts';
import { concerns, grants } from './policy-principals.ts';

export interface AccessRequest {
  readonly identity: Identity;
  /** As policies name it, in any case. */
  readonly action: string;
  /** `bucket`, `bucket/key`, or `*` for the service. */
  readonly resource: string;
  readonly keys: ConditionKeys;
}

/** Absent ones say nothing. */
export interface Policies {
  /** Of the user. */
  readonly identity?: Policy | undefined;
  /** Of a temporary key: a ceiling, under which everything has to be allowed. */
  readonly session?: Policy | undefined;
  readonly bucket?: Policy | undefined;
}

export interface Decision {
  readonly allowed: boolean;
  /** The policy that denied it; undefined where none allowed it. */
  readonly deniedBy?: keyof Policies;
}

export function decide(request: AccessRequest, policies: Policies): Decision {
  if (isAlwaysAllowed(request)) return { allowed: true };
  for (const kind of ['identity', 'session', 'bucket'] as const) {
    if (applies(policies[kind], 'Deny', request)) return { allowed: false, deniedBy: kind };
  }
  if (policies.session !== undefined && !applies(policies.session, 'Allow', request)) return { allowed: false };
  const allowed =
    request.identity.kind === 'root' || applies(policies.identity, 'Allow', request) || applies(policies.bucket, 'Allow', request);
  return { allowed };
}

/** The root user can always see and change what the policy of a bucket is, or there might be nobody who can. */
export function isAlwaysAllowed({ identity, action }: Pick<AccessRequest, 'identity' | 'action'>): boolean {
  return identity.kind === 'root' && /^s3:(Get|Put|Delete)BucketPolicy$/i.test(action);
}

function applies(policy: Policy | undefined, effect: Statement['effect'], request: AccessRequest): boolean {
  return policy?.statements.some((statement) => statement.effect === effect && matches(statement, request)) ?? false;
}

function matches(statement: Statement, { identity, action, resource, keys }: AccessRequest): boolean {
  const { effect, principals, actions, resources, conditions } = statement;
  if (principals !== undefined && !(effect === 'Deny' ? concerns : grants)(principals, identity)) return false;
  const name = action.toLowerCase();
  if (actions.items.some((pattern) => matchesPattern(pattern, name, keys)) === actions.negated) return false;
  // why: what cannot be told must not become everything but nothing.
  if (resources.negated && !resources.items.every((item) => item === null || isResolvable(item.resource, keys))) return false;
  const named = resources.items.some((item) => item === null || isIn(item, resource, keys));
  return named !== resources.negated && conditions.every((condition) => holds(condition, keys));
}

/** The region and account of S3's resources are empty. */
function isIn(item: NonNullable<ResourcePattern>, resource: string, keys: ConditionKeys): boolean {
  return matchesPattern(item.region, '', keys) && matchesPattern(item.account, '', keys) && matchesPattern(item.resource, resource, keys);
}
