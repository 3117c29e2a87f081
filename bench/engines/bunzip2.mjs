// Not an engine: the bzip2 program's own decompression of the file, one thread, the measure for queries over BZIP2.
import { spawn } from 'node:child_process';

/** @type {import('../engine-process.mjs').OpenEngine} */
export async function open() {
  return {
    async run(_query, dataset) {
      let bytes = 0;
      for await (const block of spawn('bzip2', ['-dc', dataset.path], { stdio: ['ignore', 'pipe', 'inherit'] }).stdout)
        bytes += block.length;
      if (bytes !== dataset.bytes) throw new Error(`decompressed ${bytes} of ${dataset.bytes} bytes`);
    },
  };
}
