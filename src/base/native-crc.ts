/** CRC-32 and CRC-32C by a package with a build for this platform, several times as fast as others, where it is installed. */
import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';

/** Continues from the value of the bytes before. */
export type CrcStep = (bytes: Uint8Array, value?: number) => number;

const native = load();

export const crc32: CrcStep = native?.crc32 ?? zlib.crc32;

/** Undefined where there is no build: Node has none. */
export const crc32c: CrcStep | undefined = native?.crc32c;

/** why: not awaited: a thread that is ended while a module of its waits takes the process with it. */
function load(): { readonly crc32: CrcStep; readonly crc32c: CrcStep } | null {
  try {
    return createRequire(import.meta.url)('@node-rs/crc32');
  } catch {
    return null;
  }
}
