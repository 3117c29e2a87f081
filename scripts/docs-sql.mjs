/**
 * `docs/sql.md`: the language out of the tables of `src/sql`. Every result it shows is what the engine answers while the page is
 * written; an example whose table says otherwise is an error.
 */
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './build.mjs';
import { code, page, table } from './docs-page.mjs';

/** The text of the page. */
export async function sqlPage() {
  const load = (path) => import(pathToFileURL(join(root, 'dist/src', path)));
  const paths = ['functions/index', 'operators', 'types', 'literals', 'words', 'tokens'].map((name) => `sql/${name}.js`);
  const tables = Object.assign({}, ...(await Promise.all(paths.map(load))));
  const run = runner((await load('index.js')).select);
  const sections = [
    ['Types', typesSection(tables)],
    ['CAST', await castSection(tables, run)],
    ['Literals', await literalsSection(tables, run)],
    ['Operators', await operatorsSection(tables, run)],
    ['NULL and MISSING', await unknownSection(run)],
    ['CSV fields beside numbers', await fieldsSection(run)],
    ['Functions', await functionsSection(tables, run)],
    ['Aggregates', await aggregatesSection(tables, run)],
    ['Keywords', keywordsSection(tables)],
  ];
  const contents = sections.map(([title]) => `[${title}](#${title.toLowerCase().replaceAll(' ', '-')})`).join(' · ');
  return page('SQL', 'src/sql', [introduction, contents], sections.map(([title, text]) => `## ${title}\n\n${text}`).join('\n'));
}

const introduction = `\`\`\`sql
SELECT * | expression [[AS] name], … FROM S3Object[[*] path] [[AS] alias] [WHERE condition] [LIMIT count]
\`\`\`

One table; no GROUP BY, ORDER BY, joins or sub-queries. Keywords and functions are read in any case; comments are \`-- …\` to the end of the
line and \`/* … */\`. A field of a CSV is \`_1\`, \`_2\`, … or a name of its header; a member of a JSON record is a path, \`a.b[0]['c d']\`. Unquoted
names match in any case, \`"quoted"\` ones exactly. What differs from Amazon and other systems stands in [compatibility.md](compatibility.md),
every error code in [errors.md](errors.md).

All results below are what the engine answered when this page was written. Texts are shown in quotes.
`;

/** Runs an expression over records and answers its result as the page shows it, or the code of its error. */
function runner(select) {
  return async (sql, { source = '{}', input = { JSON: { Type: 'LINES' } } } = {}) => {
    const typed = isAggregate(sql) ? '' : `, (${sql}) IS STRING AS t`;
    const expression = `SELECT ${sql} AS r${typed} FROM S3Object`;
    try {
      const result = await select({ source: Buffer.from(source), expression, input, output: { JSON: {} }, workers: 0 });
      const blocks = [];
      for await (const block of result) blocks.push(Buffer.from(block));
      return shown(Buffer.concat(blocks).toString());
    } catch (error) {
      if (error.code === undefined) throw error;
      return error.code;
    }
  };
}

