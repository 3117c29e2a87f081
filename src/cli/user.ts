/** `s3lect user`: changes who may ask a server for what, also while it runs. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { userArn } from '../auth/identity.ts';
import { cannedPolicies, isCannedPolicy, parseUserPolicy } from '../auth/policy-canned.ts';
import { makePrivateFolder } from '../auth/state-folder.ts';
import { changeUsers, type KeyRecord, loadUsers, newUserId, type UserRecord } from '../auth/state-users.ts';
import { SelectError } from '../base/errors.ts';
import type { OptionValues } from '../base/options.ts';
import type { Arguments } from './arguments.ts';
import { exit } from './command.ts';
import { checkKeys, configure } from './configuration.ts';
import { PlainError, reasonOf } from './failure.ts';
import { meant } from './nearest.ts';
import { UsageError } from './option-values.ts';
import { stateFolderDefault } from './state.ts';

/** Runs the command to its end and returns the exit code. */
export async function runUser(args: Arguments): Promise<number> {
  const [verb = '', ...rest] = args.positionals;
  const { values } = configure('user', args);
  const run = Object.hasOwn(verbs, verb) ? verbs[verb as keyof typeof verbs] : undefined;
  if (run === undefined) {
    const found = verb === '' ? 'nothing is asked for' : `unknown ${JSON.stringify(verb)}${meant(verb, Object.keys(verbs))}`;
    throw new UsageError(`user: ${found}: it takes ${Object.keys(verbs).join(', ')}`);
  }
  const folder = values.state ?? stateFolderDefault();
  try {
    const text = await run({ folder, values, rest });
    process.stdout.write(text);
  } catch (error) {
    if (error instanceof UsageError || error instanceof PlainError || error instanceof SelectError) throw error;
    throw new PlainError(`user ${verb}: ${folder}: ${reasonOf(error)}`);
  }
  return exit.ok;
}

interface Call {
  readonly folder: string;
  readonly values: OptionValues<'user'>;
  /** What follows the verb. */
  readonly rest: readonly string[];
}

/** Each answers what to print. */
const verbs = { add, list, remove, policy, key, session };

async function add(call: Call): Promise<string> {
  const name = nameOf(call);
  const policy = policyOf(call.values.policy ?? 'owner');
  const given = newKey(call.values);
  await change(call, (users) => {
    if (find(users, name) !== undefined) throw new PlainError(`there is a user ${name} already`);
    checkIsFree(users, given.key);
    return [...users, { name, id: newUserId(), policy, createdAt: given.key.createdAt, keys: [given.key] }];
  });
  return `Added ${name}, policy ${titleOf(policy)}.\n${given.shown}`;
}

async function list({ folder, rest }: Call): Promise<string> {
  if (rest.length > 0) throw new UsageError('user list: takes no name');
  const users = loadUsers(folder);
  if (users.length === 0) return `No users in ${folder}.\n`;
  const rows = users.map(({ name, policy, keys, id }) => [name, titleOf(policy), keys.map(titleOfKey).join(','), userArn(name), id]);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n')
    .concat('\n');
}

async function remove(call: Call): Promise<string> {
  const name = nameOf(call, 2);
  const [, accessKey] = call.rest;
  await change(call, (users) => {
    const user = known(users, name, call);
    if (accessKey === undefined) return users.filter((other) => other !== user);
    const keys = user.keys.filter((each) => each.accessKey !== accessKey);
    if (keys.length === user.keys.length) throw new PlainError(`${name} has no access key ${accessKey}`);
    return replace(users, { ...user, keys });
  });
  return accessKey === undefined ? `Removed ${name}.\n` : `Removed the access key ${accessKey} of ${name}.\n`;
}

async function policy(call: Call): Promise<string> {
  const [, given] = call.rest;
  const name = nameOf(call, 2);
  const wanted = given ?? call.values.policy;
  if (wanted === undefined) {
    const { policy: present } = known(loadUsers(call.folder), name, call);
    return isCannedPolicy(present) ? `${present}: ${cannedPolicies[present].doc}\n` : `${present.trim()}\n`;
  }
  const next = policyOf(wanted);
  await change(call, (users) => replace(users, { ...known(users, name, call), policy: next }));
  return `${name} has the policy ${titleOf(next)}.\n`;
}

async function key(call: Call): Promise<string> {
  const name = nameOf(call);
  const given = newKey(call.values);
  await change(call, (users) => {
    checkIsFree(users, given.key);
    const user = known(users, name, call);
    return replace(users, { ...user, keys: [...user.keys, given.key] });
  });
  return `Added a key of ${name}.\n${given.shown}`;
}

