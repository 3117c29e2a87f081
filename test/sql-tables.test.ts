/** The tables that `docs/sql.md` is written from, against the grammar and the engine. */
import t from 'tap';
import { select } from '../src/index.ts';
import type { Node } from '../src/sql/ast.ts';
import { aggregates, type Example } from '../src/sql/functions/index.ts';
import { literalForms } from '../src/sql/literals.ts';
import { operatorLevels } from '../src/sql/operators.ts';
import { parse } from '../src/sql/parse.ts';
import { grammarWords } from '../src/sql/tokens.ts';
import { types } from '../src/sql/types.ts';
import { reservedWords } from '../src/sql/words.ts';
import { printNode } from './support/print-sql.ts';

t.test('operators of a tighter level are grouped before those of a looser one, a chain as its level says', (t) => {
  const infix = operatorLevels.flatMap(({ forms, associates }, level) =>
    forms.filter((form) => form.startsWith('a ')).map((form) => ({ level, associates, text: operatorOf(form) })),
  );
  for (const first of infix) {
    for (const second of infix) {
      // why: IS takes a type and IN a list, so no operator can be grouped with what stands to their right
      if (first.text === 'IS NULL' || (first.text === 'IN' && second.level < first.level)) continue;
      const rest = second.text === 'IS NULL' ? ' IS NULL' : ` ${second.text} z`;
      const chain = `x ${first.text} y${rest}`;
      const left = `(x ${first.text} y)${rest}`;
      const right = `x ${first.text} (y${rest})`;
      const associates = second.text === 'IS NULL' ? 'left' : first.associates;
      const sameLevel = { left, right, none: chain }[associates];
      const expected = first.level === second.level ? sameLevel : first.level < second.level ? left : right;
      t.equal(grouped(chain), grouped(expected), `${first.text} then ${second.text}`);
    }
  }
  t.end();
});

t.test('signs bind tighter than any operator, NOT as its level says', (t) => {
  const not = operatorLevels.findIndex(({ forms }) => forms.includes('NOT a'));
  for (const [level, { forms }] of operatorLevels.entries()) {
    for (const form of forms.filter((form) => form.startsWith('a '))) {
      const text = operatorOf(form);
      const rest = text === 'IS NULL' ? ' IS NULL' : ` ${text} y`;
      t.equal(grouped(`-x${rest}`), grouped(`(-x)${rest}`), `sign, ${text}`);
      t.equal(grouped(`NOT x${rest}`), grouped(level < not ? `NOT (x${rest})` : `(NOT x)${rest}`), `NOT, ${text}`);
    }
  }
  t.end();
});

t.test('the examples of operators and aggregates', async (t) => {
  const one = async ({ sql, result }: Example, records: string): Promise<void> => {
    t.equal(await resultOf(sql, records), `${result}\n`, sql);
  };
  for (const { examples } of operatorLevels) for (const example of examples) await one(example, '{}');
  for (const { examples } of aggregates) {
    for (const example of examples) await one(example, example.values.map((value) => `{"x":${value}}\n`).join(''));
  }
});

t.test('the examples of types are of their type, and those of literals are literals', async (t) => {
  for (const { type, examples } of types) {
    for (const sql of examples) t.equal(await resultOf(`(${sql}) IS ${type}`, '{}'), 'true\n', sql);
  }
  for (const { examples } of literalForms) {
    for (const sql of examples) t.match(itemOf(sql).kind, /^(?:literal|list)$/, sql);
  }
});

t.test('words of the grammar are names in quotes only, the other reserved ones are names', (t) => {
  for (const word of [...grammarWords, ...reservedWords].filter((word) => /^\w+$/.test(word))) {
    if (grammarWords.includes(word)) t.not(kindOf(word), 'path', word);
    else t.equal(kindOf(word), 'path', word);
    t.equal(kindOf(`"${word}"`), 'path', `"${word}"`);
    t.equal(kindOf(`s.${word}`), 'path', `s.${word}`);
  }
  t.end();
});

function kindOf(sql: string): string {
  try {
    return itemOf(sql).kind;
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

/** The operator of a form, with the first word of a choice. */
function operatorOf(form: string): string {
  const text = /^a (?:\[NOT\] )?(\S+)/.exec(form)?.[1] ?? '';
  return text === 'IS' ? 'IS NULL' : text === 'BETWEEN' ? 'BETWEEN m AND' : text;
}

function grouped(sql: string): string {
  return printNode(itemOf(sql));
}

function itemOf(sql: string): Node {
  const { items } = parse(`SELECT ${sql} FROM S3Object`);
  const item = items === 'all' ? undefined : items[0];
  if (item?.kind !== 'expression') throw new Error(`no expression: ${sql}`);
  return item.expression;
}

async function resultOf(sql: string, records: string): Promise<string> {
  const source = Buffer.from(records);
  const options = { input: { JSON: { Type: 'LINES' } }, output: { CSV: {} }, workers: 0 };
  let text = '';
  for await (const block of await select({ source, expression: `SELECT ${sql} FROM S3Object`, ...options })) {
    text += Buffer.from(block).toString();
  }
  return text;
}
