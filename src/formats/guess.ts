/** Guesses what an object is from its first bytes, for callers who did not say: the command line. Never used by the server. */
import { inflate } from './codecs.ts';
import type { Compression } from './format.ts';

export interface Guess {
  /** `jsonl`: a value a line; `json`: any sequence of values. */
  readonly format: 'csv' | 'jsonl' | 'json' | 'parquet';
  readonly compression: Compression;
  /** CSV only (else a comma). */
  readonly fieldDelimiter: string;
  /** CSV only: the first record looks like names. */
  readonly header: boolean;
}

/** First bytes that say enough of most objects. */
export const guess_bytes = 64 * 1024;

/** First bytes that say enough of an object whose text begins late: a block of bzip2 gives nothing until it is all there. */
export const guess_bytes_max = 1024 * 1024;

/** The compression whose magic number stands at the start. Raw Snappy has none. */
function compressionOf(prefix: Uint8Array): Compression {
  const begins = (bytes: readonly number[]): boolean => bytes.every((byte, index) => prefix[index] === byte);
  const found = magics.find(([, bytes]) => begins(bytes));
  return found === undefined ? 'none' : found[0];
}

/**
 * `prefix`: the first bytes of the object; `atEnd`: they are all of it. Null when they hold no text yet, and more of them may.
 */
export async function guess(prefix: Uint8Array, atEnd: boolean): Promise<Guess | null> {
  const compression = compressionOf(prefix);
  const bytes = compression === 'none' ? prefix.subarray(0, LOOK_BYTES) : await inflatedPrefix(compression, prefix);
  if (bytes.length === 0 && !atEnd && prefix.length < guess_bytes_max) return null;
  const whole = atEnd && bytes.length === prefix.length;
  const text = new TextDecoder().decode(bytes);
  if (text.startsWith('PAR1')) return { format: 'parquet', compression, fieldDelimiter: ',', header: false };
  const json = guessJson(text, whole);
  if (json !== null) return { format: json, compression, fieldDelimiter: ',', header: false };
  const lines = recordsOf(text, whole);
  const fieldDelimiter = guessDelimiter(lines);
  return { format: 'csv', compression, fieldDelimiter, header: guessHeader(lines.map((line) => fieldsOf(line, fieldDelimiter))) };
}

const LOOK_BYTES = 64 * 1024;
const RECORDS_MAX = 50;
/** In order of preference where they fit equally well. */
const delimiters = [',', ';', '\t', '|'] as const;

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['snappy', [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]],
];

/** What can be inflated of a prefix, which may be cut, or damaged: then the query says so. */
async function inflatedPrefix(compression: Compression, prefix: Uint8Array): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let inflated_bytes = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    yield prefix;
  }
  try {
    for await (const piece of inflate(compression, source(), { compressed_bytes: 0, inflated_bytes: 0 })) {
      pieces.push(piece);
      inflated_bytes += piece.length;
      if (inflated_bytes >= LOOK_BYTES) break;
    }
  } catch {
    // What came before is enough, or nothing is.
  }
  return Buffer.concat(pieces).subarray(0, LOOK_BYTES);
}

function guessJson(text: string, whole: boolean): 'json' | 'jsonl' | null {
  if (!/^\s*(\{\s*(["}]|$)|\[\s*([[{"\]\d-]|true|false|null|$))/.test(text)) return null;
  const lines = text.split('\n').map((line) => line.trim());
  if (!whole && lines.length > 1) lines.pop();
  const values = lines.filter((line) => line !== '');
  if (values.every(isJson)) return 'jsonl';
  // why: `[1],x` may be the start of a CSV record, an array left open is a document over several lines.
  return text.trimStart().startsWith('{') || openBrackets(values[0] ?? '') > 0 ? 'json' : null;
}

function openBrackets(line: string): number {
  return [...line].reduce((open, character) => open + ('[{'.includes(character) ? 1 : ']}'.includes(character) ? -1 : 0), 0);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The first whole lines outside of quotes. */
function recordsOf(text: string, whole: boolean): string[] {
  const records: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length && records.length < RECORDS_MAX; at++) {
    const character = text[at];
    if (character === '"') quoted = !quoted;
    if (character !== '\n' || quoted) continue;
    records.push(text.slice(start, at).replace(/\r$/, ''));
    start = at + 1;
  }
  if (records.length === 0 || (whole && records.length < RECORDS_MAX)) records.push(text.slice(start));
  return records.filter((record) => record !== '' && !record.startsWith('#'));
}

/** The delimiter that gives the most records the width of the first; of those the one that gives more fields. */
function guessDelimiter(records: readonly string[]): string {
  let best: string = ',';
  let bestScore = 0;
  for (const delimiter of delimiters) {
    const widths = records.map((record) => fieldsOf(record, delimiter).length);
    const width = widths[0] ?? 1;
    if (width < 2) continue;
    const score = widths.filter((other) => other === width).length / widths.length + width / 1e6;
    if (score > bestScore) [best, bestScore] = [delimiter, score];
  }
  return best;
}

function guessHeader(records: readonly string[][]): boolean {
  const [names, ...rows] = records;
  if (names === undefined || rows.length === 0) return false;
  if (names.some((name) => name === '' || isValue(name)) || new Set(names).size < names.length) return false;
  return rows.some((row) => row.some(isValue)) || names.every((name) => /^[\p{L}_][\p{L}\p{N}_ .\-/()]*$/u.test(name));
}

/** What is hardly a name: a number, a date, a truth value. */
function isValue(text: string): boolean {
  return /^\s*[-+]?\d[\d.,:/eE+\-TZ ]*$/.test(text) || /^(true|false)$/i.test(text);
}

function fieldsOf(record: string, delimiter: string): string[] {
  const fields: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at <= record.length; at++) {
    if (record[at] === '"') quoted = !quoted;
    if (at < record.length && (quoted || record[at] !== delimiter)) continue;
    fields.push(record.slice(start, at).replace(/^"(.*)"$/s, '$1'));
    start = at + 1;
  }
  return fields;
}
