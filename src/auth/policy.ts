/** A policy in the form in which it is evaluated. `policy-parse.ts` makes it out of JSON. */
import type { Condition } from './policy-conditions.ts';
import type { Pattern } from './policy-pattern.ts';

export interface Policy {
  readonly statements: readonly Statement[];
  /** Something in it depends on the tags an object has, which have to be read for it. */
  readonly readsTags: boolean;
}

export interface Statement {
  /** With its Sid, or its number, for those who have to find it. */
  readonly name: string;
  readonly effect: 'Allow' | 'Deny';
  /** Of a bucket policy. */
  readonly principals: Principals | undefined;
  readonly actions: Listed<Pattern>;
  readonly resources: Listed<ResourcePattern>;
  /** All must hold. */
  readonly conditions: readonly Condition[];
}

/** Action or NotAction, Resource or NotResource. */
export interface Listed<Item> {
  /** Everything but the items. */
  readonly negated: boolean;
  readonly items: readonly Item[];
}

/** Region, account and resource of an ARN; null is every resource. */
export type ResourcePattern = { readonly region: Pattern; readonly account: Pattern; readonly resource: Pattern } | null;

export interface Principals {
  /** NotPrincipal. */
  readonly negated: boolean;
  /** Everybody, also those who sign nothing. */
  readonly everyone: boolean;
  /** Every user and the root user. */
  readonly account: boolean;
  /** ARNs of users. */
  readonly arns: ReadonlySet<string>;
  readonly canonicalIds: ReadonlySet<string>;
}
