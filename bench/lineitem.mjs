// Seeded rows shaped like TPC-H's lineitem. Same seed and size, same bytes, on every machine.
// Only the shape follows TPC-H (types, ranges, correlated dates and flags, row width), not dbgen's exact values.
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';

/** TPC-H's column names, in file order. */
export const LINEITEM_COLUMNS = [
  'l_orderkey',
  'l_partkey',
  'l_suppkey',
  'l_linenumber',
  'l_quantity',
  'l_extendedprice',
  'l_discount',
  'l_tax',
  'l_returnflag',
  'l_linestatus',
  'l_shipdate',
  'l_commitdate',
  'l_receiptdate',
  'l_shipinstruct',
  'l_shipmode',
  'l_comment',
];

/** Stands in about one comment of a thousand; the word that Q5 looks for. */
export const RARE_WORD = 'zebra';

const WORDS = (
  'furiously quickly carefully express ironic final pending regular deposits requests accounts packages theodolites foxes ' +
  'instructions platelets sleep haggle nag wake above against along blithely slyly bold even special unusual silent ' +
  'asymptotes pinto beans dependencies'
).split(' ');
const SHIP_MODES = ['AIR', 'FOB', 'MAIL', 'RAIL', 'REG AIR', 'SHIP', 'TRUCK'];
const SHIP_INSTRUCTIONS = ['COLLECT COD', 'DELIVER IN PERSON', 'NONE', 'TAKE BACK RETURN'];
const CENTS = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
const DATES = Array.from({ length: 2600 }, (_, i) => new Date(Date.UTC(1992, 0, 1 + i)).toISOString().slice(0, 10));
const ORDER_DAYS = 2406;
const CURRENT_DAY = DATES.indexOf('1995-06-17');
const SEED = 0x9e3779b9;
const WRITE_BYTES = 1 << 20;

/**
 * Writes a lineitem CSV with a header line, LF records, whole records only, of at most `bytes` bytes and no more than one record less.
 * @param {string} path replaced atomically
 * @param {{ bytes: number, quoted: boolean }} options `quoted`: every field quoted, and 3 of 16 comments hold a delimiter,
 * a line feed or doubled quotes
 * @returns {number} records written, the header not counted
 */
export function writeLineitem(path, { bytes, quoted }) {
  const partial = `${path}.partial`;
  const fd = openSync(partial, 'w');
  const nextRecord = lineitemRecords(quoted);
  let block = record(LINEITEM_COLUMNS, quoted);
  let written = 0;
  let records = 0;
  for (;;) {
    const text = nextRecord();
    if (written + block.length + text.length > bytes) break;
    block += text;
    records++;
    if (block.length >= WRITE_BYTES) {
      written += block.length;
      writeSync(fd, block, null, 'latin1');
      block = '';
    }
  }
  writeSync(fd, block, null, 'latin1');
  closeSync(fd);
  renameSync(partial, path);
  return records;
}

/** @param {boolean} quoted @returns {() => string} gives the next record, its line feed included */
function lineitemRecords(quoted) {
  const below = randomBelow(SEED);
  // A generator of its own, so that the plain and the quoted file hold the same rows up to the special comments.
  const belowQuoted = randomBelow(SEED ^ 0x5bd1e995);
  let order = 0;
  let line = 0;
  let lines = 0;
  let orderDay = 0;
  return () => {
    if (line === lines) {
      order++;
      line = 0;
      lines = 1 + below(7);
      orderDay = below(ORDER_DAYS);
    }
    line++;
    const part = 1 + below(200_000);
    const quantity = 1 + below(50);
    const cents = quantity * (90_000 + (Math.floor(part / 10) % 20_001) + 100 * (part % 1000));
    const shipDay = orderDay + 1 + below(121);
    const receiptDay = shipDay + 1 + below(30);
    const returned = receiptDay > CURRENT_DAY ? 'N' : 'RA'[below(2)];
    const comment = lineComment(below);
    return record(
      [
        // Eight keys of every 32 are used, as TPC-H does.
        ((order >> 3) << 5) + (order & 7),
        part,
        1 + below(10_000),
        line,
        quantity,
        `${Math.floor(cents / 100)}.${CENTS[cents % 100]}`,
        `0.${CENTS[below(11)]}`,
        `0.${CENTS[below(9)]}`,
        returned,
        shipDay > CURRENT_DAY ? 'O' : 'F',
        DATES[shipDay],
        DATES[orderDay + 30 + below(61)],
        DATES[receiptDay],
        SHIP_INSTRUCTIONS[below(4)],
        SHIP_MODES[below(7)],
        quoted ? specialComment(comment, belowQuoted(16)) : comment,
      ],
      quoted,
    );
  };
}

/** @param {(n: number) => number} below */
function lineComment(below) {
  let comment = WORDS[below(WORDS.length)];
  for (let more = 2 + below(3); more > 0; more--) comment += ` ${WORDS[below(WORDS.length)]}`;
  return below(1000) === 0 ? `${comment} ${RARE_WORD}` : comment;
}

/** @param {string} comment @param {number} kind 0 to 15, of which three are special */
function specialComment(comment, kind) {
  if (kind === 0) return comment.replace(' ', ', ');
  if (kind === 1) return comment.replace(' ', '\n');
  if (kind === 2) return comment.replace(' ', ' ""so"" ');
  return comment;
}

/** @param {(string | number)[]} fields @param {boolean} quoted */
function record(fields, quoted) {
  const [before, between, after] = quoted ? ['"', '","', '"\n'] : ['', ',', '\n'];
  let text = before + fields[0];
  for (let i = 1; i < fields.length; i++) text += between + fields[i];
  return text + after;
}

/**
 * xorshift32: small, fast, the same everywhere.
 * @param {number} seed not 0
 * @returns {(n: number) => number} a whole number of 0 to n - 1
 */
function randomBelow(seed) {
  let state = seed | 0;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 1) % n;
  };
}
