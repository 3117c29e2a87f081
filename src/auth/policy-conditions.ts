/**
 * The conditions of policies: operators, what they make of values that are absent or several, and how a value is compared.
 * Source: "IAM JSON policy elements: Condition operators" and "Conditions with multiple context keys or values" of the IAM user guide.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';
import type { ConditionKeys, Pattern } from './policy-pattern.ts';
import { arnParts, compilePattern, hasVariable, isResolvable, literalText, matchesPattern, resolve, splitArn } from './policy-pattern.ts';

export interface Condition {
  /** As in the policy, with prefix and suffix. */
  readonly operator: string;
  /** Lower case. */
  readonly key: string;
  readonly quantifier: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly ifExists: boolean;
  readonly negated: boolean;
  /** Whether a value of the request is one of those of the policy, or is like one. */
  readonly test: Test;
  /** The values of the policy as they stand there. */
  readonly values: readonly string[];
  /** Values with variables in them. */
  readonly variable: readonly Pattern[];
  /** Of the operator Null. */
  readonly absent: boolean | undefined;
}

type Test = (value: string, keys: ConditionKeys) => boolean;

interface Operator {
  readonly negated: boolean;
  /** Raises what `fail` makes of a reason for a value that the operator cannot take. */
  compile(value: string, variables: boolean, fail: (reason: string) => Error): Test;
}

/** Raises what `fail` makes of the reason. */
export function compileCondition(
  operator: string,
  key: string,
  values: readonly string[],
  variables: boolean,
  fail: (reason: string) => Error,
): Condition {
  const [, quantifier, name = '', suffix] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const found = operators.get(name);
  const isNull = name === 'Null';
  if ((found === undefined && !isNull) || (isNull && (suffix !== undefined || quantifier !== undefined))) {
    throw fail(`${JSON.stringify(operator.slice(0, 64))} is no condition operator`);
  }
  if (values.length === 0) throw fail(`${operator} has no value for ${key}`);
  const failAt = (reason: string): Error => fail(`${operator} of ${key}: ${reason}`);
  if (isNull && !(values.length === 1 && isBoolean(values[0] ?? ''))) throw failAt('it takes "true" or "false"');
  const patterns = variables ? values.map((value) => compilePattern(value, { wildcards: true, variables }, failAt)) : [];
  const tests = found === undefined ? [] : values.map((value) => found.compile(value, variables, failAt));
  return {
    operator,
    key: key.toLowerCase(),
    quantifier: quantifier as Condition['quantifier'],
    ifExists: suffix !== undefined,
    negated: found?.negated ?? false,
    test: (value, keys) => tests.some((test) => test(value, keys)),
    values,
    variable: patterns.filter(hasVariable),
    absent: isNull ? values[0]?.toLowerCase() === 'true' : undefined,
  };
}

/** A variable without a value, and without a default, lets nothing hold: not even that something is different from it. */
export function holds(condition: Condition, keys: ConditionKeys): boolean {
  const { quantifier, ifExists, negated, test, absent, variable } = condition;
  const values = keys.get(condition.key) ?? [];
  const isAbsent = values.length === 0;
  if (absent !== undefined) return absent === (isAbsent || values.every((value) => value === ''));
  if (isAbsent && ifExists) return true;
  if (negated && !variable.every((pattern) => isResolvable(pattern, keys))) return false;
  const matches = (value: string): boolean => test(value, keys) !== negated;
  if (quantifier === 'ForAllValues') return values.every(matches);
  if (quantifier === 'ForAnyValue') return values.some(matches);
  // Without a quantifier one value is expected. A negated operator is the contrary of the other: true where there is none.
  return negated ? values.every(matches) : values.some(matches);
}

const operators: ReadonlyMap<string, Operator> = new Map([
  ...pair('StringEquals', 'StringNotEquals', compileEquals),
  ...pair('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', compileEqualsIgnoreCase),
  ...pair('StringLike', 'StringNotLike', compileLike),
  ...pair(
    'NumericEquals',
    'NumericNotEquals',
    numeric((value, own) => value === own),
  ),
  ...single(
    'NumericLessThan',
    numeric((value, own) => value < own),
  ),
  ...single(
    'NumericLessThanEquals',
    numeric((value, own) => value <= own),
  ),
  ...single(
    'NumericGreaterThan',
    numeric((value, own) => value > own),
  ),
  ...single(
    'NumericGreaterThanEquals',
    numeric((value, own) => value >= own),
  ),
  ...pair(
    'DateEquals',
    'DateNotEquals',
    date((value, own) => value === own),
  ),
  ...single(
    'DateLessThan',
    date((value, own) => value < own),
  ),
  ...single(
    'DateLessThanEquals',
    date((value, own) => value <= own),
  ),
  ...single(
    'DateGreaterThan',
    date((value, own) => value > own),
  ),
  ...single(
    'DateGreaterThanEquals',
    date((value, own) => value >= own),
  ),
  ...single('Bool', compileBool),
  ...single('BinaryEquals', compileBinary),
  ...pair('IpAddress', 'NotIpAddress', compileAddress),
  ...pair('ArnEquals', 'ArnNotEquals', compileArn),
  ...pair('ArnLike', 'ArnNotLike', compileArn),
]);

