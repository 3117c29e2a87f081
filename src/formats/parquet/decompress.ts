/** Pages as they were before they were compressed. */
import { brotliDecompressSync, unzipSync } from 'node:zlib';
import type { ParquetCodec } from './metadata.ts';
import type { ScanSpace } from './scan-space.ts';

/** Decompresses `[from, end)` to `[into, into + size)`. False when that is not what the bytes are. */
export function decompress(space: ScanSpace, codec: ParquetCodec, from: number, end: number, into: number, size: number): boolean {
  const { parquet } = space;
  const intoEnd = into + size;
  space.traffic.decompressed_bytes += size;
  switch (codec) {
    case 'SNAPPY':
      return parquet.snappy(from, end, into, intoEnd) === size;
    case 'ZSTD':
      return parquet.zstd(from, end, into, intoEnd) === size;
    case 'LZ4_RAW':
      return parquet.lz4(from, end, into, intoEnd) === size;
    case 'LZ4':
      // why: early writers put bare blocks where Hadoop frames them.
      return parquet.lz4Hadoop(from, end, into, intoEnd) === size || parquet.lz4(from, end, into, intoEnd) === size;
    case 'GZIP':
      return inflate(space, unzipSync, from, end, into, size);
    case 'BROTLI':
      return inflate(space, brotliDecompressSync, from, end, into, size);
    default:
      return false;
  }
}

type Inflate = typeof unzipSync | typeof brotliDecompressSync;

function inflate({ memory }: ScanSpace, decode: Inflate, from: number, end: number, into: number, size: number): boolean {
  let bytes: Uint8Array;
  try {
    // why: one chunk for the whole page is twice as fast as the default's many.
    bytes = decode(memory.u8.subarray(from, end), { maxOutputLength: size + 1, chunkSize: Math.max(CHUNK_BYTES_MIN, size + 1) });
  } catch {
    return false;
  }
  if (bytes.length !== size) return false;
  memory.u8.set(bytes, into);
  return true;
}

const CHUNK_BYTES_MIN = 64;
