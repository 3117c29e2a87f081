/**
 * The event-stream framing of SelectObjectContent responses (vnd.amazon.eventstream), both directions.
 *
 *     u32 total length | u32 headers length | u32 CRC-32 of those 8 bytes | headers | payload | u32 CRC-32 of all before
 *
 * Integers are big-endian. Headers carry strings only: several clients refuse every other type.
 */
import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { crc32 } from '../base/native-crc.ts';

/** Totals of a query in bytes: read from the object, after decompression, and in the payloads of Records frames. */
export interface ScanStats {
  readonly bytesScanned: number;
  readonly bytesProcessed: number;
  readonly bytesReturned: number;
}

/** A decoded frame; headers of other types than string are left out. */
export interface Frame {
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Uint8Array;
}

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const STRING_TYPE = 7;
const HEADER_VALUE_BYTES_MAX = 0x7fff;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const RECORDS_HEADERS = encodeHeaders([
  [':message-type', 'event'],
  [':content-type', 'application/octet-stream'],
  [':event-type', 'Records'],
]);
const STATISTICS_HEADERS = { Progress: statisticsHeaders('Progress'), Stats: statisticsHeaders('Stats') };
const NO_PAYLOAD = new Uint8Array(0);

/** Bytes before the payload of a Records frame. */
export const RECORDS_PREFIX_BYTES = PRELUDE_BYTES + RECORDS_HEADERS.length;
/** What framing adds to the payload of a Records frame. */
export const FRAME_OVERHEAD_BYTES = RECORDS_PREFIX_BYTES + CRC_BYTES;
/** The longest payload of a Records frame. */
export const framePayloadMax = limits.frame_bytes_max - FRAME_OVERHEAD_BYTES;

/**
 * Makes a Records frame around a payload that already stands at `start + RECORDS_PREFIX_BYTES`, without moving it. The buffer
 * must have `CRC_BYTES` (4) of room behind the payload. Answers the end of the frame.
 */
export function sealRecordsFrame(buffer: Uint8Array, start: number, payloadLength: number): number {
  const end = start + FRAME_OVERHEAD_BYTES + payloadLength;
  assert(start >= 0 && payloadLength >= 0 && end <= buffer.length, 'a frame fits its buffer');
  writeUint32(buffer, start, end - start);
  writeUint32(buffer, start + 4, RECORDS_HEADERS.length);
  writeUint32(buffer, start + 8, crc32(buffer.subarray(start, start + 8)));
  buffer.set(RECORDS_HEADERS, start + PRELUDE_BYTES);
  writeUint32(buffer, end - CRC_BYTES, crc32(buffer.subarray(start, end - CRC_BYTES)));
  return end;
}

/** Whole records as one frame. */
export function recordsFrame(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_OVERHEAD_BYTES + payload.length);
  frame.set(payload, RECORDS_PREFIX_BYTES);
  sealRecordsFrame(frame, 0, payload.length);
  return frame;
}

/** Keeps the connection alive while nothing matches. */
export function contFrame(): Uint8Array {
  return encodeFrame(
    [
      [':message-type', 'event'],
      [':event-type', 'Cont'],
    ],
    NO_PAYLOAD,
  );
}

export function progressFrame(stats: ScanStats): Uint8Array {
  return statisticsFrame('Progress', stats);
}

/** The totals; directly before End. */
export function statsFrame(stats: ScanStats): Uint8Array {
  return statisticsFrame('Stats', stats);
}

/** The last frame of a successful query. */
export function endFrame(): Uint8Array {
  return encodeFrame(
    [
      [':message-type', 'event'],
      [':event-type', 'End'],
    ],
    NO_PAYLOAD,
  );
}

/** The last frame of a failed query. Texts beyond 32 KiB are cut at a character. */
export function errorFrame(code: string, message: string): Uint8Array {
  return encodeFrame(
    [
      [':message-type', 'error'],
      [':error-code', code],
      [':error-message', message],
    ],
    NO_PAYLOAD,
  );
}

/** Any frame with string headers, in the order given. */
export function encodeFrame(headers: readonly (readonly [name: string, value: string])[], payload: Uint8Array): Uint8Array {
  return frameOf(encodeHeaders(headers), payload);
}

/** A stream that is no event stream, was damaged on the way, or has frames over the limit. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Bytes in, however cut; frames out. `frame_bytes_max` bounds what it keeps (default: what the AWS SDKs accept). */
export class FrameDecoder {
  readonly #frame_bytes_max: number;
  #buffer: Uint8Array = NO_PAYLOAD;
  #filled = 0;

  constructor(frame_bytes_max = 24 * 1024 * 1024 + 128 * 1024 + PRELUDE_BYTES + CRC_BYTES) {
    this.#frame_bytes_max = frame_bytes_max;
  }

