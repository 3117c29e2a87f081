/** Footers of Parquet files, for plans, headings and `s3lect schema`. */
import { byteSource } from '../engine/source.ts';
import { describeParquet } from '../formats/parquet/describe.ts';
import type { ParquetFooter } from '../formats/parquet/metadata.ts';
import { openFile } from '../storage/file-object.ts';

/** Raises what is wrong with the file, and the system's error. */
export async function footerOfFile(path: string): Promise<ParquetFooter> {
  const file = await openFile(path);
  try {
    return describeParquet(byteSource(file.ref));
  } finally {
    await file.close();
  }
}

/** From the last bytes of an object; raises where they do not hold the footer. */
export function footerOfTail(tail: Uint8Array, size: number): ParquetFooter {
  const start = size - tail.length;
  return describeParquet({
    size,
    read: (into, at, length, offset) => {
      const bytes = offset < start ? tail.subarray(0, 0) : tail.subarray(offset - start, offset - start + length);
      into.set(bytes, at);
      return bytes.length;
    },
  });
}
