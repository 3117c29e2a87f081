/**
 * Patterns of policies: `*` stands for any run of characters, `?` for one, `${key}` for a value of the request. What comes in for a
 * variable is literal: a user called `*` gets nothing by it.
 */

/** Values of condition keys by lower-case name. */
export type ConditionKeys = Pick<ReadonlyMap<string, readonly string[]>, 'get'>;

export interface PatternOptions {
  /** `*` and `?` are wildcards; otherwise they are themselves. */
  readonly wildcards: boolean;
  /** `${...}` is a variable; otherwise it is text, as in policies of the version 2008-10-17. */
  readonly variables: boolean;
}

export type Pattern = readonly Part[];

/** Text is literal; a symbol is a wildcard. */
type Part = string | typeof anyRun | typeof anyOne | Variable;

interface Variable {
  /** Lower case. */
  readonly key: string;
  readonly fallback: string | undefined;
}

const anyRun = Symbol('*');
const anyOne = Symbol('?');

/** Raises what `fail` makes of the reason. */
export function compilePattern(text: string, { wildcards, variables }: PatternOptions, fail: (reason: string) => Error): Pattern {
  const parts: Part[] = [];
  for (let at = 0; at < text.length; ) {
    const start = text.slice(at, at + 2);
    if (variables && start === '${') {
      const end = text.indexOf('}', at);
      if (end < 0) throw fail(`the variable in ${JSON.stringify(text)} has no end`);
      parts.push(readVariable(text.slice(at + 2, end), fail));
      at = end + 1;
    } else if (wildcards && (start[0] === '*' || start[0] === '?')) {
      if (start[0] === '?' || parts.at(-1) !== anyRun) parts.push(start[0] === '?' ? anyOne : anyRun);
      at += 1;
    } else {
      const special = nextSpecial(text, at + 1, { wildcards, variables });
      parts.push(text.slice(at, special));
      at = special;
    }
  }
  return parts;
}

/** The parts of an ARN's pattern, up to its fifth colon and after it; colons of variables do not count. */
export function splitArn(text: string): readonly string[] {
  const parts = [''];
  for (let at = 0, depth = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '$' && text[at + 1] === '{') depth = 1;
    else if (character === '}') depth = 0;
    if (character === ':' && depth === 0 && parts.length < arnParts) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

export const arnParts = 6;

/** Whether a value fits; a variable without a value, and without a default, fits nothing. */
export function matchesPattern(pattern: Pattern, value: string, keys: ConditionKeys): boolean {
  const resolved = resolve(pattern, keys);
  return resolved !== undefined && matchesResolved(resolved, value);
}

/** Whether there is a value for each variable. */
export function isResolvable(pattern: Pattern, keys: ConditionKeys): boolean {
  return resolve(pattern, keys) !== undefined;
}

export function hasVariable(pattern: Pattern): boolean {
  return pattern.some((part) => typeof part === 'object');
}

/** The pattern with its variables filled in; undefined where one cannot be. */
export function resolve(pattern: Pattern, keys: ConditionKeys): Pattern | undefined {
  if (!hasVariable(pattern)) return pattern;
  const parts: Part[] = [];
  for (const part of pattern) {
    if (typeof part !== 'object') parts.push(part);
    else {
      const values = keys.get(part.key) ?? [];
      // A key with several values has none to put here.
      const text = values.length === 1 ? values[0] : values.length === 0 ? part.fallback : undefined;
      if (text === undefined) return undefined;
      parts.push(text);
    }
  }
  return parts;
}

/** The text of a pattern without wildcards. */
export function literalText(resolved: Pattern): string {
  return resolved.map((part) => (typeof part === 'string' ? part : '')).join('');
}

/** `${key}`, `${key, 'default'}`, and the characters that have to be written as variables to be themselves. */
function readVariable(text: string, fail: (reason: string) => Error): Part {
  if (text === '*' || text === '?' || text === '$') return text;
  const [, key = '', fallback] = /^\s*([\w.:/=+@-]+)\s*(?:,\s*'([^']*)'\s*)?$/.exec(text) ?? [];
  if (key === '') throw fail(`${JSON.stringify(`\${${text.slice(0, 64)}}`)} is no variable`);
  return { key: key.toLowerCase(), fallback };
}

function nextSpecial(text: string, from: number, { wildcards, variables }: PatternOptions): number {
  let at = from;
  while (at < text.length) {
    const character = text[at];
    if (wildcards && (character === '*' || character === '?')) break;
    if (variables && character === '$' && text[at + 1] === '{') break;
    at += 1;
  }
  return at;
}

/** A run between two `*`: literal text and single characters. */
type Run = readonly (string | typeof anyOne)[];

/** Runs are taken as early as they fit, which leaves most room for those behind: no way has to be gone twice. */
function matchesResolved(pattern: Pattern, value: string): boolean {
  const runs: (string | typeof anyOne)[][] = [[]];
  for (const part of pattern) {
    if (part === anyRun) runs.push([]);
    else if (typeof part !== 'object') runs.at(-1)?.push(part);
  }
  const [first = [], ...rest] = runs;
  const last = rest.pop();
  const start = endOf(first, value, 0);
  if (last === undefined || start < 0) return start === value.length;
  let at = start;
  for (const run of rest) {
    at = findRun(run, value, at);
    if (at < 0) return false;
  }
  const tail = startOfTail(last, value);
  return tail >= at;
}

/** Where the run ends that begins at `at`; -1 if it does not fit there. */
function endOf(run: Run, value: string, at: number): number {
  for (const part of run) {
    if (part === anyOne) {
      if (at >= value.length) return -1;
      at += characterLength(value, at);
    } else if (value.startsWith(part, at)) at += part.length;
    else return -1;
  }
  return at;
}

/** The end of the first fit of a run at or after `from`; -1 if there is none. */
function findRun(run: Run, value: string, from: number): number {
  const [head] = run;
  if (run.length === 1 && typeof head === 'string') {
    const found = value.indexOf(head, from);
    return found < 0 ? -1 : found + head.length;
  }
  for (let at = from; at <= value.length; at += characterLength(value, at)) {
    const end = endOf(run, value, at);
    if (end >= 0) return end;
  }
  return -1;
}

/** Where a run begins that ends with the value; -1 if it does not. */
function startOfTail(run: Run, value: string): number {
  let at = value.length;
  for (const part of run.toReversed()) {
    if (part === anyOne) {
      if (at <= 0) return -1;
      at -= at > 1 && characterLength(value, at - 2) === 2 ? 2 : 1;
    } else if (value.endsWith(part, at)) at -= part.length;
    else return -1;
  }
  return at;
}

/** UTF-16 units of the character at a place; 1 past the end. */
function characterLength(value: string, at: number): number {
  return (value.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}
