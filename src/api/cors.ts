/**
 * Cross-origin requests (CORS): the rules of a bucket, the browser's question before it sends a request, and the headers
 * without which it does not show the answer to the page.
 */
import type { BucketSettings } from '../auth/state.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { ApiRequest, ApiResponse } from './http.ts';
import { parseXml, type XmlElement } from './request-xml.ts';
import type { Target } from './target.ts';
import { element, textElement } from './xml-answer.ts';

export interface CorsRule {
  readonly id?: string | undefined;
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly maxAge_s?: number | undefined;
}

/**
 * Reads the body of PutBucketCors.
 * @throws SelectError MalformedXML, InvalidRequest
 */
export function parseCors(document: Uint8Array): readonly CorsRule[] {
  const root = parseXml(document);
  if (root.name !== 'CORSConfiguration' || root.children.length === 0) throw malformed('it is no CORSConfiguration with a CORSRule');
  if (root.children.length > limits.cors_rules_max) throw invalid(`there can be ${limits.cors_rules_max} rules at most`);
  return root.children.map(readRule);
}

/** The rules a bucket has; null where it has none. */
export function corsRulesOf(settings: BucketSettings): readonly CorsRule[] | null {
  if (settings.cors === undefined) return null;
  // why: settings are never changed in place, and every request of a page asks.
  const known = parsed.get(settings);
  const rules = known ?? (JSON.parse(settings.cors) as readonly CorsRule[]);
  if (known === undefined) parsed.set(settings, rules);
  return rules;
}

const parsed = new WeakMap<BucketSettings, readonly CorsRule[]>();

/** The content of a CORSConfiguration element. */
export function corsXml(rules: readonly CorsRule[]): string {
  const list = (name: string, texts: readonly string[]): string => texts.map((text) => textElement(name, text)).join('');
  return rules
    .map(({ id, origins, methods, headers, exposed, maxAge_s }) =>
      element(
        'CORSRule',
        textElement('ID', id) +
          list('AllowedMethod', methods) +
          list('AllowedOrigin', origins) +
          list('AllowedHeader', headers) +
          list('ExposeHeader', exposed) +
          textElement('MaxAgeSeconds', maxAge_s),
      ),
    )
    .join('');
}

/**
 * The answer to OPTIONS, a browser's question whether a page may send a request of this kind. `rules`: null where there are none.
 * @throws SelectError BadRequest, AccessForbidden
 */
export function preflight({ headers }: ApiRequest, { key }: Target, rules: readonly CorsRule[] | null): ApiResponse {
  const { origin, 'access-control-request-method': method, 'access-control-request-headers': list = '' } = headers;
  if (origin === undefined) throw new SelectError('BadRequest', { reason: 'Insufficient information. Origin request header needed' });
  if (method === undefined || !methods.includes(method)) {
    throw new SelectError('BadRequest', { reason: `Invalid Access-Control-Request-Method: ${method?.slice(0, 64)}` });
  }
  const about = { Method: method, ResourceType: key === '' ? 'BUCKET' : 'OBJECT' };
  if (rules === null) throw new SelectError('AccessForbidden', { reason: 'CORS is not enabled for this bucket.', ...about });
  const wanted = list
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const rule = rules.find(
    (each) => allows(each, origin, method) && wanted.every((name) => each.headers.some((pattern) => matches(pattern.toLowerCase(), name))),
  );
  if (rule === undefined) {
    const reason =
      'This CORS request is not allowed. This is usually because the evaluation of Origin, request method / ' +
      "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";
    throw new SelectError('AccessForbidden', { reason, ...about });
  }
  const answer = { ...corsHeaders(rule, origin), 'content-length': '0' };
  return {
    status: 200,
    headers: wanted.length === 0 ? answer : { ...answer, 'access-control-allow-headers': wanted.join(', ') },
    body: null,
  };
}

/** Adds to an answer, of success or failure, what lets the page that asked read it, and tells caches that another page may not. */
export function allowReading(answer: ApiResponse, { method, headers }: ApiRequest, rules: readonly CorsRule[]): void {
  answer.headers['vary'] = vary;
  const { origin } = headers;
  // why: some clients that are no browsers name the method they mean as browsers do only beforehand, and S3 goes by it.
  const meant = headers['access-control-request-method'] ?? method;
  const rule = origin === undefined ? undefined : rules.find((each) => allows(each, origin, meant));
  if (origin === undefined || rule === undefined) return;
  // The headers of S3's own are of use to whoever may read the rest.
  const own = Object.keys(answer.headers).filter((name) => name.startsWith('x-amz-'));
  Object.assign(answer.headers, corsHeaders({ ...rule, exposed: [...new Set([...rule.exposed, ...own])] }, origin));
}

/** What an answer depends on: without it a browser shows one page the answer it kept for another, which names the other's origin or none. */
const vary = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

function corsHeaders({ origins, methods: allowed, exposed, maxAge_s }: CorsRule, origin: string): Record<string, string> {
  const headers: Record<string, string> = {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': allowed.join(', '),
    'access-control-allow-credentials': 'true',
    vary,
  };
  if (origins.includes('*')) {
    headers['access-control-allow-origin'] = '*';
    delete headers['access-control-allow-credentials'];
  }
  if (exposed.length > 0) headers['access-control-expose-headers'] = exposed.join(', ');
  if (maxAge_s !== undefined) headers['access-control-max-age'] = String(maxAge_s);
  return headers;
}

function allows({ origins, methods: allowed }: CorsRule, origin: string, method: string): boolean {
  return allowed.includes(method) && origins.some((pattern) => matches(pattern, origin));
}

/** Of a pattern with one `*` at most. */
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}

const methods: readonly string[] = ['GET', 'PUT', 'HEAD', 'POST', 'DELETE'];

function readRule({ name, children }: XmlElement): CorsRule {
  if (name !== 'CORSRule') throw malformed('it holds something else than rules');
  const all = (member: string): string[] => children.filter((child) => child.name === member).map(({ text }) => text.trim());
  const rule = {
    id: all('ID')[0],
    origins: all('AllowedOrigin'),
    methods: all('AllowedMethod'),
    headers: all('AllowedHeader'),
    exposed: all('ExposeHeader'),
    maxAge_s: readSeconds(all('MaxAgeSeconds')[0]),
  };
  if (rule.origins.length === 0 || rule.methods.length === 0) throw malformed('a rule needs an AllowedOrigin and an AllowedMethod');
  const unknown = rule.methods.find((method) => !methods.includes(method));
  if (unknown !== undefined) throw invalid(`Found unsupported HTTP method in CORS config. Unsupported method is ${unknown.slice(0, 64)}`);
  for (const [member, texts, stars_max] of [
    ['AllowedOrigin', rule.origins, 1],
    ['AllowedHeader', rule.headers, 1],
    ['ExposeHeader', rule.exposed, 0],
  ] as const) {
    const wrong = texts.find((text) => text.split('*').length - 1 > stars_max || !/^[\x21-\x7e]*$/.test(text));
    if (wrong !== undefined) throw invalid(`${member} "${wrong.slice(0, 64)}" is not valid, or has more than ${stars_max} wildcards`);
  }
  return rule;
}

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw malformed('MaxAgeSeconds is not a number of seconds');
  return Number(text);
}

function malformed(reason: string): SelectError {
  return new SelectError('MalformedXML', { reason });
}

function invalid(reason: string): SelectError {
  return new SelectError('InvalidRequest', { reason });
}
