/** What is to be known of a JSON object before its first record: whether a byte order mark stands in front. */

const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Where the values begin, from the object's first bytes; `more` when there are too few. `last`: there are no more. */
export function describeJson(
  bytes: Uint8Array,
  last: boolean,
): { readonly schema: { readonly kind: 'open' }; readonly dataStart: number } | 'more' {
  if (bytes.length < MARK.length && !last) return 'more';
  return { schema: { kind: 'open' }, dataStart: MARK.equals(bytes.subarray(0, MARK.length)) ? MARK.length : 0 };
}
