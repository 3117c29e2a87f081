/**
 * Whether a bucket policy makes the bucket public.
 * Source: "The meaning of 'public'" in "Blocking public access to your Amazon S3 storage" of the S3 user guide.
 */
import type { Policy, Statement } from './policy.ts';
import type { Condition } from './policy-conditions.ts';
import { readRange } from './policy-conditions.ts';

/** Somebody whom no statement names, and no condition ties to known people or places, is allowed something. */
export function isPublic({ statements }: Policy): boolean {
  return statements.some(({ effect, principals, conditions }: Statement) => {
    return effect === 'Allow' && principals?.everyone === true && !conditions.some(isTying);
  });
}

/** Keys of which a fixed value is no public. */
const tyingKeys: ReadonlySet<string> = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceowner',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:userid',
  'aws:username',
  's3:dataaccesspointaccount',
  's3:dataaccesspointarn',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
]);

function isTying({ operator, key, values }: Condition): boolean {
  if (operator === 'IpAddress' && key === 'aws:sourceip') return values.every(isNarrow);
  if (!tyingKeys.has(key) || !/^(String(Equals|EqualsIgnoreCase|Like)|Arn(Equals|Like))$/.test(operator)) return false;
  return values.every((value) => !/[*?]|\$\{/.test(value));
}

/** No more than a 256th of the addresses of IPv4, or so few of IPv6. */
function isNarrow(text: string): boolean {
  const range = readRange(text);
  return range !== undefined && range.prefix >= (range.address.includes(':') ? 32 : 8);
}
