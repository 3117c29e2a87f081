/** Whether the one who asks may do what is asked. */
import { anonymousIdentity, type Identity } from '../auth/identity.ts';
import type { Policy } from '../auth/policy.ts';
import { parseUserPolicy } from '../auth/policy-canned.ts';
import { type AccessRequest, type Decision, decide, isAlwaysAllowed, type Policies } from '../auth/policy-evaluate.ts';
import { parsePolicy } from '../auth/policy-parse.ts';
import { isPublic } from '../auth/policy-public.ts';
import { type BucketSettings, ownerOf, type State, type UserCredentials } from '../auth/state.ts';
import { SelectError } from '../base/errors.ts';
import type { ObjectStore } from '../storage/store.ts';
import { actionKeys, type KeySources, requestKeys } from './condition-keys.ts';

/** Values of condition keys (`s3:ExistingObjectTag/project`) that only an operation knows, for policies to test. */
export type ExtraKeys = Readonly<Record<string, string | readonly string[]>>;

/**
 * Checks that an action on a bucket (`key` empty), an object, or the service (both empty) is allowed.
 * @throws SelectError AccessDenied, NoSuchBucket
 */
export type Authorize = (action: string, bucket: string, key: string, extraKeys?: ExtraKeys) => Promise<void>;

/** Who asks, as far as permissions go. */
export interface Requester {
  readonly identity: Identity;
  /** The key of a user; undefined for the root user and for nobody. */
  readonly credentials: UserCredentials | undefined;
}

export interface AccessSources extends KeySources, Requester {
  readonly state: State;
  readonly store: ObjectStore;
}

