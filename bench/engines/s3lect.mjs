// s3lect as a library, out of the built package.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @type {import('../engine-process.mjs').OpenEngine} */
export async function open({ distDir }) {
  const { select } = await import(pathToFileURL(join(distDir, 'src/index.js')).href);
  return {
    async run(query, dataset, sink) {
      const result = await select({
        source: dataset.path,
        expression: query.s3lect,
        input: { ...dataset.input, CompressionType: dataset.compression },
        output: query.json ? { JSON: {} } : { CSV: {} },
        reuseBlocks: true,
      });
      for await (const block of result) writeSync(sink.fd, block);
    },
  };
}
