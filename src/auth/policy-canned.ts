/** Policies of users that are always there, by name. */
import type { Policy } from './policy.ts';
import { bucketOwnerKey } from './policy-actions.ts';
import { parsePolicy } from './policy-parse.ts';

interface CannedPolicy {
  /** For those who choose one. */
  readonly doc: string;
  readonly statements: readonly object[];
}

export const cannedPolicies = {
  owner: {
    doc: 'create buckets, and do everything with the buckets it has created',
    statements: [
      { Effect: 'Allow', Action: ['s3:CreateBucket', 's3:TagResource', 's3:ListAllMyBuckets'], Resource: '*' },
      { Effect: 'Allow', Action: 's3:*', Resource: '*', Condition: { StringEquals: { [bucketOwnerKey]: '${aws:userid}' } } },
    ],
  },
  readonly: {
    doc: 'list, read and query everything',
    statements: [{ Effect: 'Allow', Action: ['s3:Get*', 's3:List*'], Resource: '*' }],
  },
  readwrite: {
    doc: 'do everything, but for saying who else may do what',
    statements: [
      {
        Effect: 'Allow',
        NotAction: [
          's3:PutBucketPolicy',
          's3:DeleteBucketPolicy',
          's3:PutBucketAcl',
          's3:PutObjectAcl',
          's3:PutObjectVersionAcl',
          's3:PutBucketPublicAccessBlock',
          's3:PutBucketOwnershipControls',
          's3:BypassGovernanceRetention',
        ],
        Resource: '*',
      },
    ],
  },
  admin: { doc: 'do everything', statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  none: {
    doc: 'do nothing but what the policies of buckets allow',
    statements: [],
  },
} as const satisfies Record<string, CannedPolicy>;

export function isCannedPolicy(name: string): name is keyof typeof cannedPolicies {
  return Object.hasOwn(cannedPolicies, name);
}

/**
 * The policy of a user: the name of one of these, or JSON.
 * @throws SelectError MalformedPolicy
 */
export function parseUserPolicy(policy: string): Policy {
  if (!isCannedPolicy(policy)) return parsePolicy(policy);
  const { statements } = cannedPolicies[policy];
  if (statements.length === 0) return { statements: [], readsTags: false };
  return parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }));
}
