/** Values that SQL has as text and Parquet as bytes or counts: UUID and TIME. They are rare, so this is plain TypeScript. */
import type { Memory } from '../../kernels/memory.ts';
import type { TimeUnit } from './metadata.ts';

/** Bytes of each text at most. */
export const VALUE_TEXT_BYTES = 36;

/** Replaces fields over 16 bytes by fields over the text of the UUID, which is written from `at` on. `rows`: as with kernels. */
export function writeUuids({ u8, u32, bytes }: Memory, fields: number, rows: number, count: number, at: number): void {
  for (let i = 0; i < count; i++) {
    const field = (fields >> 2) + 2 * (rows === 0 ? i : u32[(rows >> 2) + i]!);
    const hex = bytes.toString('hex', u32[field]!, u32[field]! + 16);
    u32[field] = at;
    u32[field + 1] = VALUE_TEXT_BYTES;
    for (let digit = 0; digit < hex.length; digit++) {
      if (digit === 8 || digit === 12 || digit === 16 || digit === 20) u8[at++] = DASH;
      u8[at++] = hex.charCodeAt(digit);
    }
  }
}

/**
 * Replaces counts since midnight (i64) by fields over `HH:MM:SS` with the digits of the unit, written from `at` on. False when one
 * of them is no time of a day.
 */
export function writeTimes(memory: Memory, unit: TimeUnit, counts: number, rows: number, count: number, at: number): boolean {
  const { u32, bytes } = memory;
  const { per_second, digits } = units[unit];
  for (let i = 0; i < count; i++) {
    const slot = (counts >> 2) + 2 * (rows === 0 ? i : u32[(rows >> 2) + i]!);
    const time = u32[slot]! + 2 ** 32 * (u32[slot + 1]! | 0);
    if (time < 0 || time > SECONDS_OF_DAY * per_second) return false;
    const seconds = Math.floor(time / per_second);
    const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${String(time % per_second).padStart(digits, '0')}`;
    u32[slot] = at;
    u32[slot + 1] = text.length;
    at += bytes.write(text, at, 'latin1');
  }
  return true;
}

const DASH = 0x2d;
const SECONDS_OF_DAY = 86_400;

const units = {
  millis: { per_second: 1e3, digits: 3 },
  micros: { per_second: 1e6, digits: 6 },
  nanos: { per_second: 1e9, digits: 9 },
} as const;

const two = (number: number): string => String(number).padStart(2, '0');
