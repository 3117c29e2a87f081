/**
 * The form of a log of uploads: two halves of one size, each of whole blocks. The first block of a half is its head, in JSON. A record
 * begins at a block, so that nothing durable is written again beside it:
 *
 *   token of the head, 16 bytes · CRC-32 of what follows · bytes of the line · bytes of the object · the line · the object
 *
 * The line is what a sidecar says of the object, and the identity of the file that it replaces. A half that is emptied gets another token:
 * what it held is no record any more, nor is what an upload brings that looks like one.
 */
import fs from 'node:fs';
import { limits } from '../base/limits.ts';
import { crc32 } from '../base/native-crc.ts';
import { jsonIn, readSmallBytes } from './small-file.ts';
import { isCount, isObject } from './stored-form.ts';

export const block_bytes = 4096;
export const half_bytes = limits.upload_log_bytes / 2;
export const token_bytes = 16;
/** The token, the checksum, two lengths. */
const recordHead_bytes = token_bytes + 12;

/** What tells the system from what it was before it was started last; undefined where there is no telling, and nothing is logged. */
export const bootId: string | undefined = readBootId();

export interface LogHead {
  /** The start of the system in which it is written. */
  readonly boot: string;
  /** The half with the lower one was written before the other. */
  readonly epoch: number;
  readonly token: Uint8Array;
  /** A file of an upload in the log could not be made durable. */
  readonly isFailed: boolean;
}

export interface LogRecord {
  readonly line: Uint8Array;
  /** The object. */
  readonly pieces: readonly Uint8Array[];
}

export function encodeHead({ boot, epoch, token, isFailed }: LogHead): Uint8Array {
  const head = JSON.stringify({ version, boot, epoch, token: Buffer.from(token).toString('hex'), failed: isFailed || undefined });
  return Buffer.from(head.padEnd(block_bytes));
}

export function encodeRecord(token: Uint8Array, { line, pieces }: LogRecord): Uint8Array[] {
  const head = Buffer.alloc(recordHead_bytes);
  head.set(token);
  head.writeUInt32LE(line.length, token_bytes + 4);
  head.writeUInt32LE(sizeOf(pieces), token_bytes + 8);
  head.writeUInt32LE(checksumOf([head.subarray(token_bytes + 4), line, ...pieces]), token_bytes);
  const bytes = recordHead_bytes + line.length + sizeOf(pieces);
  return [head, line, ...pieces, zeros.subarray(0, wholeBlocks(bytes) - bytes)];
}

/** Bytes of a record in the log. */
export function recordBytes({ line, pieces }: LogRecord): number {
  return wholeBlocks(recordHead_bytes + line.length + sizeOf(pieces));
}

/** Of any record, by `limits`. */
export const recordBytes_max = wholeBlocks(recordHead_bytes + limits.logged_line_bytes_max + limits.logged_upload_bytes_max);

export const zeros: Uint8Array = new Uint8Array(block_bytes);

/** A half of a log. */
export interface ReadHalf extends LogHead {
  /** Where it begins in the file. */
  readonly start: number;
  /** In their order. */
  readonly records: readonly LogRecord[];
}

/** The halves of a log, in the order they were written; none where it is no log, which anybody may have put there. Raises the system's errors. */
export function readLog(path: string): ReadHalf[] {
  const log = readSmallBytes(path, limits.upload_log_bytes);
  if (log?.length !== limits.upload_log_bytes) return [];
  const halves = [0, half_bytes].flatMap((start) => halfIn(log.subarray(start, start + half_bytes), start));
  return halves.toSorted((a, b) => a.epoch - b.epoch);
}

const version = 1;

/** A list of it, or of nothing. */
function halfIn(half: Buffer, start: number): ReadHalf[] {
  const head = jsonIn(half.toString('latin1', 0, block_bytes));
  if (!isObject(head) || head['version'] !== version) return [];
  const { boot, epoch, token: hex } = head;
  if (typeof boot !== 'string' || !isCount(epoch) || typeof hex !== 'string' || !/^[0-9a-f]{32}$/.test(hex)) return [];
  const token = Buffer.from(hex, 'hex');
  const records: LogRecord[] = [];
  for (let at = block_bytes; at < half.length; ) {
    const record = recordAt(half, at, token);
    if (record !== undefined) records.push(record);
    at += record === undefined ? block_bytes : recordBytes(record);
  }
  return [{ start, boot, epoch, token, isFailed: head['failed'] === true, records }];
}

function recordAt(half: Buffer, at: number, token: Uint8Array): LogRecord | undefined {
  const start = at + recordHead_bytes;
  if (start > half.length || !half.subarray(at, at + token_bytes).equals(token)) return undefined;
  const line_end = start + half.readUInt32LE(at + token_bytes + 4);
  const end = line_end + half.readUInt32LE(at + token_bytes + 8);
  if (end > half.length || checksumOf([half.subarray(at + token_bytes + 4, end)]) !== half.readUInt32LE(at + token_bytes)) return undefined;
  return { line: half.subarray(start, line_end), pieces: [half.subarray(line_end, end)] };
}

function wholeBlocks(bytes: number): number {
  return Math.ceil(bytes / block_bytes) * block_bytes;
}

function checksumOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((value, piece) => crc32(piece, value), 0);
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function readBootId(): string | undefined {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return undefined;
  }
}
