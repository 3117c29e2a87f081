/** The users of the state folder: how they stand in its file, and how the command line changes them while a server reads it. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeDurably } from './durable-file.ts';
import { userArn } from './identity.ts';
import type { User, UserCredentials } from './state.ts';

/** A user as it stands in the file. */
export interface UserRecord {
  readonly name: string;
  readonly id: string;
  /** JSON, or the name of one of the policies that are always there. */
  readonly policy: string;
  readonly createdAt: string;
  readonly keys: readonly KeyRecord[];
}

export interface KeyRecord {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly createdAt: string;
  /** Of a temporary key. */
  readonly sessionToken?: string;
  /** In ISO 8601. */
  readonly expiresAt?: string;
  /** Of a temporary key: what it may do at most. As that of a user. */
  readonly policy?: string;
}

/** The users by what requests name. */
export interface UserIndex {
  readonly byAccessKey: ReadonlyMap<string, UserCredentials>;
  readonly byId: ReadonlyMap<string, User>;
}

export const noUsers: UserIndex = { byAccessKey: new Map(), byId: new Map() };

export const usersFile = 'users.json';

export function newUserId(): string {
  return randomBytes(32).toString('hex');
}

/** Raises an error that names the file and quotes nothing of it. */
export function readUsers(text: string): readonly UserRecord[] {
  const broken = (): Error => new Error(`${usersFile} of the state folder is damaged`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // why: the parser's message quotes the text, which holds secrets.
    throw broken();
  }
  const { version, users } = isObject(parsed) ? parsed : {};
  if (version !== 1 || !Array.isArray(users) || !users.every(isUserRecord)) throw broken();
  return users;
}

export function indexUsers(records: readonly UserRecord[]): UserIndex {
  const byAccessKey = new Map<string, UserCredentials>();
  const byId = new Map<string, User>();
  for (const { name, id, policy, keys } of records) {
    const user: User = { identity: { kind: 'user', name, id, arn: userArn(name) }, policy };
    byId.set(id, user);
    for (const { accessKey, secretKey, sessionToken, expiresAt, policy: sessionPolicy } of keys) {
      const token = sessionToken === undefined ? {} : { sessionToken };
      const end = expiresAt === undefined ? {} : { expires_ms: Date.parse(expiresAt) };
      const ceiling = sessionPolicy === undefined ? {} : { sessionPolicy };
      byAccessKey.set(accessKey, { accessKey, secretKey, user, ...token, ...end, ...ceiling });
    }
  }
  return { byAccessKey, byId };
}

/** The users of a state folder, which need not be there. */
export function loadUsers(folder: string): readonly UserRecord[] {
  const path = join(folder, usersFile);
  return fs.existsSync(path) ? readUsers(fs.readFileSync(path, 'utf8')) : [];
}

/**
 * Changes the users of a state folder, which must exist; other processes that do so at the same time wait for each other.
 * Whatever `change` raises leaves everything as it was.
 */
export async function changeUsers(folder: string, change: (users: readonly UserRecord[]) => readonly UserRecord[]): Promise<void> {
  const lock = join(folder, '.users.lock');
  await takeLock(lock);
  try {
    const users = change(loadUsers(folder));
    await writeDurably(join(folder, usersFile), `${JSON.stringify({ version: 1, users }, null, 2)}\n`);
  } finally {
    await rm(lock, { force: true });
  }
}

const lockWait_ms = 10_000;

/** The lock is a file with the number of the process that holds it; that of a process that is no more is taken over. */
async function takeLock(path: string): Promise<void> {
  for (const end_ms = Date.now() + lockWait_ms; ; await sleep(20)) {
    try {
      const handle = await open(path, 'wx', 0o600);
      await handle.writeFile(String(process.pid)).finally(() => handle.close());
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (isAbandoned(path)) await rm(path, { force: true });
      else if (Date.now() > end_ms) throw new Error(`${path} is held by another process`);
    }
  }
}

function isAbandoned(path: string): boolean {
  try {
    const pid = Number(fs.readFileSync(path, 'utf8'));
    // why: between its making and its writing the file is empty.
    if (pid === 0) return Date.now() - fs.statSync(path).mtimeMs > lockWait_ms;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function isUserRecord(value: unknown): value is UserRecord {
  if (!isObject(value)) return false;
  const { name, id, policy, createdAt, keys } = value;
  return [name, id, policy, createdAt].every(isText) && Array.isArray(keys) && keys.every(isKeyRecord);
}

function isKeyRecord(value: unknown): value is KeyRecord {
  if (!isObject(value)) return false;
  const { accessKey, secretKey, createdAt, sessionToken, expiresAt, policy } = value;
  const optional = [sessionToken, expiresAt, policy].every((text) => text === undefined || isText(text));
  return [accessKey, secretKey, createdAt].every(isText) && optional && !Number.isNaN(Date.parse(String(expiresAt ?? createdAt)));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
