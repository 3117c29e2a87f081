/** The bytes of a split where a worker finds them: read synchronously, straight into the memory of the kernels. */
import { readSync } from 'node:fs';
import { unreachable } from '../base/assert.ts';
import type { ByteSource } from '../formats/scan.ts';
import type { SplitSource } from './task.ts';

export function byteSource(source: SplitSource): ByteSource {
  switch (source.kind) {
    case 'fd': {
      const { fd, size } = source;
      return { size, read: (into, at, length, offset) => (offset >= size ? 0 : readSync(fd, into, at, Math.min(length, size - offset), offset)) };
    }
    case 'bytes':
      return bytesFrom(new Uint8Array(source.buffer, 0, source.size), 0);
    case 'pushed':
      return bytesFrom(source.bytes, source.offset);
    default:
      return unreachable(source);
  }
}

/** `bytes` as the part of an object that begins at `start`. */
function bytesFrom(bytes: Uint8Array, start: number): ByteSource {
  return {
    size: start + bytes.length,
    read(into, at, length, offset) {
      const part = bytes.subarray(offset - start, offset - start + length);
      into.set(part, at);
      return part.length;
    },
  };
}
