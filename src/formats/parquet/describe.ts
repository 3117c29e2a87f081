/** Finding out what a Parquet object holds, from its end. */
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { ByteSource } from '../scan.ts';
import { footerExtent, readFooter } from './footer.ts';
import type { ParquetFooter } from './metadata.ts';

/**
 * Reads the footer: most of the time in one read, else in two.
 * @throws {SelectError} ParquetParsingError, OverMaxColumn, UnsupportedParquetType
 */
export function describeParquet(source: ByteSource): ParquetFooter {
  const { size } = source;
  const tail = readAt(source, Math.max(0, size - limits.parquet_tail_bytes), Math.min(size, limits.parquet_tail_bytes));
  const { offset, bytes } = footerExtent(tail, size);
  const start = tail.length - (size - offset);
  // why: a copy, because what is kept and sent to other threads is the footer and not the tail.
  const footer = start >= 0 ? tail.slice(start, start + bytes) : readAt(source, offset, bytes);
  return readFooter(footer, offset, size);
}

/** Bytes that had to be read to know the object. */
export function footerBytes({ size, offset }: ParquetFooter): number {
  return size - offset;
}

function readAt(source: ByteSource, offset: number, bytes: number): Uint8Array {
  const into = new Uint8Array(bytes);
  for (let done = 0; done < bytes; ) {
    const read = source.read(into, done, bytes - done, offset + done);
    if (read === 0) throw new SelectError('OperationAborted');
    done += read;
  }
  return into;
}