function single(name: string, compile: Operator['compile']): [string, Operator][] {
  return [[name, { negated: false, compile }]];
}

function pair(name: string, contrary: string, compile: Operator['compile']): [string, Operator][] {
  return [...single(name, compile), [contrary, { negated: true, compile }]];
}

function compileEquals(value: string, variables: boolean, fail: (reason: string) => Error): Test {
  const pattern = compilePattern(value, { wildcards: false, variables }, fail);
  return (text, keys) => matchesPattern(pattern, text, keys);
}

function compileEqualsIgnoreCase(value: string, variables: boolean, fail: (reason: string) => Error): Test {
  const pattern = compilePattern(value, { wildcards: false, variables }, fail);
  return (text, keys) => {
    const own = resolve(pattern, keys);
    return own !== undefined && literalText(own).toLowerCase() === text.toLowerCase();
  };
}

function compileLike(value: string, variables: boolean, fail: (reason: string) => Error): Test {
  const pattern = compilePattern(value, { wildcards: true, variables }, fail);
  return (text, keys) => matchesPattern(pattern, text, keys);
}

/** Part by part: a wildcard does not reach over a colon, but for those behind the fifth. */
function compileArn(value: string, variables: boolean, fail: (reason: string) => Error): Test {
  const parts = splitArn(value);
  if (parts.length < arnParts) throw fail(`${JSON.stringify(value)} is no ARN`);
  const patterns: readonly Pattern[] = parts.map((part) => compilePattern(part, { wildcards: true, variables }, fail));
  return (text, keys) => {
    const found = text.split(':');
    if (found.length < arnParts) return false;
    const resource = found.slice(arnParts - 1).join(':');
    return patterns.every((pattern, index) => matchesPattern(pattern, index < arnParts - 1 ? (found[index] ?? '') : resource, keys));
  };
}

function numeric(compare: (value: number, own: number) => boolean): Operator['compile'] {
  return (text, _variables, fail) => {
    const own = readNumber(text);
    if (own === undefined) throw fail(`${JSON.stringify(text)} is no number`);
    return (value) => {
      const number = readNumber(value);
      return number !== undefined && compare(number, own);
    };
  };
}

function date(compare: (value: number, own: number) => boolean): Operator['compile'] {
  return (text, _variables, fail) => {
    const own = readDate(text);
    if (own === undefined) throw fail(`${JSON.stringify(text)} is no date in ISO 8601`);
    return (value) => {
      const time = readDate(value);
      return time !== undefined && compare(time, own);
    };
  };
}

function compileBool(text: string, _variables: boolean, fail: (reason: string) => Error): Test {
  if (!isBoolean(text)) throw fail('it takes "true" or "false"');
  const own = text.toLowerCase();
  return (value) => value.toLowerCase() === own;
}

function compileBinary(text: string, _variables: boolean, fail: (reason: string) => Error): Test {
  const own = Buffer.from(text, 'base64');
  if (own.toString('base64') !== text) throw fail(`${JSON.stringify(text.slice(0, 64))} is not base64`);
  return (value) => Buffer.from(value, 'base64').equals(own);
}

function compileAddress(text: string, _variables: boolean, fail: (reason: string) => Error): Test {
  const range = readRange(text);
  if (range === undefined) throw fail(`${JSON.stringify(text.slice(0, 64))} is no address and no range of addresses`);
  const list = new BlockList();
  const family = isIPv4(range.address) ? 'ipv4' : 'ipv6';
  list.addSubnet(range.address, range.prefix, family);
  return (value) => {
    const address = plainAddress(value);
    return isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  };
}

/** An address of IPv4 that is written as one of IPv6 is what it stands for; without the zone of a link-local address. */
export function plainAddress(text: string): string {
  const [address = ''] = text.split('%', 1);
  const [, mapped = ''] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  return isIPv4(mapped) ? mapped : address;
}

/** An address, or one and the number of bits that count. */
export function readRange(text: string): { readonly address: string; readonly prefix: number } | undefined {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  const width = family === 4 ? 32 : 128;
  if (family === 0 || address.includes('%') || more.length > 0) return undefined;
  if (bits === undefined) return { address, prefix: width };
  return /^\d{1,3}$/.test(bits) && Number(bits) <= width ? { address, prefix: Number(bits) } : undefined;
}

function isBoolean(text: string): boolean {
  return /^(true|false)$/i.test(text);
}

function readNumber(text: string): number | undefined {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Milliseconds since 1970, out of ISO 8601 or seconds. */
function readDate(text: string): number | undefined {
  if (/^\d{1,15}(\.\d+)?$/.test(text) && !/^\d{4}$/.test(text)) return Number(text) * 1000;
  if (!/^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?)?)?$/.test(text)) return undefined;
  const time_ms = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(time_ms) ? undefined : time_ms;
}
