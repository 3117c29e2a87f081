/**
 * Policies out of JSON. What S3 would not take, or what could never have an effect that was meant, is an error that names it.
 * Source: "Grammar of the IAM JSON policy language" of the IAM user guide.
 */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Policy, Principals, ResourcePattern, Statement } from './policy.ts';
import { actionTypes, isKnownKey, listActions, listKeys } from './policy-actions.ts';
import type { Condition } from './policy-conditions.ts';
import { compileCondition } from './policy-conditions.ts';
import type { ConditionKeys, Pattern } from './policy-pattern.ts';
import { compilePattern, matchesPattern, splitArn } from './policy-pattern.ts';
import { readPrincipals } from './policy-principals.ts';
import type { JsonObject, JsonValue } from './strict-json.ts';
import { isJsonObject, parseStrictJson } from './strict-json.ts';

/**
 * Reads a policy. `bucket`: the bucket whose policy it is to be; absent for the policy of a user.
 * @throws SelectError MalformedPolicy
 */
export function parsePolicy(text: string, bucket?: string): Policy {
  if (Buffer.byteLength(text) > limits.policy_bytes_max) throw malformed(`it is longer than ${limits.policy_bytes_max} bytes`);
  const root = parseStrictJson(text, malformed);
  if (!isJsonObject(root)) throw malformed('it is no JSON object');
  checkNames(root, ['Version', 'Id', 'Statement'], 'the policy');
  const version = root.get('Version') ?? '2008-10-17';
  if (version !== '2012-10-17' && version !== '2008-10-17') throw malformed('Version is neither "2012-10-17" nor "2008-10-17"');
  const id = root.get('Id');
  if (id !== undefined && typeof id !== 'string') throw malformed('Id is no string');
  const statements = [root.get('Statement') ?? []].flat();
  if (statements.length === 0) throw malformed('Statement is missing or empty');
  const context = { bucket, variables: version === '2012-10-17' };
  const parsed = statements.map((statement, index) => readStatement(statement, index, context));
  const names = parsed.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  // IAM does not take it; S3 does.
  if (twice !== undefined && bucket === undefined) throw malformed(`there are two of ${twice}`);
  return { statements: parsed, readsTags: /s3:ExistingObjectTag\//i.test(text) };
}

function malformed(reason: string): SelectError {
  return new SelectError('MalformedPolicy', { reason });
}

interface Context {
  readonly bucket: string | undefined;
  /** Texts may hold variables. */
  readonly variables: boolean;
}

const statementNames = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
] as const;
type StatementName = (typeof statementNames)[number];

function readStatement(value: JsonValue, index: number, context: Context): Statement {
  if (!isJsonObject(value)) throw malformed(`statement ${index + 1} is no JSON object`);
  const sid = value.get('Sid');
  if (sid !== undefined && typeof sid !== 'string') throw malformed(`the Sid of statement ${index + 1} is no text`);
  // An empty one is none.
  const name = `statement ${sid ? JSON.stringify(sid) : index + 1}`;
  const fail = (reason: string): SelectError => malformed(`${name}: ${reason}`);
  checkNames(value, statementNames, name);
  const effect = value.get('Effect');
  if (effect !== 'Allow' && effect !== 'Deny') throw fail('Effect is neither "Allow" nor "Deny"');
  const action = oneOf(value, 'Action', 'NotAction', fail);
  const resource = oneOf(value, 'Resource', 'NotResource', fail);
  const texts = textsOf(action.value, action.name, fail);
  const statement: Statement = {
    name,
    effect,
    principals: principalsOf(value, effect, context, fail),
    actions: { negated: action.negated, items: texts.map((text) => readAction(text, context, fail)) },
    resources: {
      negated: resource.negated,
      items: textsOf(resource.value, resource.name, fail).map((text) => readResource(text, context, fail)),
    },
    conditions: conditionsOf(value.get('Condition'), context, fail),
  };
  const actions = actionsOf(statement);
  checkConditionsFit(statement, actions, fail);
  if (context.bucket !== undefined && effect === 'Deny') checkResourcesFit(statement, actions, fail);
  return statement;
}

type Fail = (reason: string) => SelectError;

function checkNames(object: JsonObject, names: readonly string[], where: string): void {
  for (const name of object.keys()) {
    if (!names.includes(name)) throw malformed(`${where} has ${JSON.stringify(name.slice(0, 64))}, which is none of ${names.join(', ')}`);
  }
}

function oneOf(object: JsonObject, name: StatementName, contrary: StatementName, fail: Fail) {
  const [value, other] = [object.get(name), object.get(contrary)];
  if (value !== undefined && other !== undefined) throw fail(`it has both ${name} and ${contrary}`);
  if (value !== undefined) return { negated: false, name, value };
  if (other !== undefined) return { negated: true, name: contrary, value: other };
  throw fail(`${name} is missing`);
}

/** One text or a list of them, not empty. */
function textsOf(value: JsonValue, name: string, fail: Fail): readonly string[] {
  const texts = [value].flat();
  if (texts.length === 0) throw fail(`${name} is empty`);
  return texts.map((text) => {
    if (typeof text !== 'string' || text === '') throw fail(`${name} holds what is no text`);
    return text;
  });
}

function principalsOf(object: JsonObject, effect: 'Allow' | 'Deny', { bucket }: Context, fail: Fail): Principals | undefined {
  const given = object.has('Principal') || object.has('NotPrincipal');
  if (bucket === undefined) {
    if (given) throw fail('the policy of a user names no Principal');
    return undefined;
  }
  const { negated, value } = oneOf(object, 'Principal', 'NotPrincipal', fail);
  // why: it would allow everybody else, those who sign nothing included.
  if (negated && effect === 'Allow') throw fail('NotPrincipal goes with "Deny" only');
  return readPrincipals(value, negated, fail);
}

