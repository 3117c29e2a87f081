/** Paths into JSON values. Plain data. */

/** A step of a path into a JSON value. */
export type PathStep =
  | {
      readonly kind: 'member';
      readonly name: string;
      /** Matched with case: a quoted name, or one in brackets. */
      readonly exact: boolean;
    }
  /** Zero-based. */
  | { readonly kind: 'index'; readonly index: number }
  /** `[*]` */
  | { readonly kind: 'elements' }
  /** `.*` */
  | { readonly kind: 'members' };
