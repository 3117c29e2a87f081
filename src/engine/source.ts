/** The bytes of a split where a worker finds them: read synchronously, straight into the memory of the kernels. */
import { readSync } from 'node:fs';
import { unreachable } from '../base/assert.ts';
import type { ByteSource } from '../formats/scan.ts';
import type { SplitSource } from './task.ts';

export function byteSource(source: SplitSource): ByteSource {
  switch (source.kind) {
    case 'fd': {
      const { fd, size } = source;
      return {
        size,
        read: (into, at, length, offset) => (offset >= size ? 0 : readSync(fd, into, at, Math.min(length, size - offset), offset)),
      };
    }
    case 'bytes':
      return bytesFrom([new Uint8Array(source.buffer, 0, source.size)], 0);
    case 'pushed':
      return bytesFrom(source.parts, source.offset);
    default:
      return unreachable(source);
  }
}

/** `parts`, one behind the other, as the bytes of an object from `start` on. */
function bytesFrom(parts: readonly Uint8Array[], start: number): ByteSource {
  let size = start;
  for (const part of parts) size += part.length;
  return {
    size,
    read(into, at, length, offset) {
      let skipped = offset - start;
      let done = 0;
      for (const part of parts) {
        if (skipped >= part.length) {
          skipped -= part.length;
          continue;
        }
        const bytes = part.subarray(skipped, skipped + length - done);
        into.set(bytes, at + done);
        done += bytes.length;
        if (done === length) break;
        skipped = 0;
      }
      return done;
    },
  };
}