/** In lower case, for actions are the same in any. */
function readAction(text: string, { bucket }: Context, fail: Fail): Pattern {
  const action = text.toLowerCase();
  const colon = action.indexOf(':');
  const service = colon < 0 ? action : action.slice(0, colon);
  const pattern = compilePattern(action, { wildcards: true, variables: false }, fail);
  if (action === '*') return pattern;
  if (!/^[a-z0-9-]+$/.test(service) || colon < 0) throw fail(`${JSON.stringify(text.slice(0, 64))} is no action`);
  if (service !== 's3' && bucket === undefined) return pattern;
  if (![...actionTypes.keys()].some((name) => matchesPattern(pattern, name.toLowerCase(), noKeys))) {
    throw fail(`${JSON.stringify(text.slice(0, 64))} is no action of S3`);
  }
  return pattern;
}

const noKeys: ConditionKeys = new Map();

function readResource(text: string, { bucket, variables }: Context, fail: Fail): ResourcePattern {
  if (text === '*') return null;
  const shown = JSON.stringify(text.slice(0, 128));
  const [arn, partition, service, region = '', account = '', resource] = splitArn(text);
  if (arn !== 'arn' || resource === undefined || resource === '') throw fail(`${shown} is no ARN of a resource`);
  if (partition !== 'aws') throw fail(`${shown} is in another partition than "aws"`);
  if (service !== 's3' && (bucket !== undefined || !/^[a-z0-9-]+$/.test(service ?? ''))) throw fail(`${shown} is no resource of S3`);
  if (`${region}${account}`.includes('${')) throw fail(`${shown} has a variable before its fifth colon`);
  const compile = (part: string, withVariables: boolean): Pattern =>
    compilePattern(part, { wildcards: true, variables: withVariables }, fail);
  const pattern = { region: compile(region, false), account: compile(account, false), resource: compile(resource, variables) };
  // A resource of another service is none of ours: it fits nothing.
  if (service !== 's3') return { region: pattern.region, account: pattern.account, resource: [] };
  if (bucket !== undefined && !canBeIn(resource, bucket, variables)) throw fail(`${shown} is not in the bucket ${bucket}`);
  return pattern;
}

/** Whether a pattern can fit a bucket or something in it. With a variable it can be anything. */
function canBeIn(resource: string, bucket: string, variables: boolean): boolean {
  if (variables && resource.includes('${')) return true;
  const slash = resource.indexOf('/');
  const [head] = slash < 0 ? [resource] : [resource.slice(0, slash)];
  const pattern = compilePattern(head, { wildcards: true, variables: false }, malformed);
  // A wildcard may reach over the slash.
  return matchesPattern(pattern, bucket, noKeys) || (/[*]/.test(head) && bucket.startsWith(head.slice(0, head.search(/[*?]/))));
}

function conditionsOf(value: JsonValue | undefined, { variables }: Context, fail: Fail): readonly Condition[] {
  if (value === undefined) return [];
  if (!isJsonObject(value)) throw fail('Condition is no JSON object');
  return [...value].flatMap(([operator, block]) => {
    if (!isJsonObject(block)) throw fail(`${operator.slice(0, 64)} holds no keys`);
    const seen = new Set<string>();
    return [...block].map(([key, given]) => {
      const name = key.toLowerCase();
      if (!isKnownKey(name)) throw fail(`${JSON.stringify(key.slice(0, 64))} is no condition key`);
      if (seen.has(name)) throw fail(`${operator} has ${key} twice`);
      seen.add(name);
      return compileCondition(operator, key, conditionValues(given, operator, fail), variables, fail);
    });
  });
}

function conditionValues(value: JsonValue, operator: string, fail: Fail): readonly string[] {
  return [value].flat().map((each) => {
    if (typeof each === 'string') return each;
    if (typeof each === 'number' || typeof each === 'boolean') return String(each);
    throw fail(`${operator.slice(0, 64)} holds what is no text`);
  });
}

/** The actions of S3 that a statement is about, in lower case, with what they are done to. */
function actionsOf({ actions }: Statement): readonly (readonly [string, string])[] {
  return [...actionTypes]
    .map(([name, type]) => [name.toLowerCase(), type] as const)
    .filter(([name]) => actions.items.some((pattern) => matchesPattern(pattern, name, noKeys)) !== actions.negated);
}

/** A key that no action of the statement has would keep an Allow from ever being one, and a Deny too. */
function checkConditionsFit({ conditions }: Statement, actions: readonly (readonly [string, string])[], fail: Fail): void {
  const lists = actions.some(([name]) => listActions.includes(name));
  const other = actions.length > 0 && !lists ? conditions.find(({ key }) => listKeys.includes(key)) : undefined;
  if (other !== undefined) throw fail(`no action of it has the condition key ${other.key}`);
}

/** A Deny of what cannot be done to its resources would be taken for a protection. */
function checkResourcesFit({ resources, actions: named }: Statement, actions: readonly (readonly [string, string])[], fail: Fail): void {
  if (resources.negated || named.negated) return;
  const patterns = resources.items.map((item) => item?.resource);
  const couldBe = (type: string): boolean =>
    patterns.some((pattern) => {
      if (pattern === undefined) return true;
      const hasSlash = pattern.some((part) => typeof part === 'string' && part.includes('/'));
      return type === 'object' ? hasSlash || pattern.some((part) => typeof part !== 'string') : !hasSlash;
    });
  if (!actions.some(([, type]) => couldBe(type))) throw fail('none of its actions applies to any of its resources');
}