export class Access {
  readonly #sources: AccessSources;
  #common: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(sources: AccessSources) {
    this.#sources = sources;
  }

  /** Whether a list of buckets names it: by one's own policy. As on Amazon, what the policy of a bucket opens to others does not show. */
  readonly sees = (bucket: string): boolean => {
    const { identity, credentials } = this.#sources;
    if (identity.kind === 'root') return true;
    const policies = credentials === undefined ? {} : userPolicies(credentials);
    return ['s3:ListBucket', 's3:GetBucketLocation'].some((action) => this.#decide(action, bucket, '', {}, policies).allowed);
  };

  readonly authorize: Authorize = async (action, bucket, key, extraKeys = {}) => {
    const { identity, store } = this.#sources;
    const policies = this.#policies(action, bucket);
    const tags =
      policies !== null && Object.values(policies).some((policy) => policy?.readsTags) ? await this.#tags(action, bucket, key) : {};
    const decision = this.#decide(action, bucket, key, { ...tags, ...extraKeys }, policies);
    if (decision.allowed) return;
    // Whether a bucket exists is no secret, and the better answer.
    if (bucket !== '' && !ofCreation.includes(action)) await store.headBucket(bucket);
    const resource = resourceOf(bucket, key);
    throw new SelectError('AccessDenied', identity === anonymousIdentity ? {} : { reason: reasonOf(identity, action, resource, decision) });
  };

  #decide(action: string, bucket: string, key: string, extraKeys: ExtraKeys, policies: Policies | null): Decision {
    return policies === null ? { allowed: true } : decide(this.#request(action, bucket, key, extraKeys), policies);
  }

  /** Null where the root user needs to ask none. */
  #policies(action: string, bucket: string): Policies | null {
    const { identity, state, credentials } = this.#sources;
    const settings = bucket === '' ? {} : state.bucket(bucket);
    // why: not even read, for it may be damaged.
    if (identity.kind === 'root' && (settings.policy === undefined || isAlwaysAllowed({ identity, action }))) return null;
    const policy = bucketPolicy(settings, bucket);
    const isClosed = identity === anonymousIdentity && settings.publicAccessBlock?.restrictPublicBuckets === true;
    const open = isClosed && policy !== undefined && isPublic(policy) ? undefined : policy;
    return { bucket: open, ...(credentials === undefined ? {} : userPolicies(credentials)) };
  }

  async #tags(action: string, bucket: string, key: string): Promise<ExtraKeys> {
    if (key === '' || !/^s3:(Get|Put|Delete)Object/.test(action) || action === 's3:PutObject') return {};
    try {
      const { tags } = await this.#sources.store.headObject(bucket, key);
      return Object.fromEntries(Object.entries(tags).map(([name, value]) => [`s3:ExistingObjectTag/${name}`, value]));
    } catch (error) {
      // What is not there has no tags. Of what cannot be read nobody knows them: then nothing is allowed.
      if (error instanceof SelectError && ['NoSuchKey', 'NoSuchBucket'].includes(error.code)) return {};
      throw error;
    }
  }

  #request(action: string, bucket: string, key: string, extraKeys: ExtraKeys): AccessRequest {
    let keys: ReadonlyMap<string, readonly string[]> | undefined;
    const get = (name: string): readonly string[] | undefined => {
      // why: most policies have no conditions.
      keys ??= this.#keys(action, bucket, extraKeys);
      return keys.get(name);
    };
    return { identity: this.#sources.identity, action, resource: resourceOf(bucket, key), keys: { get } };
  }

  #keys(action: string, bucket: string, extraKeys: ExtraKeys): ReadonlyMap<string, readonly string[]> {
    this.#common ??= requestKeys(this.#sources);
    const owner = ownerOf(this.#sources.state, bucket).id;
    const extra = Object.entries(extraKeys).map(
      ([name, value]) => [name.toLowerCase(), typeof value === 'string' ? [value] : value] as const,
    );
    return new Map([...this.#common, ...actionKeys(this.#sources, action, owner), ...extra]);
  }
}

/**
 * The policy of a bucket, in the form in which it is evaluated; undefined where it has none.
 * @throws SelectError InternalError (what is kept is no policy)
 */
function bucketPolicy(settings: BucketSettings, bucket: string): Policy | undefined {
  const { policy } = settings;
  return policy === undefined ? undefined : read(settings, () => parsePolicy(policy, bucket));
}

function userPolicies(credentials: UserCredentials): Policies {
  const { user, sessionPolicy } = credentials;
  return {
    identity: read(user, () => parseUserPolicy(user.policy)),
    session: sessionPolicy === undefined ? undefined : read(credentials, () => parseUserPolicy(sessionPolicy)),
  };
}

/** The action that is asked for one version of an object. */
export function actionOnVersion(action: string): string {
  return action.replace(/^(s3:(?:Get|Put|Delete)Object)((?:Tagging|Acl|Attributes)?)$/, (whole, start: string, end: string) =>
    whole === 's3:PutObject' ? whole : `${start}Version${end}`,
  );
}

/** Actions on a bucket that is not there yet. */
const ofCreation: readonly string[] = ['s3:CreateBucket', 's3:TagResource'];

function resourceOf(bucket: string, key: string): string {
  if (bucket === '') return '*';
  return key === '' ? bucket : `${bucket}/${key}`;
}

/** As Amazon words it, so that what is known about such messages helps. */
function reasonOf({ arn }: Identity, action: string, resource: string, { deniedBy }: Decision): string {
  const kinds: Readonly<Record<keyof Policies, string>> = {
    identity: 'an identity-based policy',
    session: 'a session policy',
    bucket: 'a resource-based policy',
  };
  const why =
    deniedBy === undefined ? `because no identity-based policy allows the ${action} action` : `with an explicit deny in ${kinds[deniedBy]}`;
  return `User: ${arn} is not authorized to perform: ${action} on resource: "arn:aws:s3:::${resource}" ${why}`;
}

/** What has been read out of the users, keys and settings that are in memory. */
const policies = new WeakMap<object, Policy>();

function read(source: object, parse: () => Policy): Policy {
  let policy = policies.get(source);
  if (policy === undefined) {
    try {
      policy = parse();
    } catch (cause) {
      // A policy that was taken and can no more be read is a fault of ours, and not of the one who asks.
      throw new SelectError('InternalError', {}, { cause });
    }
    policies.set(source, policy);
  }
  return policy;
}
