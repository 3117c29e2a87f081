/** What an operation of the S3 API is to the rest of `api`. */
import type { Identity } from '../auth/identity.ts';
import type { DecodedBody } from '../auth/payload.ts';
import type { State } from '../auth/state.ts';
import { SelectError } from '../base/errors.ts';
import type { Engine } from '../engine/query.ts';
import type { ObjectStore } from '../storage/store.ts';
import type { Authorize } from './access.ts';
import type { ApiRequest, ApiResponse } from './http.ts';

/** What operations work with. */
export interface Services {
  readonly store: ObjectStore;
  readonly engine: Engine;
  /** Users, and what is kept of buckets beside their objects. */
  readonly state: State;
  /** The region that buckets are said to be in. */
  readonly region: string;
  /** The one region that clients may name; any if absent. */
  readonly pinnedRegion: string | undefined;
  /** All of a JSON text that is queried is validated. */
  readonly strictJson: boolean;
}

/** Who asks, and what it may do. */
export interface Permissions {
  readonly identity: Identity;
  /** For what the operation's own action, which was checked before, does not cover: the source of a copy, each key of a bulk deletion. */
  readonly authorize: Authorize;
  /** Whether a list of buckets names it to them. */
  readonly sees: (bucket: string) => boolean;
}

export interface OperationContext extends Permissions {
  readonly services: Services;
  readonly request: ApiRequest;
  /** The permissions of whoever signed a form, for a request made of it; its fields by lower-case name. Raises what is wrong with its signature. */
  readonly signIn: (fields: ReadonlyMap<string, string>, request: ApiRequest) => Permissions;
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  /** The data of the request's body. Nothing of it may become visible before its iteration has ended without an error. */
  readonly body: DecodedBody;
}

/** What the file of an operation says of it. */
export interface OperationBody {
  /** Query parameters it understands, beside its sub-resource and those of every operation. */
  readonly parameters: readonly string[];
  /** Headers (a trailing `*` stands for any rest) that ask for what it does not do, with the values that ask for nothing. */
  readonly unsupportedHeaders?: Readonly<Record<string, readonly string[]>>;
  /** A header that selects it among the operations of its method and sub-resource. */
  readonly header?: string;
  /** It stores its body, so that may come in signed chunks. */
  readonly takesChunks?: true;
  /** Checksums in its headers are of the object, and not of its body. */
  readonly namesObjectChecksum?: true;
  /** Raises `SelectError`s, and the reason of the request's signal. */
  handle(context: OperationContext): Promise<ApiResponse>;
}

export interface Operation extends OperationBody {
  readonly name: string;
  readonly level: Level;
  readonly method: string;
  /** The query parameter that selects it; null for what a plain request means. */
  readonly subresource: string | null;
  /** The permission it needs, as IAM policies name it; null where only its body tells, and it calls `authorize` itself for all it does. */
  readonly action: string | null;
}

/** What the path of a request names. */
export type Level = 'service' | 'bucket' | 'object';

/** Headers that ask of any operation for what none does: to ignore them would be a wrong answer. */
const unsupportedAnywhere: NonNullable<OperationBody['unsupportedHeaders']> = {
  'x-amz-copy-source*': [],
  'x-amz-rename-source*': [],
  'x-amz-server-side-encryption*': [],
  'x-amz-write-offset-bytes': [],
};

/** Most requests have these and no others with this beginning. */
const signatureHeaders = new Set(['x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token']);

/** @throws SelectError NotImplemented */
export function checkHeaders({ header, unsupportedHeaders = {} }: OperationBody, headers: ApiRequest['headers']): void {
  const names = Object.keys(headers).filter((name) => name.startsWith('x-amz-'));
  if (names.every((name) => signatureHeaders.has(name))) return;
  const anywhere = Object.entries(unsupportedAnywhere).filter(([pattern]) => pattern !== `${header}*`);
  for (const [pattern, harmless] of [...anywhere, ...Object.entries(unsupportedHeaders)]) {
    const found = pattern.endsWith('*') ? names.find((name) => name.startsWith(pattern.slice(0, -1))) : pattern;
    const value = found === undefined ? undefined : headers[found];
    if (found !== undefined && value !== undefined && !harmless.includes(value)) {
      throw new SelectError('NotImplemented', { reason: found, Header: found });
    }
  }
}