function isAggregate(sql) {
  return /^(?:COUNT|SUM|AVG|MIN|MAX)\(/.test(sql);
}

/** The value of `r` in an answer; `t` says that it is text. */
function shown(answer) {
  const [, value, text] = /^\{(?:"r":(.*?))?,?(?:"t":(true|false))?\}\n$/.exec(answer);
  if (value === undefined) return 'MISSING';
  if (value === 'null') return 'NULL';
  if (!value.startsWith('"')) return /^(?:true|false)$/.test(value) ? value.toUpperCase() : value;
  return text === 'false' ? JSON.parse(value) : `'${JSON.parse(value).replaceAll("'", "''")}'`;
}

/** The results of the examples of a table, each held against what the table says. */
async function examplesOf(examples, run, optionsOf = () => undefined) {
  const lines = [];
  for (const example of examples) {
    const { sql, result } = example;
    const answer = await run(sql, optionsOf(example));
    const text =
      answer === 'NULL'
        ? ''
        : answer
            .replace(/^'(.*)'$/s, '$1')
            .replaceAll("''", "'")
            .replace(/^(?:TRUE|FALSE)$/, (word) => word.toLowerCase());
    if (text !== result) throw new Error(`${sql} gives ${answer}, its table says ${result}`);
    lines.push([sql, answer]);
  }
  return lines;
}

/** SQL and its results side by side. */
function block(lines) {
  const width = Math.min(60, Math.max(...lines.map(([sql]) => sql.length)));
  const shownLines = lines.map(([sql, answer]) => `${sql.padEnd(width)}  -- ${answer}`);
  return `\`\`\`sql\n${shownLines.join('\n')}\n\`\`\`\n`;
}

function typesSection({ types, typeEntries }) {
  const rows = types.map(({ type, doc }) => {
    const names = [...typeEntries]
      .filter(([, entry]) => entry.type === type)
      .map(([name, { params_max }]) => name + '(p, s)'.slice(0, [0, 0, 6][params_max]));
    return [names.map(code).join(', '), doc];
  });
  return `Names as CAST and IS take them. Lengths and precisions in parentheses are read and have no effect.\n\n${table(['Type', 'Values'], rows)}`;
}

async function castSection({ types }, run) {
  const rows = [];
  for (const { type, examples } of types) {
    for (const sql of [...examples]) rows.push(await castRow(types, `${code(sql)} (${type.toUpperCase()})`, sql, undefined, run));
  }
  rows.push(await castRow(types, `${code('{"a":1}')} (STRUCT)`, 's', { source: '{"s":{"a":1}}' }, run));
  for (const sql of ['NULL', 'MISSING']) rows.push(await castRow(types, code(sql), sql, undefined, run));
  const text = 'What `CAST(value AS type)` gives; a cell that is no code is the error that ends the query.';
  return `${text}\n\n${table(['Value', ...types.map(({ type }) => `AS ${type.toUpperCase()}`)], rows)}`;
}

async function castRow(types, name, sql, options, run) {
  const cells = [];
  for (const { type } of types) cells.push(answerCell(await run(`CAST(${sql} AS ${type})`, options)));
  return [name, ...cells];
}

/** Values as code, error codes as words. */
function answerCell(answer) {
  return /^[A-Z][a-z]+[A-Z]/.test(answer) ? answer : code(answer);
}

async function literalsSection({ literalForms, types }, run) {
  const rows = [];
  for (const { form, doc, examples } of literalForms) {
    const cells = [];
    for (const sql of examples) cells.push(`${code(sql)} ${await typeOf(sql, types, run)}`.trim());
    rows.push([form, doc, cells.join(', ')]);
  }
  return table(['Written', 'Is', 'Examples'], rows);
}

async function typeOf(sql, types, run) {
  for (const { type } of types) if ((await run(`(${sql}) IS ${type}`)) === 'TRUE') return type.toUpperCase();
  return '';
}

async function operatorsSection({ operatorLevels }, run) {
  const groups = { left: 'from the left', right: 'from the right', none: '' };
  const rows = operatorLevels.map(({ forms, associates, doc }, index) => [index + 1, forms.map(code).join(', '), groups[associates], doc]);
  const lines = await examplesOf(
    operatorLevels.flatMap(({ examples }) => examples),
    run,
  );
  const text = 'Those of the first level bind tightest. Within a level a chain is grouped as the third column says.';
  return `${text}\n\n${table(['Level', 'Operators', 'Grouped', 'Meaning'], rows)}\n${block(lines)}`;
}

async function unknownSection(run) {
  const values = ['TRUE', 'FALSE', 'NULL', 'MISSING'];
  const truth = async (operator) => {
    const rows = [];
    for (const left of values) {
      const cells = [];
      for (const right of values) cells.push(await run(`${left} ${operator} ${right}`));
      rows.push([`**${left}**`, ...cells]);
    }
    return table([operator, ...values], rows);
  };
  const records = ['{"x":1,"t":"a","b":true}', '{"x":null,"t":null,"b":null}', '{}'];
  const expressions = [
    'x',
    'x + 1',
    "t || 'z'",
    'x = 1',
    'x <> 1',
    'x < 2',
    'NOT b',
    'x IS NULL',
    'x IS MISSING',
    'b IS TRUE',
    'x IS NOT INT',
  ];
  expressions.push(
    'x IN (1, 2)',
    'x IN (1, NULL)',
    'x BETWEEN 0 AND 2',
    "t LIKE '%'",
    'COALESCE(x, 7)',
    'NULLIF(x, 1)',
    'UPPER(t)',
    'CAST(x AS STRING)',
  );
  expressions.push("CASE WHEN x = 1 THEN 'then' ELSE 'else' END", "CASE x WHEN 1 THEN 'one' END", 'COUNT(x)', 'SUM(x)');
  const rows = [];
  for (const sql of expressions) {
    const cells = [];
    for (const source of records) cells.push(code(await run(sql, { source })));
    rows.push([code(sql), ...cells]);
  }
  return `NULL is a value that is not known, MISSING a field or member that the record does not have. WHERE keeps a record only where its condition is TRUE.
In CSV output both are empty; in JSON output NULL is \`null\` and the key of a MISSING value is left out.

${await truth('AND')}
${await truth('OR')}
What expressions give over \`${records[0]}\`, \`${records[1]}\` and \`{}\`:

${table(['Expression', 'With values', 'NULL', 'MISSING'], rows)}`;
}

async function fieldsSection(run) {
  const fields = ['5', '5.0', '5e0', '', '5 pm', '05'];
  const expressions = [
    '_1 = 5',
    '_1 <> 5',
    '_1 < 6',
    '_1 BETWEEN 1 AND 9',
    '_1 IN (5, 6)',
    '_1 + 1',
    'SUM(_1)',
    "_1 = '5'",
    'CAST(_1 AS INT)',
  ];
  const rows = [];
  for (const sql of expressions) {
    const cells = [];
    // why: two fields, since a record of one empty field is a blank line
    for (const field of fields) cells.push(answerCell(await run(sql, { source: `${field},\n`, input: { CSV: {} } })));
    rows.push([code(sql), ...cells]);
  }
  const text =
    'A field is text, but where it meets a number it is read as one, as literals are; blank it is NULL there, and other text equals no number.';
  return `${text}\n\n${table(['Expression', ...fields.map((field) => (field === '' ? 'empty field' : code(field)))], rows)}`;
}

async function functionsSection({ functions }, run) {
  const sections = [];
  for (const { name, aliases, parameters, returns, nulls, doc, examples } of functions) {
    const facts = [`Gives ${resultType(returns)}.`];
    if (nulls === 'see-all') facts.push('Sees NULL and MISSING itself.');
    else if (parameters.length > 0) facts.push('NULL or MISSING in, NULL out.');
    if (aliases.length > 0) facts.push(`Also: ${aliases.map(code).join(', ')}.`);
    sections.push(`### \`${name}(${signature(parameters)})\`\n\n${doc}\n\n${facts.join(' ')}\n\n${block(await examplesOf(examples, run))}`);
  }
  return sections.join('\n');
}

function resultType(returns) {
  return returns.includes(' ') ? returns : returns === 'any' ? 'a value of any type' : returns.toUpperCase();
}

const parameterTypes = { text: ' STRING', integer: ' INT', timestamp: ' TIMESTAMP', any: '' };

function signature(parameters) {
  return parameters.reduce((text, { name, type, optional, variadic }) => {
    const one = `${text === '' ? '' : ', '}${name}${parameterTypes[type]}`;
    return `${text}${optional === true ? ` [${one}]` : one}${variadic === true ? ', …' : ''}`;
  }, '');
}

async function aggregatesSection({ aggregates }, run) {
  const sections = [];
  for (const { name, parameter, returns, doc, examples } of aggregates) {
    const recordsOf = ({ values }) => ({ source: values.map((value) => `{"x":${value}}\n`).join('') });
    const lines = await examplesOf(examples, run, recordsOf);
    const over = examples.map(({ values }) => (values.length === 0 ? 'no record' : values.join(', ')));
    const shownLines = lines.map(([sql, answer], index) => [sql, `${answer} over ${over[index]}`]);
    sections.push(
      `### \`${name}(x${parameter === 'number' ? ' INT, FLOAT or DECIMAL' : ''})\`\n\n${doc}\n\nGives ${returns}.\n\n${block(shownLines)}`,
    );
  }
  const text =
    'Aggregates stand in the SELECT list, also inside expressions, and leave NULL and MISSING out. They answer one record for all that WHERE keeps.';
  return `${text}\n\n${sections.join('\n')}`;
}

function keywordsSection({ reservedWords, grammarWords }) {
  const list = (words) => words.map((word) => code(word.toUpperCase())).join(' ');
  const rest = [...reservedWords].filter((word) => !grammarWords.includes(word));
  return `These are names only in double quotes or behind a dot:

${list([...grammarWords].sort())}

These are reserved on Amazon S3 Select, where they need double quotes as names; here they do only where another reading exists:

${list(rest)}
`;
}
