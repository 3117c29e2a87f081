// Not an engine: Node's own inflating of the file, the bound for queries over gzip.
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** @type {import('../engine-process.mjs').OpenEngine} */
export async function open() {
  return {
    async run(_query, dataset) {
      const inflated = createReadStream(dataset.path, { highWaterMark: 1 << 20 }).pipe(createGunzip({ chunkSize: 1 << 20 }));
      let bytes = 0;
      for await (const block of inflated) bytes += block.length;
      if (bytes !== dataset.bytes) throw new Error(`inflated ${bytes} of ${dataset.bytes} bytes`);
    },
  };
}
