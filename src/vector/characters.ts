/** Text by characters, which are Unicode code points; JavaScript counts UTF-16 units. */

/** The number of characters. */
export function characterCount(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++) if (!isLowSurrogate(text.charCodeAt(index))) count++;
  return count;
}

/**
 * The characters `start` to `start + length - 1`, counted from 1, that the text has; without a length all from `start`. What
 * of them lies before the first character takes part in the length: `substring('abc', 0, 2)` is `a`. `length` is not negative.
 */
export function substring(text: string, start: number, length: number | null): string {
  const first = Math.max(start, 1);
  const from = unitOf(text, 0, first - 1);
  if (length === null) return text.slice(from);
  const count = start + length - first;
  return count <= 0 ? '' : text.slice(from, unitOf(text, from, count));
}

export type TrimSide = 'LEADING' | 'TRAILING' | 'BOTH';

/** What takes all characters of a set from an end of a text, or from both; made once for a set. */
export function trimmer(side: TrimSide, characters: string): (text: string) => string {
  const leading = side !== 'TRAILING';
  const trailing = side !== 'LEADING';
  const isTrimmed = membershipOf(characters);
  return (text) => {
    let from = 0;
    let end = text.length;
    while (leading && from < end) {
      const character = text.codePointAt(from)!;
      if (!isTrimmed(character)) break;
      from += character > 0xffff ? 2 : 1;
    }
    while (trailing && end > from) {
      const units = isLowSurrogate(text.charCodeAt(end - 1)) ? 2 : 1;
      if (!isTrimmed(text.codePointAt(end - units)!)) break;
      end -= units;
    }
    return from === 0 && end === text.length ? text : text.slice(from, end);
  };
}

function membershipOf(characters: string): (character: number) => boolean {
  if (characters.length === 1) {
    const only = characters.charCodeAt(0);
    return (character) => character === only;
  }
  const set = new Set<number>();
  for (const character of characters) set.add(character.codePointAt(0)!);
  return (character) => set.has(character);
}

/** The second half of a surrogate pair, which is no character of its own. */
function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** The index of the unit `count` characters behind the unit `from`; the text's length where it has fewer. */
function unitOf(text: string, from: number, count: number): number {
  if (count >= text.length - from) return text.length;
  let index = from;
  for (let passed = 0; passed < count && index < text.length; passed++) {
    index++;
    if (isLowSurrogate(text.charCodeAt(index))) index++;
  }
  return index;
}
