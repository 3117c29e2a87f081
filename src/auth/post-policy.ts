/**
 * The policy of a form that a browser posts: until when it may be sent, and what each of its fields may hold.
 * Source: "Creating a POST Policy" of the S3 API reference.
 */
import { SelectError } from '../base/errors.ts';
import type { FormFields } from './post-form.ts';
import type { JsonObject, JsonValue } from './strict-json.ts';
import { isJsonObject, parseStrictJson } from './strict-json.ts';

/** Bytes that the file may have. */
export interface LengthRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Checks the fields of a form against its policy. `bucket` is the one posted to, and a field like the others.
 * @param policy in base64, as it was signed
 * @throws SelectError AccessDenied (expired, a field without a condition, a condition that does not hold), InvalidPolicyDocument
 */
export function checkPostPolicy(policy: string, fields: FormFields, bucket: string, now: Date): LengthRange {
  const { expires_ms, conditions } = readPolicy(policy);
  if (now.getTime() > expires_ms) throw denied('Policy expired');
  const all = new Map([...fields, ['bucket', bucket]]);
  const covered = new Set<string>();
  let range: LengthRange = { min: 0, max: Number.POSITIVE_INFINITY };
  for (const condition of conditions) {
    if (condition.kind === 'content-length-range') {
      range = { min: Math.max(range.min, condition.min), max: Math.min(range.max, condition.max) };
      continue;
    }
    const { kind, name, value } = condition;
    if (!satisfies(all.get(name), condition)) throw denied(`Policy Condition failed: ["${kind}", "$${name}", ${JSON.stringify(value)}]`);
    covered.add(name);
  }
  const extra = [...all.keys()].filter((name) => !covered.has(name) && !needsNoCondition(name));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ').slice(0, 256)}`);
  return range;
}

type Condition =
  | { readonly kind: 'eq' | 'starts-with'; readonly name: string; readonly value: string }
  | { readonly kind: 'content-length-range'; readonly min: number; readonly max: number };

/** The signature itself, what the sender adds for itself, and a checksum, which harms nobody. */
function needsNoCondition(name: string): boolean {
  return (
    ['policy', 'signature', 'awsaccesskeyid', 'x-amz-signature', 'file'].includes(name) ||
    name.startsWith('x-ignore-') ||
    /^x-amz-checksum-/.test(name)
  );
}

function satisfies(field: string | undefined, { kind, name, value }: Exclude<Condition, { kind: 'content-length-range' }>): boolean {
  // why: `\$` stands for a dollar sign, and there are clients that write it in the field too.
  const wanted = [value, value.replaceAll('\\$', '$')];
  if (field === undefined) return false;
  if (kind === 'eq') return wanted.includes(field);
  const items = name === 'content-type' ? field.split(',').map((item) => item.trim()) : [field];
  return items.every((item) => wanted.some((start) => item.startsWith(start)));
}

function readPolicy(policy: string): { readonly expires_ms: number; readonly conditions: readonly Condition[] } {
  const text = Buffer.from(policy, 'base64').toString();
  const root = parseStrictJson(text, malformed);
  if (!isJsonObject(root)) throw malformed('it is no JSON object');
  const expiration = root.get('expiration');
  const conditions = root.get('conditions');
  if (typeof expiration !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(expiration)) {
    throw malformed('"expiration" must be a time like 2030-01-31T12:00:00.000Z');
  }
  const expires_ms = Date.parse(expiration);
  if (Number.isNaN(expires_ms)) throw malformed('"expiration" is no time there is');
  if (!Array.isArray(conditions)) throw malformed('"conditions" must be a list');
  return { expires_ms, conditions: (conditions as readonly JsonValue[]).flatMap(readCondition) };
}

function readCondition(value: JsonValue): readonly Condition[] {
  if (isJsonObject(value)) return readEqualities(value);
  const [operator, first, second, ...more] = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
  const kind = typeof operator === 'string' ? operator.toLowerCase() : '';
  if (first === undefined || second === undefined || more.length > 0) throw malformed('a condition has not three parts');
  if (kind === 'content-length-range') return [{ kind, min: readLength(first), max: readLength(second) }];
  if (kind !== 'eq' && kind !== 'starts-with') throw malformed(`${JSON.stringify(kind.slice(0, 64))} is no condition`);
  if (typeof first !== 'string' || !first.startsWith('$')) throw malformed('the name of a field begins with "$"');
  return [{ kind, name: first.slice(1).toLowerCase(), value: textOf(second) }];
}

function readEqualities(object: JsonObject): readonly Condition[] {
  if (object.size === 0) throw malformed('a condition is empty');
  return [...object].map(([name, value]) => ({ kind: 'eq', name: name.toLowerCase(), value: textOf(value) }));
}

function textOf(value: JsonValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw malformed('a value is no text');
}

function readLength(value: JsonValue): number {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!/^\d{1,15}$/.test(text)) throw malformed('content-length-range takes two numbers of bytes');
  return Number(text);
}

function malformed(reason: string): SelectError {
  return new SelectError('InvalidPolicyDocument', { reason });
}

function denied(reason: string): SelectError {
  return new SelectError('AccessDenied', { reason: `Invalid according to Policy: ${reason}` });
}
