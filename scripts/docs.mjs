/**
 * Writes the reference pages that are lists in the code: `docs/errors.md`, `docs/options.md`, `docs/functions.md`.
 * With `--check` it writes nothing and fails when a page differs from its list.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, main, root } from './build.mjs';

const pages = [
  { path: 'docs/errors.md', source: 'src/base/errors.ts', list: 'catalogue', render: errorsPage },
  { path: 'docs/options.md', source: 'src/base/options.ts', list: 'options', render: optionsPage },
  { path: 'docs/functions.md', source: 'src/sql/functions/index.ts', list: 'functions', render: functionsPage },
];

function errorsPage(catalogue) {
  const rows = Object.entries(catalogue)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { status, fault, message }]) => [`\`${code}\``, status, fault, message]);
  return page(
    'Errors',
    'src/base/errors.ts',
    [
      'Every code the server answers with. `{name}` is filled in; a part in `[ ]` is left out when what it names is not known.',
      'Fault says who can mend it: the caller of the query, whoever wrote the data, a limit, an upstream store, or us.',
    ],
    table(['Code', 'HTTP', 'Fault', 'Message'], rows),
  );
}

function optionsPage(options) {
  const rows = options.map(({ name, flag, env, type, default: value, doc }) => [
    `\`${name}\``,
    code(flag),
    env.map(code).join(', '),
    type,
    value === undefined ? '' : code(String(value)),
    doc,
  ]);
  return page(
    'Options',
    'src/base/options.ts',
    ['A flag wins over its environment variable, which wins over the entry of the file given with `--config`.'],
    table(['Name', 'Flag', 'Environment', 'Type', 'Default', 'Meaning'], rows),
  );
}

function functionsPage(functions) {
  const sections = functions.map(({ name, aliases, parameters, returns, nulls, doc, examples }) => {
    const facts = [`Returns ${returns}.`, nulls === 'propagate' ? 'NULL in, NULL out.' : 'Sees NULL and MISSING itself.'];
    if (aliases.length > 0) facts.push(`Also: ${aliases.map(code).join(', ')}.`);
    const shown = examples.map(({ sql, result }) => `${sql}\n-- ${result}`);
    const block = shown.length > 0 ? `\n\n\`\`\`sql\n${shown.join('\n')}\n\`\`\`` : '';
    return `## \`${name}(${parameters.map(parameter).join(', ')})\`\n\n${doc}\n\n${facts.join(' ')}${block}\n`;
  });
  return page('Functions', 'src/sql/functions', ['Every SQL function; each example is run by the tests.'], sections.join('\n'));
}

function parameter(entry) {
  return typeof entry === 'string' ? entry : [entry.name, entry.type].filter(Boolean).join(' ');
}

function page(title, source, introduction, body) {
  return `<!-- Written by scripts/docs.mjs out of ${source}: change that, then run \`npm run docs\`. -->\n# ${title}\n\n${introduction.join('\n')}\n\n${body}`;
}

function table(headings, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |\n`;
  return [headings, headings.map(() => '---'), ...rows].map(line).join('');
}

function code(text) {
  return text === undefined || text === '' ? '' : `\`${text}\``;
}

async function rendered({ path, source, list, render }) {
  const module = await import(pathToFileURL(join(root, 'dist', source.replace(/\.ts$/, '.js'))));
  if (module[list] === undefined) throw new Error(`${path}: ${source} does not export \`${list}\``);
  return render(module[list]);
}

/** Answers what became of one page; `ok` is false when it differs from its list. */
async function settle(entry, check) {
  if (!existsSync(join(root, entry.source))) return { ok: true, line: `${entry.path}: SKIPPED, ${entry.source} does not exist` };
  const text = await rendered(entry);
  const file = join(root, entry.path);
  const same = existsSync(file) && readFileSync(file, 'utf8') === text;
  if (same) return { ok: true, line: `${entry.path}: up to date` };
  if (check) return { ok: false, line: `${entry.path}: differs from ${entry.source}; run \`npm run docs\`` };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return { ok: true, line: `${entry.path}: written` };
}

await main(async () => {
  ensureBuilt();
  for (const entry of pages) {
    const { ok, line } = await settle(entry, process.argv.includes('--check'));
    process.stdout.write(`${line}\n`);
    if (!ok) process.exitCode = 1;
  }
});
