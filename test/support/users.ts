/** Users of a server in a test, and how their requests end. */
import { type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { userArn } from '../../src/auth/identity.ts';
import { MemoryState, type UserCredentials } from '../../src/auth/state.ts';
import type { Served } from './api-server.ts';
import { document, type StatementJson } from './policies.ts';

export interface UserSpec {
  readonly name: string;
  /** The name of a policy that is always there, or statements. */
  readonly policy: string | readonly StatementJson[];
  readonly session?: { readonly token: string; readonly expires_ms?: number; readonly policy?: string };
}

export function credentialsOf({ name, policy, session }: UserSpec): UserCredentials {
  const identity = { kind: 'user', name, id: Buffer.from(name).toString('hex').padEnd(64, '0'), arn: userArn(name) } as const;
  const temporary =
    session === undefined
      ? {}
      : {
          sessionToken: session.token,
          ...(session.expires_ms === undefined ? {} : { expires_ms: session.expires_ms }),
          ...(session.policy === undefined ? {} : { sessionPolicy: session.policy }),
        };
  const user = { identity, policy: typeof policy === 'string' ? policy : document(policy) };
  return { accessKey: `${name}-key`, secretKey: `${name}-secret`, user, ...temporary };
}

export function stateWith(...specs: readonly UserSpec[]): MemoryState {
  return new MemoryState(specs.map(credentialsOf));
}

/** A client of a user. */
export function clientOf({ newClient }: Served, name: string, sessionToken?: string): S3Client {
  const token = sessionToken === undefined ? {} : { sessionToken };
  return newClient({ credentials: { accessKeyId: `${name}-key`, secretAccessKey: `${name}-secret`, ...token } });
}

/** `ok`, or the code of the error (its status where there is none, as for HEAD). */
export async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    return /^(Unknown|UnknownError|NotFound|403|Forbidden)$/.test(error.name) ? String(error.$metadata.httpStatusCode) : error.name;
  }
}
