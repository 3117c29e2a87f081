/**
 * The SQL corpus: each case of the `.slt` files under `test/sql` through whole engines, in configurations that must all give the same
 * bytes: at most 8 of them, all with S3LECT_MATRIX=full. `node dist/test/sql.test.js [PART…] [--update]` takes the files whose names
 * have such a part, and writes their answers.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import t from 'tap';
import { answerLines, type Case, parseCases } from './support/slt.ts';
import { configurationName, configurations, isAnswer, runCases } from './support/slt-run.ts';

const directory = new URL('../../test/sql/', import.meta.url);
const all = process.env['S3LECT_MATRIX'] === 'full';
const update = process.argv.includes('--update');
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.slt') && (parts.length === 0 || parts.some((part) => name.includes(part))))
  .sort()
  .map((name) => {
    const text = readFileSync(new URL(name, directory), 'utf8');
    return { name, text, cases: parseCases(name, text) };
  });
const cases = files.flatMap((file) => file.cases);

t.setTimeout(all ? 1_200_000 : 120_000);

t.test('the corpus', async (t) => {
  const chosen = configurations(all);
  t.ok(all || chosen.length <= 8, `${chosen.length} configurations`);
  const runs: { readonly name: string; readonly answers: string[] }[] = [];
  for (const configuration of chosen) {
    runs.push({ name: configurationName(configuration), answers: await runCases(cases, configuration, t.testdir()) });
  }
  const agreed = update ? agreedAnswers(runs.map(({ answers }) => answers)) : [];
  if (update) writeAnswers(agreed);
  let index = 0;
  for (const { name: file, cases } of files) {
    for (const one of cases) {
      const expected = agreed[index] ?? one.expected;
      const wrong = runs.find(({ answers }) => !isAnswer(answers[index] ?? '', { ...one, expected }));
      const name = `${file}:${one.line} ${one.sql.replaceAll('\n', ' ')}`;
      t.equal(wrong?.answers[index] ?? expected, expected, wrong === undefined ? name : `${name} (${wrong.name})`);
      index++;
    }
  }
});

/** The answer of each case where all configurations agree on one; undefined where they do not, or where it is the expected one. */
function agreedAnswers(runs: readonly (readonly string[])[]): (string | undefined)[] {
  return cases.map((one, index) => {
    const [answer = '', ...others] = runs.map((answers) => answers[index] ?? '');
    const agreed = others.every((other) => isAnswer(other, { ...one, expected: answer }));
    return agreed && !isAnswer(answer, one) && !isWrongKind(one, answer) ? answer : undefined;
  });
}

function writeAnswers(answers: readonly (string | undefined)[]): void {
  let index = cases.length;
  for (const { name, text, cases } of files.toReversed()) {
    const lines = text.split('\n');
    for (const {
      answer: [from, to],
    } of cases.toReversed()) {
      const answer = answers[--index];
      if (answer !== undefined) lines.splice(from, to - from, ...answerLines(answer));
    }
    writeFileSync(new URL(name, directory), lines.join('\n'));
  }
}

/** An error where rows belong, or the other way round, is no answer to keep. */
function isWrongKind({ kind }: Case, answer: string): boolean {
  const last = answer.split('\n').at(-2) ?? '';
  const failed = /^[A-Z][A-Za-z]+( \d+:\d+)?( byte \d+)?( ".*")?$/.test(last);
  return kind === 'error' ? last === 'no error' : kind === 'query' && failed && /[a-z][A-Z]/.test(last);
}
