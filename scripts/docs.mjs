/**
 * Writes the reference pages that are tables in the code: `docs/errors.md`, `docs/options.md`, `docs/sql.md`.
 * With `--check` it writes nothing and fails when a page differs from its tables.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, main, root } from './build.mjs';
import { code, page, table } from './docs-page.mjs';
import { sqlPage } from './docs-sql.mjs';

const pages = [
  { path: 'docs/errors.md', source: 'src/base/errors.ts', render: async () => errorsPage((await built('base/errors.js')).catalogue) },
  { path: 'docs/options.md', source: 'src/base/options.ts', render: async () => optionsPage((await built('base/options.js')).options) },
  { path: 'docs/sql.md', source: 'src/sql', render: sqlPage },
];

function built(path) {
  return import(pathToFileURL(join(root, 'dist/src', path)));
}

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

/** Answers what became of one page; `ok` is false when it differs from its list. */
async function settle(entry, check) {
  const text = await entry.render();
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
