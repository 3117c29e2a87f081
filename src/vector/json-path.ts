/** Paths followed inside JSON text: for what a scan did not resolve itself. No step looks at a byte twice. */
import { decodeToken } from './json.ts';
import { endOfValidString, endOfValue, unquoteString } from './json-text.ts';
import { JsonValue } from './json-value.ts';
import type { PathStep } from './path.ts';
import { jsonText } from './text.ts';
import { Failure, type SqlValue } from './value.ts';

/**
 * The value at the end of a path. MISSING where a step finds nothing, also in NULL and in what is no object or no list. Of
 * keys that occur twice the first counts. Behind a wildcard it is the list of what the rest of the path finds, in order, what
 * is MISSING left out; `[*]` of what is no list and `.*` of what is no object is the value itself. NULL and MISSING in front of
 * a wildcard are MISSING.
 */
export function followPath(value: SqlValue, steps: readonly PathStep[]): SqlValue {
  if (value instanceof Failure) return value;
  const wildcard = steps.findIndex(({ kind }) => kind === 'elements' || kind === 'members');
  const single = wildcard === -1 ? steps : steps.slice(0, wildcard);
  const token = followSingle(jsonText(value), single);
  if (wildcard === -1) return token === undefined ? undefined : decodeToken(token);
  return token === undefined || token === 'null' ? undefined : new JsonValue(`[${gather(token, steps.slice(wildcard)).join(',')}]`);
}

/** Values as a list; MISSING is NULL in it, as JSON has no other word for it. The first failure, where there is one. */
export function listOf(values: readonly SqlValue[]): SqlValue {
  const failure = values.find((value) => value instanceof Failure);
  return failure ?? new JsonValue(`[${values.map((value) => jsonText(value) ?? 'null').join(',')}]`);
}

/** What stands in a list, one value after the other. */
export function elementsOf(list: JsonValue): SqlValue[] {
  return elementTokens(list.json).map(decodeToken);
}

/** The tokens of the elements of a list: compact and valid. */
export function elementTokens(json: string): string[] {
  const tokens: string[] = [];
  for (let at = 1; json.charAt(at) !== ']'; at += json.charAt(at) === ',' ? 1 : 0) {
    const end = endOfValue(json, at);
    tokens.push(json.slice(at, end));
    at = end;
  }
  return tokens;
}

/** The key tokens and value tokens of an object: compact and valid. */
export function memberTokens(json: string): [key: string, value: string][] {
  const members: [string, string][] = [];
  for (let at = 1; json.charAt(at) !== '}'; at += json.charAt(at) === ',' ? 1 : 0) {
    const colon = endOfValidString(json, at);
    const end = endOfValue(json, colon + 1);
    members.push([json.slice(at, colon), json.slice(colon + 1, end)]);
    at = end;
  }
  return members;
}

function followSingle(json: string | undefined, steps: readonly PathStep[]): string | undefined {
  if (json === undefined || steps.length === 0) return json;
  const start = find(json, steps);
  return start === -1 ? undefined : json.slice(start, endOfValue(json, start));
}

/** Where the value at the end of a path without wildcards begins; -1 where there is none. */
function find(json: string, steps: readonly PathStep[]): number {
  let start = 0;
  for (const step of steps) {
    if (step.kind === 'member') start = findMember(json, start, step.name, step.exact);
    else if (step.kind === 'index') start = findElement(json, start, step.index);
    if (start === -1) return -1;
  }
  return start;
}

function findMember(json: string, start: number, name: string, exact: boolean): number {
  if (json.charAt(start) !== '{') return -1;
  const wanted = exact ? name : lowerCase(name);
  for (let at = start + 1; json.charAt(at) === '"'; at += json.charAt(at) === ',' ? 1 : 0) {
    const colon = endOfValidString(json, at);
    const key = unquoteString(json.slice(at, colon));
    if (key === wanted || (!exact && key.length === wanted.length && lowerCase(key) === wanted)) return colon + 1;
    at = endOfValue(json, colon + 1);
  }
  return -1;
}

function findElement(json: string, start: number, index: number): number {
  if (json.charAt(start) !== '[' || json.charAt(start + 1) === ']') return -1;
  let at = start + 1;
  for (let skipped = 0; skipped < index; skipped++) {
    at = endOfValue(json, at);
    if (json.charAt(at) !== ',') return -1;
    at++;
  }
  return at;
}

/** The tokens that steps with wildcards reach, all at once, one step after the other. */
function gather(token: string, steps: readonly PathStep[]): readonly string[] {
  let tokens: readonly string[] = [token];
  for (const step of steps) {
    switch (step.kind) {
      case 'elements':
        tokens = tokens.flatMap((json) => (json.startsWith('[') ? elementTokens(json) : json));
        break;
      case 'members':
        tokens = tokens.flatMap((json) => (json.startsWith('{') ? memberTokens(json).map(([, value]) => value) : json));
        break;
      default:
        tokens = tokens.flatMap((json) => {
          const start = find(json, [step]);
          return start === -1 ? [] : json.slice(start, endOfValue(json, start));
        });
    }
  }
  return tokens;
}

/** Unquoted names are ASCII, so only ASCII letters are matched without case. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
