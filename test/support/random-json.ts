/** Random JSON text, in order or not. */
import type { Random } from './kernels.ts';

/** Whether a text is one JSON value. */
export function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Values one after another. */
export function validText(random: Random): string {
  return Array.from({ length: 1 + random.below(5) }, () => randomValue(random, 4) + random.pick(['\n', '\n', ' ', '\r\n', '\n\n'])).join(
    '',
  );
}

/** Text that is often no JSON. */
export function mixedText(random: Random): string {
  const parts = [
    '{',
    '}',
    '[',
    ']',
    '"',
    '"',
    ',',
    ':',
    '\\',
    ' ',
    '\n',
    '1',
    'a',
    '"a":',
    '{"a":',
    '[1,',
    'true',
    '\u0001',
    'é',
    'ab'.repeat(20),
    '\\"',
  ];
  return random.chance(0.5)
    ? Array.from({ length: random.below(60) }, () => random.pick(parts)).join('')
    : spoiled(random, validText(random));
}

/** With a character lost, doubled or replaced. */
export function spoiled(random: Random, text: string): string {
  const at = random.below(text.length);
  return text.slice(0, at) + random.pick(['', '', text.charAt(at).repeat(2), ',', '"', '}', '\\', ' ', '0']) + text.slice(at + 1);
}

/** Lists and objects up to `depth` of them in one another. */
export function randomValue(random: Random, depth: number): string {
  const space = random.chance(0.2) ? random.pick([' ', '\n', ' \t']) : '';
  const kind = random.below(depth > 0 ? 6 : 4);
  if (kind === 0) return random.pick(['0', '-1', '1.50', '12345678901234567890', '1e5', '-0.0E-7', '100', '0.1', '7']);
  if (kind === 1) return random.pick(['true', 'false', 'null']);
  if (kind < 4) return string(random);
  const parts = Array.from(
    { length: random.below(5) },
    () => (kind === 4 ? '' : `${key(random)}${space}:${space}`) + randomValue(random, depth - 1),
  );
  return kind === 4 ? `[${space}${parts.join(`${space},`)}${space}]` : `{${space}${parts.join(`,${space}`)}${space}}`;
}

function key(random: Random): string {
  return random.pick(['"a"', '"A"', '"b"', '"B"', '"items"', '"\\u0061"', '""', '"c c"', `"${'k'.repeat(70)}"`, '"ab"']);
}

function string(random: Random): string {
  const parts = [
    'a',
    'ab',
    '\\"',
    '\\\\',
    '\\u00e9',
    '\\ud83d\\ude00',
    'é',
    '{',
    '}',
    ',',
    ':',
    ' ',
    '[',
    ']',
    'x'.repeat(random.below(70)),
    '\\n',
  ];
  return `"${Array.from({ length: random.below(5) }, () => random.pick(parts)).join('')}"`;
}
