/**
 * Runs the suite: tap over `dist/test`, built first when it is stale. Prints a line a file, every failure with its
 * difference, and `N passed, N failed` (assertions) alone on the last line. A file that crashes, times out or asserts
 * nothing counts as a failure. Arguments choose the files whose path contains one of them: `npm test -- sql`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { ensureBuilt, root, run } from './build.mjs';

/** Folds tap's stream of events (`test-events.mjs`) into counts, printing as it goes. */
class Report {
  passed = 0;
  failed = 0;
  skipped = 0;
  #waiting;
  #passes = new Map();
  #failures = new Set();

  constructor(files, print) {
    this.#waiting = new Set(files);
    this.print = print;
  }

  event(kind, details) {
    if (kind === 'pass') this.#pass(details);
    else if (kind === 'fail') this.#fail(details.fullname, details.diag);
    else if (kind === 'skip' || kind === 'todo') this.#skip(details);
    else if (kind === 'end') this.#end(details);
  }

  /** To be called once, when tap has ended with `status`. */
  close(status) {
    for (const file of this.#waiting) this.#fail(`${file}: did not run to its end`);
    if (status !== 0 && this.failed === 0) this.#fail(`tap exited with ${status}`);
    if (this.skipped > 0) this.print(`${this.skipped} skipped`);
    this.print(`${this.passed} passed, ${this.failed} failed`);
  }

  #pass({ fullname }) {
    this.passed += 1;
    const file = fullname.split(' > ')[0];
    this.#passes.set(file, (this.#passes.get(file) ?? 0) + 1);
  }

  #fail(name, diag = {}) {
    this.failed += 1;
    this.#failures.add(name);
    this.print(`not ok ${name}\n${describe(diag)}`.trimEnd());
  }

  #skip({ fullname, skip, todo }) {
    this.skipped += 1;
    const reason = [skip, todo].find((value) => typeof value === 'string') ?? 'without a reason';
    this.print(`skipped ${fullname}: ${reason}`);
  }

  #end({ level, fullname, ok, diag, time }) {
    if (level === 0) return;
    const seen = [...this.#failures].some((name) => name.startsWith(`${fullname} > `));
    // why: a crash, a bad plan or a time-out shows only in the verdict over the whole test
    if (!ok && !seen) this.#fail(fullname, { ended: diag?.signal ?? `exit code ${diag?.exitCode ?? 'unknown'}` });
    if (level > 1) return;
    this.#waiting.delete(fullname);
    const passes = this.#passes.get(fullname) ?? 0;
    if (ok && passes === 0) this.#fail(`${fullname}: asserts nothing`);
    this.print(`${ok && passes > 0 ? 'ok' : 'not ok'} ${fullname} (${passes} passed, ${((time ?? 0) / 1000).toFixed(1)} s)`);
  }
}

function describe(diag) {
  const { at, source: _, stack, diff, ...rest } = diag;
  const lines = [];
  if (at?.fileName) lines.push(`at ${at.fileName}:${at.lineNumber}:${at.columnNumber}`);
  for (const [key, value] of Object.entries(rest)) lines.push(`${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  if (diff) lines.push(diff.trimEnd());
  else if (stack) lines.push(stack.trimEnd());
  return lines.join('\n').replace(/^/gm, '    ');
}

function testFiles(chosen) {
  const files = readdirSync(join(root, 'dist/test'), { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => `dist/test/${name.replaceAll('\\', '/')}`)
    .sort();
  return chosen.length === 0 ? files : files.filter((file) => chosen.some((part) => file.includes(part)));
}

/** Why: tap reads its list of loaders before it rebuilds itself for a changed plugin list, so its first run would fail. */
function prepareTap() {
  // In a process of its own: whoever imports tap is a test, and is ended as one after its time-out.
  const probe = "import('tap').then(({ t }) => process.exit(t.pluginSignature.includes('@tapjs/typescript') ? 1 : 0))";
  const { status } = spawnSync(process.execPath, ['--eval', probe], { cwd: root, stdio: 'ignore' });
  if (status !== 0 && run('tap', ['build'], { stdio: ['ignore', 'ignore', 'inherit'] }) !== 0) {
    throw new Error('tap could not be built without its TypeScript plugin');
  }
}

async function main() {
  ensureBuilt();
  prepareTap();
  const files = testFiles(process.argv.slice(2));
  if (files.length === 0) throw new Error('no test file matches');
  const report = new Report(files, (line) => process.stdout.write(`${line}\n`));
  // Of a file, in seconds: what hangs must end, and slow machines are no failure.
  const limit = [`--timeout=${process.env.S3LECT_MATRIX === 'full' ? 1200 : 240}`];
  const tap = spawn(join(root, 'node_modules/.bin/tap'), ['--reporter=./scripts/test-events.mjs', ...limit, ...files], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve, reject) => tap.on('close', resolve).on('error', reject));
  for await (const line of createInterface({ input: tap.stdout })) {
    const event = parse(line);
    if (event) report.event(...event);
    else if (line !== '') process.stdout.write(`${line}\n`);
  }
  report.close(await ended);
  if (report.failed > 0) process.exitCode = 1;
}

function parse(line) {
  if (!line.startsWith('["')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

main().catch((error) => {
  process.stdout.write(`${error.message}\n0 passed, 1 failed\n`);
  process.exitCode = 1;
});
