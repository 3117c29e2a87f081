/** `s3lect query` on a terminal, which the program `script` makes where there is one. */
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { airports, cleanEnv, ended, main, temporaryFolder } from './support/cli.ts';

const program = 'script';

/** util-linux's: the one of BSD takes its command differently. */
const isThere = /util-linux/.test(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout ?? '');
const skip = isThere ? false : 'there is no util-linux script here';

const wipe = '\r\x1b[K';

/** The shell's line on a terminal of 80 columns. */
function onTerminal(line: string) {
  const child = spawn(program, ['-qefc', `stty cols 80; ${line}`, '/dev/null'], { env: cleanEnv(), stdio: ['pipe', 'pipe', 'pipe'] });
  return { child, ended: ended(child) };
}

t.test('a table, as wide as the terminal, and no trace of the bar', { skip }, async (t) => {
  const { child, ended } = onTerminal(`node ${main} query ${airports} "SELECT * FROM S3Object s LIMIT 3"`);
  const { code, stdout } = await ended;
  child.stdin.end();
  t.equal(code, 0);
  const lines = stdout.split('\r\n');
  t.match(lines[0]?.replace(wipe, ''), /^┌/);
  t.equal(lines[3]?.length, 80, 'cut to the terminal');
  t.match(stdout, /3 rows\r\n$/);
});

t.test('Ctrl-C: the bar goes, the exit code says so, at once', { skip }, async (t) => {
  const large = join(temporaryFolder(t), 'large.csv');
  const text = readFileSync(airports, 'utf8');
  const rows = text.slice(text.indexOf('\n') + 1);
  writeFileSync(large, text);
  for (let n = 0; n < 3; n++) appendFileSync(large, rows.repeat(4000));
  // Long enough to be still at work when the key is pressed, however quick the machine is.
  const patterns = Array.from({ length: 24 }, (_, n) => `s.name || s.city LIKE '%a%e%r%o%${n}%'`);
  const sql = `SELECT COUNT(*) FROM S3Object s WHERE ${patterns.join(' OR ')}`;
  const { child, ended } = onTerminal(`node ${main} query ${large} "${sql}"`);
  let pressed_at = 0;
  let closed_at = 0;
  child.stdout.on('data', (output: string) => {
    if (pressed_at === 0 && /\[#* *\]\s+\d+ %/.test(output)) {
      pressed_at = performance.now();
      child.stdin.write('\x03');
    } else if (pressed_at > 0 && output.endsWith(wipe)) closed_at = performance.now();
  });
  const { code, stdout } = await ended;
  t.equal(code, 130);
  t.ok(pressed_at > 0, 'there was a bar');
  t.comment(`gone after ${Math.round(closed_at - pressed_at)} ms`);
  t.ok(stdout.endsWith(wipe), 'the last thing written wipes it');
});