async function session(call: Call): Promise<string> {
  const name = nameOf(call);
  const { accessKey, secretKey, durationS, policy: limit } = call.values;
  if (accessKey !== undefined || secretKey !== undefined) throw new UsageError('user session: a temporary key is made up');
  const sessionPolicy = limit === undefined ? {} : { policy: policyOf(limit) };
  const { key: made, shown } = newKey(call.values);
  const sessionToken = randomBytes(48).toString('base64url');
  const expiresAt = new Date(Date.now() + durationS * 1000).toISOString();
  const temporary: KeyRecord = { ...made, sessionToken, expiresAt, ...sessionPolicy };
  await change(call, (users) => {
    const user = known(users, name, call);
    return replace(users, { ...user, keys: [...user.keys, temporary] });
  });
  return `A temporary key of ${name}, until ${expiresAt}.\n${shown}AWS_SESSION_TOKEN=${sessionToken}\n`;
}

/** Changes the users, and drops temporary keys that are over. */
async function change({ folder }: Call, edit: (users: readonly UserRecord[]) => readonly UserRecord[]): Promise<void> {
  const now_ms = Date.now();
  const isOver = ({ expiresAt }: KeyRecord): boolean => expiresAt !== undefined && Date.parse(expiresAt) <= now_ms;
  await changeUsers(makePrivateFolder(folder), (users) =>
    edit(users).map((user) => (user.keys.some(isOver) ? { ...user, keys: user.keys.filter((each) => !isOver(each)) } : user)),
  );
}

/** IAM's rule for the names of users. */
function nameOf({ rest }: Call, most = 1): string {
  const [name, ...surplus] = rest;
  if (name === undefined) throw new UsageError('user: the name of the user is missing');
  if (surplus.length >= most) throw new UsageError(`user: ${JSON.stringify(surplus[most - 1])} is one word too many`);
  if (!/^[\w+=,.@-]{1,64}$/.test(name)) {
    throw new UsageError(`user: ${JSON.stringify(name)}: a name has 1 to 64 letters, digits and "_+=,.@-"`);
  }
  return name;
}

/** Names that differ in case alone would be taken for one another. */
function find(users: readonly UserRecord[], name: string): UserRecord | undefined {
  return users.find((user) => user.name.toLowerCase() === name.toLowerCase());
}

function known(users: readonly UserRecord[], name: string, { folder }: Call): UserRecord {
  const user = users.find((each) => each.name === name);
  if (user !== undefined) return user;
  const names = users.map((each) => each.name);
  throw new PlainError(`there is no user ${name} in ${folder}${meant(name, names)}`);
}

function replace(users: readonly UserRecord[], changed: UserRecord): readonly UserRecord[] {
  return users.map((user) => (user.id === changed.id ? changed : user));
}

function checkIsFree(users: readonly UserRecord[], { accessKey }: KeyRecord): void {
  const owner = users.find(({ keys }) => keys.some((each) => each.accessKey === accessKey));
  if (owner !== undefined) throw new PlainError(`the access key ${accessKey} is one of ${owner.name}`);
}

/** A name of a policy, or the text of a file with one. Raises `PlainError`, and what is wrong with the policy. */
function policyOf(given: string): string {
  if (isCannedPolicy(given)) return given;
  let text: string;
  try {
    text = readFileSync(given, 'utf8');
  } catch (error) {
    const names = Object.keys(cannedPolicies);
    throw new PlainError(`${given} is no policy${meant(given, names)} (${names.join(', ')}) and no file: ${reasonOf(error)}`);
  }
  parseUserPolicy(text);
  return text;
}

function titleOf(policy: string): string {
  return isCannedPolicy(policy) ? policy : 'custom';
}

function titleOfKey({ accessKey, expiresAt }: KeyRecord): string {
  return expiresAt === undefined ? accessKey : `${accessKey} until ${expiresAt}`;
}

/** A key, and what its user is to be told of it: of a secret that was given, nothing. */
function newKey({ accessKey, secretKey }: OptionValues<'user'>): { readonly key: KeyRecord; readonly shown: string } {
  const made = {
    accessKey: accessKey ?? `S3LK${base32(16)}`,
    secretKey: secretKey ?? randomBytes(30).toString('base64url'),
    createdAt: new Date().toISOString(),
  };
  checkKeys(made, '--access-key', '--secret-key');
  const secret = secretKey === undefined ? `AWS_SECRET_ACCESS_KEY=${made.secretKey}\n` : '';
  return { key: made, shown: `AWS_ACCESS_KEY_ID=${made.accessKey}\n${secret}` };
}

function base32(length: number): string {
  return [...randomBytes(length)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');
}
