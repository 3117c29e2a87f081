/**
 * The rules of the repository that no compiler knows. The layer table and the reasons for dependencies are read out of
 * ARCHITECTURE.md, so the page cannot drift from the code. Each rule is a function over (path, text), and each is shown
 * a planted violation too: a guard that looks at nothing would pass as well.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import process from 'node:process';
import t from 'tap';

const root = join(import.meta.dirname, '../..');

const lines_max = 400;

/** Files allowed to be longer, with their length. An entry may only shrink, and leaves once its file is within the limit. */
const ratchet: Readonly<Record<string, number>> = {};

/** Where a dynamic import may be of a computed name: a file of a package that its entries do not name. */
const computedImports: readonly string[] = ['src/sql/chevrotain.ts'];

/** Packages that one place speaks, so that they can be replaced there. */
const places: readonly { readonly of: RegExp; readonly only: RegExp }[] = [
  { of: /^@?fastify\b/, only: /^src\/api\/server\.ts$/ },
  { of: /^pino\b/, only: /^src\/api\/access-log\.ts$/ },
  { of: /^prom-client\b/, only: /^src\/api\/metrics\.ts$/ },
  { of: /^piscina\b/, only: /^src\/engine\/pool\.ts$/ },
  { of: /^@?chevrotain\b/, only: /^src\/sql\/(chevrotain|tokens|grammar|grammar-[\w-]+)\.ts$/ },
  { of: /^sax\b/, only: /^src\/api\/request-xml\.ts$/ },
  { of: /^zstddec\b/, only: /^src\/formats\/codecs\/zstd-stream\.ts$/ },
  { of: /^@(aws-sdk|smithy)\//, only: /^src\/cli\/remote\.ts$/ },
];

const sources = filesUnder('src');
const everything = [...sources, ...filesUnder('test'), ...filesUnder('scripts')];
const architecture = read('ARCHITECTURE.md');
const layers = layersOf(architecture);

t.test('layers: imports follow the table of ARCHITECTURE.md', async (t) => {
  t.ok(sources.length > 0, 'there are source files');
  t.same(
    sources.flatMap((path) => layerViolations(path, read(path), layers)),
    [],
  );

  const planted = (path: string, text: string): number => layerViolations(path, text, layers).length;
  t.equal(planted('src/sql/x.ts', "import { a } from '../formats/format.ts';"), 1, 'static import');
  t.equal(planted('src/sql/x.ts', "import {\n  a,\n  b as c,\n} from '../formats/format.ts';"), 1, 'import over several lines');
  t.equal(planted('src/sql/x.ts', "import '../formats/format.ts';"), 1, 'import for its effect');
  t.equal(planted('src/vector/x.ts', "import type { A } from '../sql/plan.ts';"), 1, 'type-only import');
  t.equal(planted('src/vector/x.ts', "type A = import('../sql/plan.ts').A;"), 1, 'import type expression');
  t.equal(planted('src/formats/x.ts', "export * from '../storage/store.ts';"), 1, 're-export');
  t.equal(planted('src/formats/x.ts', "export type { S } from '../storage/store.ts';"), 1, 'type-only re-export');
  t.equal(planted('src/base/x.ts', "const m = await import('../vector/value.ts');"), 1, 'dynamic import');
  t.equal(planted('src/base/x.ts', 'const m = await import(`../vector/value.ts`);'), 1, 'dynamic import of a template');
  t.equal(planted('src/base/x.ts', 'const m = await import(name);'), 1, 'dynamic import that cannot be read');
  t.equal(planted('src/base/x.ts', "new Worker(new URL('../engine/worker.ts', import.meta.url));"), 1, 'module by its address');
  t.equal(planted('src/api/x.ts', "import { select } from '../index.ts';"), 1, 'the public entry from within');
  t.equal(planted('src/cli/x.ts', "import { a } from '../../test/a.ts';"), 1, 'out of src');
  t.equal(planted('src/utils/x.ts', ''), 1, 'a folder the table does not know');
  t.equal(planted('src/kernels/x.ts', "import { a } from './assembly/index.ts';"), 1, 'the other compiler');
  t.equal(
    planted('src/engine/x.ts', "import { a } from '../sql/plan.ts';\n// import { b } from '../api/x.ts'\nimport fs from 'node:fs';"),
    0,
  );
});

t.test('packages: each only where it belongs', async (t) => {
  t.same(
    sources.flatMap((path) => packageViolations(path, read(path))),
    [],
  );

  const planted = (path: string, text: string): number => packageViolations(path, text).length;
  t.equal(planted('src/api/select.ts', "import fastify from 'fastify';"), 1);
  t.equal(planted('src/api/select.ts', "import type { FastifyRequest } from 'fastify';"), 1);
  t.equal(planted('src/api/select.ts', "import cors from '@fastify/cors';"), 1);
  t.equal(planted('src/engine/query.ts', "const { Piscina } = await import('piscina');"), 1);
  t.equal(planted('src/sql/bind.ts', "export { Lexer } from 'chevrotain';"), 1);
  t.equal(planted('src/api/errors-xml.ts', "import sax from 'sax';"), 1);
  t.equal(planted('src/storage/s3.ts', "import { S3Client } from '@aws-sdk/client-s3';"), 1);
  t.equal(planted('src/sql/grammar-expression.ts', "import { CstParser } from 'chevrotain';"), 0);
});

t.test('length: no file over the limit', async (t) => {
  t.same(lengthViolations(Object.fromEntries(everything.map((path) => [path, lineCount(read(path))])), ratchet), []);

  const violations = (length: number, allowed?: number): number =>
    lengthViolations({ 'src/x.ts': length }, allowed === undefined ? {} : { 'src/x.ts': allowed }).length;
  t.equal(violations(lines_max), 0);
  t.equal(violations(lines_max + 1), 1, 'too long');
  t.equal(violations(500, 500), 0, 'on the list');
  t.equal(violations(501, 500), 1, 'grown past its entry');
  t.equal(violations(450, 500), 1, 'shrunk, so its entry must shrink');
  t.equal(violations(300, 500), 1, 'within the limit, so its entry must go');
  t.equal(lengthViolations({}, { 'src/gone.ts': 500 }).length, 1, 'an entry without a file');
});

t.test('dependencies: each has its reason in ARCHITECTURE.md', async (t) => {
  t.same(dependencyViolations(JSON.parse(read('package.json')), architecture), []);

  const page =
    '## Dependencies\n| package | why |\n| --- | --- |\n| `a` | parses |\n| `b` | |\n| `gone` | was nice |\n## Next\n| `c` | elsewhere |\n';
  const planted = dependencyViolations(
    { dependencies: { a: '1', b: '1' }, devDependencies: { c: '1' }, optionalDependencies: { d: '1' } },
    page,
  );
  t.equal(planted.length, 4, planted.join('; '));
});

t.test('threads: none has a module that waits', async (t) => {
  const entries = sources.flatMap((path) => threadsOf(path, read(path)));
  const loaded = entries.flatMap((path) => (path.endsWith('.cts') ? neighboursOf(path, read(path)) : [path]));
  t.ok(loaded.length >= 4, loaded.join(', '));
  t.same(
    loaded.flatMap((path) => waitingViolations(join(root, 'dist', path.replace(/ts$/, 'js')))),
    [],
  );

  t.same(threadsOf('src/a/x.ts', "new Worker(new URL('./y.js', import.meta.url))"), ['src/a/y.ts']);
  t.same(threadsOf('src/a/x.ts', "threads(new URL('./y.cjs', import.meta.url), 2)"), ['src/a/y.cts']);
  const folder = t.testdir({
    'waits.mjs': 'export const table = {\n  entry: await Promise.resolve(1),\n};',
    'imports.mjs': "import './waits.mjs';",
    'fails.mjs': "throw new Error('on purpose');",
    'later.mjs': 'export async function later() {\n  await later;\n}\nvoid later();',
  });
  const planted = (name: string): number => waitingViolations(join(folder, name)).length;
  t.equal(planted('waits.mjs'), 1);
  t.equal(planted('imports.mjs'), 1);
  t.equal(planted('fails.mjs'), 1, 'what was not loaded was not seen');
  t.equal(planted('later.mjs'), 0);
});

t.test('banned words: unfinished work does not merge', async (t) => {
  t.same(
    sources.flatMap((path) => wordViolations(path, read(path))),
    [],
  );

  t.equal(wordViolations('src/x.ts', 'a\n// TODO: later\n/* FIXME */\n').length, 2);
  t.equal(wordViolations('src/x.ts', "const mask = 'XXXX'; // todos\n").length, 0);
});

/** The layer table: for each `src/<folder>` (and `src/index.ts`) the names of the layers it may import. */
function layersOf(page: string): ReadonlyMap<string, ReadonlySet<string>> {
  const rows = page.matchAll(/^\| `src\/([\w.]+)` \|[^|]*\|([^|]*)\|$/gm);
  const table = new Map([...rows].map(([, name = '', allowed = '']) => [name, new Set(allowed.split(' ').filter(Boolean))]));
  if (table.size < 10) throw new Error(`ARCHITECTURE.md: only ${table.size} rows of the layer table were found`);
  return table;
}

function layerViolations(path: string, text: string, table: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const own = layerOf(path);
  const allowed = table.get(own);
  if (!allowed) return [`${path}: the layer table has no row for ${own}`];
  return importsOf(text).flatMap((specifier) => {
    if (specifier === undefined) return computedImports.includes(path) ? [] : [`${path}: a dynamic import whose target cannot be read`];
    if (/^s3lect\b/.test(specifier)) return [`${path}: imports its own package by name`];
    if (!specifier.startsWith('.')) return [];
    const target = posix.join(posix.dirname(path), specifier);
    if (!target.startsWith('src/')) return [`${path}: imports ${target}, out of src`];
    if (isAssembly(path) !== isAssembly(target)) return [`${path}: imports ${target}, across compilers`];
    const layer = layerOf(target);
    return layer === own || allowed.has(layer) ? [] : [`${path}: ${own} may not import ${layer} (${specifier})`];
  });
}

function layerOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function isAssembly(path: string): boolean {
  return path.startsWith('src/kernels/assembly/');
}

function packageViolations(path: string, text: string): string[] {
  return importsOf(text).flatMap((specifier) =>
    places
      .filter(({ of, only }) => specifier !== undefined && of.test(specifier) && !only.test(path))
      .map(({ only }) => `${path}: imports ${specifier}, which belongs to ${only.source}`),
  );
}

/**
 * What a file imports, in any form the language has. `undefined` stands for a dynamic import of a computed name.
 * Lines of comments are not read; a mention inside code or a string counts, since missing one would be worse.
 */
function importsOf(text: string): (string | undefined)[] {
  const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  const statics = code.matchAll(/(?:^|[;}])[ \t]*(?:import|export)\b[^'"`;=()]*?\bfrom\s*(['"])([^'"\n]+)\1/gm);
  const effects = code.matchAll(/(?:^|[;}])[ \t]*import\s*(['"])([^'"\n]+)\1/gm);
  const dynamics = code.matchAll(/\b(?:import|require|import\.meta\.resolve)\s*\(\s*(?:(['"`])([^'"`\n$]+)\1)?/g);
  const addresses = code.matchAll(/\bnew URL\(\s*(['"`])(\.[^'"`\n]+)\1\s*,\s*import\.meta\.url/g);
  return [...statics, ...effects, ...dynamics, ...addresses].map(([, , specifier]) => specifier);
}

/** The entries of threads that a file starts. */
function threadsOf(path: string, text: string): string[] {
  const addresses = text.matchAll(/\bnew URL\('(\.[^'\n]+\.c?)js', import\.meta\.url/g);
  return [...addresses].map(([, address]) => posix.join(posix.dirname(path), `${address}ts`));
}

/** The files of ours that a file imports. */
function neighboursOf(path: string, text: string): string[] {
  const own = importsOf(text).filter((specifier) => specifier?.startsWith('.') === true);
  return own.map((specifier) => posix.join(posix.dirname(path), specifier ?? ''));
}

/** Node loads by `require` what has no module that waits, packages included. A thread that is ended while one waits takes the process with it. */
function waitingViolations(file: string): string[] {
  const { status, stderr } = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(file)}); process.exit(0);`], {
    encoding: 'utf8',
  });
  return status === 0 ? [] : [`${file}: ${/^(?:\w*Error).*$/m.exec(stderr)?.[0] ?? stderr}`];
}

function lengthViolations(lengths: Readonly<Record<string, number>>, allowed: Readonly<Record<string, number>>): string[] {
  const over = Object.entries(lengths)
    .filter(([path, lines]) => lines > (allowed[path] ?? lines_max))
    .map(([path, lines]) => `${path}: ${lines} lines, ${allowed[path] ?? lines_max} at most`);
  const slack = Object.entries(allowed)
    .filter(([path, limit]) => (lengths[path] ?? 0) < limit)
    .map(([path, limit]) => `${path}: the ratchet still allows ${limit} lines, lower or remove its entry`);
  return [...over, ...slack];
}

type Manifest = Readonly<Partial<Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Readonly<Record<string, string>>>>>;

function dependencyViolations({ dependencies, devDependencies, optionalDependencies }: Manifest, page: string): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith('Dependencies')) ?? '';
  const rows = section.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm);
  const reasons = new Map([...rows].map(([, name = '', reason = '']) => [name, reason.trim()]));
  const declared = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  return [
    ...declared.filter((name) => !reasons.get(name)).map((name) => `${name}: no reason in ARCHITECTURE.md`),
    ...[...reasons.keys()].filter((name) => !declared.includes(name)).map((name) => `${name}: explained but not a dependency`),
  ];
}

function wordViolations(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => (/\b(TODO|FIXME|XXX)\b/.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []));
}

function lineCount(text: string): number {
  return text.trimEnd().split('\n').length;
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|cts|mjs)$/.test(name))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .sort();
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
