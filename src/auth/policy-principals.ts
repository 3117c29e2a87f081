/** The Principal of a bucket policy: whom a statement is about. */
import { accountId, type Identity } from './identity.ts';
import type { Principals } from './policy.ts';
import type { JsonValue } from './strict-json.ts';
import { isJsonObject } from './strict-json.ts';

/** Raises what `fail` makes of the reason. */
export function readPrincipals(value: JsonValue, negated: boolean, fail: (reason: string) => Error): Principals {
  if (value === '*') return { negated, everyone: true, account: false, arns: new Set(), canonicalIds: new Set() };
  if (!isJsonObject(value) || value.size === 0) throw fail('Principal is neither "*" nor an object');
  const texts = (type: string): string[] =>
    [value.get(type) ?? []].flat().map((text) => {
      if (typeof text !== 'string' || text === '') throw fail(`${type} of Principal holds what is no text`);
      return text;
    });
  for (const type of value.keys()) {
    if (!['AWS', 'CanonicalUser', 'Federated', 'Service'].includes(type)) {
      throw fail(`${JSON.stringify(type.slice(0, 64))} is no kind of Principal`);
    }
  }
  // Services and identity providers are told by no request here.
  for (const type of ['Federated', 'Service']) texts(type);
  const principals = { negated, everyone: false, account: false, arns: new Set<string>(), canonicalIds: new Set(texts('CanonicalUser')) };
  for (const text of texts('AWS')) {
    if (text === '*') principals.everyone = true;
    else if (isAccount(text)) principals.account ||= isOurs(text);
    else principals.arns.add(readUser(text, fail));
  }
  return principals;
}

/** Whether a statement is about this identity. */
export function concerns(principals: Principals, identity: Identity): boolean {
  const { negated, everyone, account, arns, canonicalIds } = principals;
  const isAnonymous = identity.kind === 'anonymous';
  const named = arns.has(identity.arn) || (!isAnonymous && canonicalIds.has(identity.id));
  // why: an exception for a user alone is none, for the statement goes on to be about the account.
  if (negated) return !(everyone || (!isAnonymous && account && (named || identity.kind === 'root')));
  return everyone || named || (!isAnonymous && account);
}

/** Whether the statement names the identity itself or everybody, and not only its account, which leaves it to the policies of users. */
export function grants(principals: Principals, identity: Identity): boolean {
  const { everyone, arns, canonicalIds } = principals;
  return everyone || identity.kind === 'root' || arns.has(identity.arn) || canonicalIds.has(identity.id);
}

function isAccount(text: string): boolean {
  return /^(\d{12}|arn:aws:iam::[\w-]*:root)$/.test(text);
}

/** The account may be left out of an ARN, as other servers write it. */
function isOurs(text: string): boolean {
  return text === accountId || text === `arn:aws:iam::${accountId}:root` || text === 'arn:aws:iam:::root';
}

function readUser(text: string, fail: (reason: string) => Error): string {
  const [, account, path] = /^arn:aws:(?:iam|sts)::([\w-]*):((?:user|role|assumed-role|federated-user)\/[\w+=,.@/-]+)$/.exec(text) ?? [];
  if (path === undefined) throw fail(`${JSON.stringify(text.slice(0, 128))} is no Principal: a user's ARN, an account or "*"`);
  return `arn:aws:iam::${account === '' ? accountId : account}:${path}`;
}
