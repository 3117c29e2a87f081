/** How much room text takes on a terminal, and text cut to a room. Text that could steer the terminal is made visible. */

/** Columns that `text` takes: 2 for wide characters, 0 for those that combine with the one before. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** `text` in exactly `width` columns: padded, or cut with an ellipsis. */
export function fit(text: string, width: number, align: 'left' | 'right'): string {
  const taken = displayWidth(text);
  if (taken > width) return cut(text, width);
  const padding = ' '.repeat(width - taken);
  return align === 'left' ? text + padding : padding + text;
}

/** Control characters, which could move the cursor or worse, as their pictures; other invisible ones as U+FFFD. */
export function visible(text: string): string {
  if (plain.test(text)) return text;
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}

const plain = /^[\x20-\x7e]*$/;
const zero = /^[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]$/u;
/** Scripts and symbols that terminals draw two columns wide (Unicode's East Asian Width W and F, in rough ranges). */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]$|^\p{Emoji_Presentation}$/u;

function characterWidth(character: string): number {
  if (plain.test(character)) return 1;
  if (zero.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

function cut(text: string, width: number): string {
  if (width < 1) return '';
  let taken = 0;
  let kept = '';
  for (const character of text) {
    const next = characterWidth(character);
    if (taken + next > width - 1) break;
    kept += character;
    taken += next;
  }
  return `${kept}…${' '.repeat(width - 1 - taken)}`;
}
