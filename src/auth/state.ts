/**
 * What the server has to remember of its own: users with their keys, and the documents of buckets. It decides who may do what, so
 * it lies outside of everything that is served. Here are its types and the form that lives in memory; `state-folder.ts` has the
 * one on disk.
 */
import type { CredentialStore, Credentials } from './credentials.ts';
import type { Identity } from './identity.ts';
import { rootIdentity } from './identity.ts';

/** What is kept of a bucket. A value is never changed in place, so that what is derived from it can be cached by identity. */
export interface BucketSettings {
  /** Canonical id of the user who created the bucket; absent: it belongs to the root user. */
  readonly owner?: string;
  /** The bucket policy: JSON as it was put. */
  readonly policy?: string;
  /** The CORS configuration, as it was put. */
  readonly cors?: string;
  /** The tags of the bucket. */
  readonly tagging?: Readonly<Record<string, string>>;
  readonly publicAccessBlock?: PublicAccessBlock;
}

/** What of its openness to everybody a bucket refuses. What concerns ACLs is kept and shown: nobody can be given any. */
export interface PublicAccessBlock {
  readonly blockPublicAcls: boolean;
  readonly ignorePublicAcls: boolean;
  /** No policy is taken that would make the bucket public. */
  readonly blockPublicPolicy: boolean;
  /** A policy that makes the bucket public opens it to users only. */
  readonly restrictPublicBuckets: boolean;
}

/** A change to settings; undefined takes one away. */
export type BucketChange = { readonly [Name in keyof BucketSettings]?: BucketSettings[Name] | undefined };

export interface User {
  readonly identity: Identity;
  /** The identity policy: JSON, or the name of one of the policies that are always there. */
  readonly policy: string;
}

/** An access key of a user. */
export interface UserCredentials extends Credentials {
  readonly user: User;
  /** The policy of a temporary key, a ceiling under that of the user. */
  readonly sessionPolicy?: string;
}

/** Answers are of this moment: what another process changed on disk shows at once. */
export interface State extends CredentialStore {
  lookup(accessKey: string): UserCredentials | undefined;
  /** The user with this canonical id. */
  userById(id: string): User | undefined;
  /** Empty for a bucket of which nothing is kept. */
  bucket(bucket: string): BucketSettings;
  /** Resolves once the change is durable. Raises the system's error where it cannot be. */
  changeBucket(bucket: string, change: BucketChange): Promise<void>;
  /** Forgets a bucket that is no more; nothing kept is no error. */
  forgetBucket(bucket: string): Promise<void>;
}

/** Who owns a bucket. */
export function ownerOf(state: State, bucket: string): Identity {
  return identityOf(state, state.bucket(bucket).owner);
}

/** The user with this canonical id, who keeps it when no more; without one the root user. */
export function identityOf(state: State, id: string | undefined): Identity {
  if (id === undefined || id === rootIdentity.id) return rootIdentity;
  return state.userById(id)?.identity ?? { kind: 'user', name: '', id, arn: '' };
}

export function mergeSettings(settings: BucketSettings, change: BucketChange): BucketSettings {
  return Object.fromEntries(Object.entries({ ...settings, ...change }).filter(([, value]) => value !== undefined));
}

/** A state that ends with the process: for the library and for tests. */
export class MemoryState implements State {
  readonly #credentials: ReadonlyMap<string, UserCredentials>;
  readonly #buckets = new Map<string, BucketSettings>();

  constructor(credentials: readonly UserCredentials[] = []) {
    this.#credentials = new Map(credentials.map((entry) => [entry.accessKey, entry]));
  }

  lookup(accessKey: string): UserCredentials | undefined {
    return this.#credentials.get(accessKey);
  }

  userById(id: string): User | undefined {
    return [...this.#credentials.values()].find(({ user }) => user.identity.id === id)?.user;
  }

  bucket(bucket: string): BucketSettings {
    return this.#buckets.get(bucket) ?? none;
  }

  async changeBucket(bucket: string, change: BucketChange): Promise<void> {
    this.#buckets.set(bucket, mergeSettings(this.bucket(bucket), change));
  }

  async forgetBucket(bucket: string): Promise<void> {
    this.#buckets.delete(bucket);
  }
}

/**
 * The state as one request sees it: the settings of a bucket are asked for once, by whatever needs them, and again after the request
 * itself has changed some.
 */
export class RequestState implements State {
  readonly #state: State;
  #seen: { readonly bucket: string; readonly settings: BucketSettings } | undefined;

  constructor(state: State) {
    this.#state = state;
  }

  lookup(accessKey: string): UserCredentials | undefined {
    return this.#state.lookup(accessKey);
  }

  userById(id: string): User | undefined {
    return this.#state.userById(id);
  }

  bucket(bucket: string): BucketSettings {
    if (this.#seen?.bucket !== bucket) this.#seen = { bucket, settings: this.#state.bucket(bucket) };
    return this.#seen.settings;
  }

  async changeBucket(bucket: string, change: BucketChange): Promise<void> {
    await this.#state.changeBucket(bucket, change).finally(() => this.#forget());
  }

  async forgetBucket(bucket: string): Promise<void> {
    await this.#state.forgetBucket(bucket).finally(() => this.#forget());
  }

  #forget(): void {
    this.#seen = undefined;
  }
}

const none: BucketSettings = {};
