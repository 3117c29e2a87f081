import fc from 'fast-check';
import t from 'tap';
import { compileLike, parseLikePattern } from '../src/vector/like.ts';

const matches = (text: string, pattern: string, escapeCharacter: string | null = null): boolean =>
  compileLike(parseLikePattern(pattern, escapeCharacter))(text);

t.test('patterns', async (t) => {
  for (const [text, pattern, expected] of [
    ['', '', true],
    ['', '%', true],
    ['', '_', false],
    ['abc', 'abc', true],
    ['abc', 'ABC', false],
    ['abcd', 'abc', false],
    ['abc', 'a_c', true],
    ['abc', '%b%', true],
    ['abc', 'b', false],
    ['aab', '%ab', true],
    ['ababab', 'ab%ab', true],
    ['ab', 'ab%ab', false],
    ['aXbXc', 'a%X_', true],
    ['line\nbreak', 'line%break', true],
    ['\u{1f600}', '_', true],
    ['\u{1f600}', '__', false],
    ['a\u{1f600}b', '%_b', true],
    ['é', '_', true],
    ['a.c', 'a.c', true],
    ['abc', 'a.c', false],
    ['50%', '%!%', false],
  ] as const) {
    t.equal(matches(text, pattern), expected, `${text} LIKE ${pattern}`);
  }
});

t.test('ESCAPE', async (t) => {
  t.equal(matches('50%', '50!%', '!'), true);
  t.equal(matches('50x', '50!%', '!'), false);
  t.equal(matches('a_b!', 'a!_b!!', '!'), true);
  t.equal(matches('a%', 'a%%', '%'), true, '% escapes itself');
  t.equal(matches('x\u{1f600}', 'x\u{1f600}\u{1f600}', '\u{1f600}'), true);
  t.same(parseLikePattern('a%%_b!%c', '!'), [{ text: 'a' }, 'any-run', 'any-one', { text: 'b%c' }]);
  for (const [pattern, escapeCharacter] of [
    ['a!b', '!'],
    ['a!', '!'],
    ['a', ''],
    ['a', '!!'],
  ] as const) {
    t.throws(() => parseLikePattern(pattern, escapeCharacter), { code: 'EvaluatorLikePatternInvalidEscapeSequence' });
  }
});

t.test('against a naive matcher', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\u{1f600}'), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '\u{1f600}', '_', '%'), maxLength: 8 });
  fc.assert(
    fc.property(text, pattern, (value, like) => matches(value, like) === naive([...value], [...like])),
    { numRuns: 5000 },
  );
});

t.test('no pattern makes it backtrack', async (t) => {
  t.equal(matches('a'.repeat(100_000), `${'%a'.repeat(1000)}%b`), false);
  t.equal(matches('a'.repeat(100_000), `${'_%'.repeat(1000)}b`), false);
});

function naive(text: readonly string[], pattern: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return text.length === 0;
  if (head === '%') return naive(text, rest) || (text.length > 0 && naive(text.slice(1), pattern));
  return text.length > 0 && (head === '_' || head === text[0]) && naive(text.slice(1), rest);
}