  /** Bytes of a frame not yet complete: not 0 at the end of a stream that was cut off. */
  get pending_bytes(): number {
    return this.#filled;
  }

  /** @throws FrameError */
  push(bytes: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    for (let at = 0; at < bytes.length; ) {
      const wanted = this.#wanted();
      const taken = Math.min(wanted - this.#filled, bytes.length - at);
      this.#reserve(wanted);
      this.#buffer.set(bytes.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled > PRELUDE_BYTES && this.#filled === wanted) {
        frames.push(decodeFrame(this.#buffer.subarray(0, wanted)));
        this.#filled = 0;
      }
    }
    return frames;
  }

  /** Bytes to have before the next step: the prelude, then the whole frame it announces. */
  #wanted(): number {
    if (this.#filled < PRELUDE_BYTES) return PRELUDE_BYTES;
    if (crc32(this.#buffer.subarray(0, 8)) !== readUint32(this.#buffer, 8)) throw new FrameError('the prelude of a frame is damaged');
    const total = readUint32(this.#buffer, 0);
    if (total > this.#frame_bytes_max) throw new FrameError(`a frame is longer than ${this.#frame_bytes_max} bytes`);
    if (total < PRELUDE_BYTES + CRC_BYTES + readUint32(this.#buffer, 4)) throw new FrameError('a frame is shorter than its headers');
    return total;
  }

  #reserve(size: number): void {
    if (this.#buffer.length >= size) return;
    const larger = new Uint8Array(Math.max(size, 4096));
    larger.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = larger;
  }
}

function frameOf(head: Uint8Array, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(PRELUDE_BYTES + head.length + payload.length + CRC_BYTES);
  writeUint32(frame, 0, frame.length);
  writeUint32(frame, 4, head.length);
  writeUint32(frame, 8, crc32(frame.subarray(0, 8)));
  frame.set(head, PRELUDE_BYTES);
  frame.set(payload, PRELUDE_BYTES + head.length);
  writeUint32(frame, frame.length - CRC_BYTES, crc32(frame.subarray(0, frame.length - CRC_BYTES)));
  return frame;
}

function statisticsFrame(kind: 'Progress' | 'Stats', { bytesScanned, bytesProcessed, bytesReturned }: ScanStats): Uint8Array {
  const scanned = `<BytesScanned>${bytesScanned}</BytesScanned>`;
  const processed = `<BytesProcessed>${bytesProcessed}</BytesProcessed>`;
  const returned = `<BytesReturned>${bytesReturned}</BytesReturned>`;
  const xml = `<?xml version="1.0" encoding="UTF-8"?><${kind}>${scanned}${processed}${returned}</${kind}>`;
  return frameOf(STATISTICS_HEADERS[kind], encoder.encode(xml));
}

function statisticsHeaders(kind: string): Uint8Array {
  return encodeHeaders([
    [':message-type', 'event'],
    [':content-type', 'text/xml'],
    [':event-type', kind],
  ]);
}

function encodeHeaders(headers: readonly (readonly [name: string, value: string])[]): Uint8Array {
  const bytes: number[] = [];
  for (const [name, text] of headers) {
    const label = encoder.encode(name);
    assert(label.length > 0 && label.length <= 255, 'a header name is at most 255 bytes');
    const value = new Uint8Array(Math.min(text.length * 3, HEADER_VALUE_BYTES_MAX));
    const { written } = encoder.encodeInto(text, value);
    bytes.push(label.length, ...label, STRING_TYPE, written >>> 8, written & 0xff);
    for (const byte of value.subarray(0, written)) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

function decodeFrame(frame: Uint8Array): Frame {
  const payloadEnd = frame.length - CRC_BYTES;
  if (crc32(frame.subarray(0, payloadEnd)) !== readUint32(frame, payloadEnd)) throw new FrameError('a frame is damaged');
  const payloadStart = PRELUDE_BYTES + readUint32(frame, 4);
  return { headers: decodeHeaders(frame.subarray(PRELUDE_BYTES, payloadStart)), payload: frame.slice(payloadStart, payloadEnd) };
}

/** Value lengths by type: true, false, byte, short, integer, long; then bytes and string (own length), timestamp, UUID. */
const valueBytes: readonly (number | 'own')[] = [0, 0, 1, 2, 4, 8, 'own', 'own', 8, 16];

function decodeHeaders(bytes: Uint8Array): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new FrameError('the headers of a frame are cut off');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const name = decoder.decode(take(take(1)[0]!));
    const type = take(1)[0]!;
    const fixed = valueBytes[type];
    if (fixed === undefined) throw new FrameError(`a header has the unknown type ${type}`);
    const value = take(fixed === 'own' ? readUint16(take(2)) : fixed);
    if (type === STRING_TYPE) headers.set(name, decoder.decode(value));
  }
  return headers;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function readUint16(bytes: Uint8Array): number {
  return (bytes[0]! << 8) | bytes[1]!;
}
