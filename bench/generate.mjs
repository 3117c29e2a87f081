// What the generators share: words, seeded numbers, and writing records until a file is as big as asked for.
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';

const WRITE_BYTES = 1 << 20;

export const WORDS = (
  'furiously quickly carefully express ironic final pending regular deposits requests accounts packages theodolites foxes ' +
  'instructions platelets sleep haggle nag wake above against along blithely slyly bold even special unusual silent ' +
  'asymptotes pinto beans dependencies'
).split(' ');

/**
 * xorshift32: small, fast, the same everywhere.
 * @param {number} seed not 0
 * @returns {(n: number) => number} a whole number of 0 to n - 1
 */
export function randomBelow(seed) {
  let state = seed | 0;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 1) % n;
  };
}

/**
 * Writes head, whole records and tail, at most `bytes` bytes together and no more than one record less.
 * @param {string} path replaced atomically
 * @param {object} options
 * @param {number} options.bytes
 * @param {() => string} options.next gives the next record
 * @param {string} [options.head]
 * @param {string} [options.between] between two records
 * @param {string} [options.tail]
 * @param {'latin1' | 'utf8'} options.encoding latin1 where every character is one byte: several times faster
 * @returns {number} records written
 */
export function writeRecords(path, { bytes, next, head = '', between = '', tail = '', encoding }) {
  const bytesOf = encoding === 'latin1' ? (text) => text.length : (text) => Buffer.byteLength(text);
  const partial = `${path}.partial`;
  const fd = openSync(partial, 'w');
  let block = head;
  let total = head.length + tail.length;
  let records = 0;
  for (;;) {
    const text = records === 0 ? next() : between + next();
    total += bytesOf(text);
    if (total > bytes) break;
    block += text;
    records++;
    if (block.length >= WRITE_BYTES) {
      writeSync(fd, block, null, encoding);
      block = '';
    }
  }
  writeSync(fd, block + tail, null, encoding);
  closeSync(fd);
  renameSync(partial, path);
  return records;
}
