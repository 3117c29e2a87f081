/** Until its stdin ends, swaps a directory for a link to another place and back, as often as it can. Says `swapped` once it has begun. */
import fs from 'node:fs';

const [directory = '', aside = '', outside = ''] = process.argv.slice(2);
let isEnding = false;
process.stdin.on('end', () => {
  isEnding = true;
});
process.stdin.resume();
let swaps = 0;

function swap(): void {
  for (let i = 0; i < 20; i++) {
    fs.renameSync(directory, aside);
    putInPlace(() => fs.symlinkSync(outside, directory));
    fs.unlinkSync(directory);
    putInPlace(() => fs.renameSync(aside, directory));
    swaps++;
  }
  if (swaps === 20) process.stdout.write('swapped\n');
  if (!isEnding) setImmediate(swap);
}

/** Whatever the store makes there meanwhile makes way. */
function putInPlace(put: () => void): void {
  for (;;) {
    try {
      put();
      return;
    } catch {
      clear();
    }
  }
}

function clear(): void {
  try {
    fs.rmSync(directory, { recursive: true, force: true });
  } catch {
    // It goes on being filled: once more.
  }
}

swap();
