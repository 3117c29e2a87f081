/** What LIKE with a constant pattern comes down to. */
import { type LikePattern, parseLikePattern } from '../../vector/like.ts';
import type { Expression } from '../expression.ts';

/**
 * What LIKE with a constant pattern asks of a text: a pattern without wildcards is an equality, one whose only wildcard is a `%` at its
 * end a range. Null for other patterns.
 */
export function likeShape({ pattern, escape: escapeCharacter }: Extract<Expression, { op: 'like' }>): LikeShape | null {
  const text = stringOf(pattern);
  const escapeText = escapeCharacter === null ? null : stringOf(escapeCharacter);
  if (text === undefined || escapeText === undefined) return null;
  const pieces = parseLikePattern(text, escapeText);
  const [start, end] = pieces;
  const plain = pieces.length === 0 ? '' : typeof start === 'object' ? start.text : null;
  if (plain === null || pieces.length > 2 || (end !== undefined && end !== 'any-run')) return { pattern: pieces };
  return end === undefined
    ? { low: plain, high: plain, highInclusive: true }
    : { low: plain, high: afterPrefix(plain), highInclusive: false };
}

type LikeShape =
  | { readonly pattern: LikePattern }
  /** From `low` on; `high` null: unbounded. */
  | { readonly low: string; readonly high: string | null; readonly highInclusive: boolean };

/** The least text after all that begin with `prefix`, in UTF-8 byte order, which is that of code points; null where there is none. */
function afterPrefix(prefix: string): string | null {
  const characters = [...prefix];
  for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
    const code = last.codePointAt(0) ?? 0;
    // why: surrogates are no characters
    const next = code === 0xd7ff ? 0xe000 : code + 1;
    if (next <= 0x10ffff) return characters.join('') + String.fromCodePoint(next);
  }
  return null;
}

function stringOf(expression: Expression): string | undefined {
  return expression.op === 'literal' && expression.value.type === 'string' ? expression.value.text : undefined;
}
