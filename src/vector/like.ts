/**
 * LIKE: `_` is one code point, `%` any run of them, the match is anchored at both ends and case-sensitive.
 * Never a RegExp: the matcher takes the leftmost fit of each part between two `%`, so it cannot backtrack.
 */
import { SelectError } from '../base/errors.ts';

/** A pattern after its escapes: literal text, `_` as `any-one`, `%` as `any-run`. Neighbouring texts and runs are merged. */
export type LikePiece = { readonly text: string } | 'any-one' | 'any-run';
export type LikePattern = readonly LikePiece[];

/**
 * Reads a pattern. `escapeCharacter` is one character that may stand before `_`, `%` and itself only; null without ESCAPE.
 * @throws {SelectError} EvaluatorLikePatternInvalidEscapeSequence
 */
export function parseLikePattern(pattern: string, escapeCharacter: string | null): LikePattern {
  if (escapeCharacter !== null && [...escapeCharacter].length !== 1) throw invalidEscape(escapeCharacter);
  const pieces: LikePiece[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') pieces.push({ text });
    text = '';
  };
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === escapeCharacter) {
      const escaped = characters[++i];
      if (escaped !== '_' && escaped !== '%' && escaped !== escapeCharacter) throw invalidEscape(pattern);
      text += escaped;
    } else if (character === '_') {
      flush();
      pieces.push('any-one');
    } else if (character === '%') {
      flush();
      if (pieces.at(-1) !== 'any-run') pieces.push('any-run');
    } else {
      text += character;
    }
  }
  flush();
  return pieces;
}

/** A matcher for one pattern, to be used for many texts. */
export function compileLike(pattern: LikePattern): (text: string) => boolean {
  const parts: Part[] = [[]];
  for (const piece of pattern) {
    if (piece === 'any-run') parts.push([]);
    else parts.at(-1)!.push(piece);
  }
  const first = parts[0]!;
  if (parts.length === 1) return (text) => endOf(first, text, 0) === text.length;
  const last = parts.at(-1)!;
  const middle = parts.slice(1, -1);
  return (text) => {
    let position = endOf(first, text, 0);
    if (position < 0) return false;
    for (const part of middle) {
      position = find(part, text, position);
      if (position < 0) return false;
    }
    return startOf(last, text) >= position;
  };
}

/** What stands between two `%`: it matches a fixed number of code points. */
type Part = Exclude<LikePiece, 'any-run'>[];

function invalidEscape(pattern: string): SelectError {
  return new SelectError('EvaluatorLikePatternInvalidEscapeSequence', { pattern });
}

/** Where the leftmost fit of `part` at or after `from` ends, or -1. */
function find(part: Part, text: string, from: number): number {
  const head = part[0];
  if (typeof head === 'object') {
    for (let at = text.indexOf(head.text, from); at >= 0; at = text.indexOf(head.text, at + 1)) {
      const end = endOf(part, text, at);
      if (end >= 0) return end;
    }
    return -1;
  }
  for (let at = from; at <= text.length; at += widthAt(text, at)) {
    const end = endOf(part, text, at);
    if (end >= 0) return end;
  }
  return -1;
}

/** Where `part` ends when it starts at `at`, or -1. */
function endOf(part: Part, text: string, at: number): number {
  let position = at;
  for (const piece of part) {
    if (piece === 'any-one') {
      if (position >= text.length) return -1;
      position += widthAt(text, position);
    } else {
      if (!text.startsWith(piece.text, position)) return -1;
      position += piece.text.length;
    }
  }
  return position;
}

/** Where `part` starts when it ends at the end of `text`, or -1. */
function startOf(part: Part, text: string): number {
  let position = text.length;
  for (let i = part.length - 1; i >= 0; i--) {
    const piece = part[i]!;
    if (piece === 'any-one') {
      if (position === 0) return -1;
      position -= position > 1 && text.codePointAt(position - 2)! > 0xffff ? 2 : 1;
    } else {
      if (!text.endsWith(piece.text, position)) return -1;
      position -= piece.text.length;
    }
  }
  return position;
}

/** UTF-16 units of the code point at `at`. */
function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}
