// Seeded rows shaped like TPC-H's lineitem. Same seed and size, same bytes, on every machine.
// Only the shape follows TPC-H (types, ranges, correlated dates and flags, row width), not dbgen's exact values.
import { randomBelow, WORDS, writeRecords } from './generate.mjs';

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

const SHIP_MODES = ['AIR', 'FOB', 'MAIL', 'RAIL', 'REG AIR', 'SHIP', 'TRUCK'];
const SHIP_INSTRUCTIONS = ['COLLECT COD', 'DELIVER IN PERSON', 'NONE', 'TAKE BACK RETURN'];
const CENTS = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
const DATES = Array.from({ length: 2600 }, (_, i) => new Date(Date.UTC(1992, 0, 1 + i)).toISOString().slice(0, 10));
const ORDER_DAYS = 2406;
const CURRENT_DAY = DATES.indexOf('1995-06-17');
const SEED = 0x9e3779b9;
/** So many of the columns, from the first, are numbers. */
export const LINEITEM_NUMBERS = 8;
/** What stands before each member's value: the end of the one before, its name, a quote if it is text. */
const BEFORE_FIELDS = LINEITEM_COLUMNS.map((name, i) => {
  const endOfLast = i === 0 ? '{' : i <= LINEITEM_NUMBERS ? ',' : '",';
  return `${endOfLast}"${name}":${i < LINEITEM_NUMBERS ? '' : '"'}`;
});

/**
 * How a row is written. `csv`: a header line, LF. `quoted`: every field quoted, and 3 of 16 comments hold a delimiter, a line feed or
 * doubled quotes. `json`: an object a line, its first eight members numbers. `document`: the same objects as the items of one document.
 * @typedef {'csv' | 'quoted' | 'json' | 'document'} Layout
 */

/** @type {Record<Layout, { head: string, row: (fields: (string | number)[]) => string, between: string, tail: string }>} */
const LAYOUTS = {
  csv: { head: `${LINEITEM_COLUMNS}\n`, row: plainRow, between: '', tail: '' },
  quoted: { head: quotedRow(LINEITEM_COLUMNS), row: quotedRow, between: '', tail: '' },
  json: { head: '', row: (fields) => `${objectText(fields)}\n`, between: '', tail: '' },
  document: {
    head: '{"meta":{"name":"lineitem","columns":16,"notes":["made by the bench","not dbgen\'s values"]},"items":[\n',
    row: objectText,
    between: ',\n',
    tail: '\n]}\n',
  },
};

/**
 * Writes a lineitem file, whole records only, of at most `bytes` bytes and no more than one record less.
 * @param {string} path replaced atomically
 * @param {{ bytes: number, layout: Layout }} options
 * @returns {number} records written, the header not counted
 */
export function writeLineitem(path, { bytes, layout }) {
  const { head, row, between, tail } = LAYOUTS[layout];
  const nextFields = lineitemRows(layout === 'quoted');
  return writeRecords(path, { bytes, head, next: () => row(nextFields()), between, tail, encoding: 'latin1' });
}

/** @param {boolean} special with comments that need quotes in CSV @returns {() => (string | number)[]} gives the next row's fields */
function lineitemRows(special) {
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
    return [
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
      special ? specialComment(comment, belowQuoted(16)) : comment,
    ];
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

function plainRow(fields) {
  let text = `${fields[0]}`;
  for (let i = 1; i < fields.length; i++) text += `,${fields[i]}`;
  return `${text}\n`;
}

function quotedRow(fields) {
  let text = `"${fields[0]}`;
  for (let i = 1; i < fields.length; i++) text += `","${fields[i]}`;
  return `${text}"\n`;
}

function objectText(fields) {
  const parts = new Array(2 * fields.length + 1);
  for (let i = 0; i < fields.length; i++) {
    parts[2 * i] = BEFORE_FIELDS[i];
    parts[2 * i + 1] = fields[i];
  }
  parts[2 * fields.length] = '"}';
  return parts.join('');
}
