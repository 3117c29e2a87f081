/** A body in one piece. */
import type { DecodedBody } from '../../src/auth/payload.ts';

export async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const found: Uint8Array[] = [];
  for await (const piece of body) found.push(piece);
  return Buffer.concat(found);
}

/** The same, handed on: `take` lets every second piece wait, and no further piece may come meanwhile. */
export async function collectDelivered(body: DecodedBody): Promise<Buffer> {
  const found: Uint8Array[] = [];
  let isBusy = false;
  await body.deliver((piece) => {
    if (isBusy) throw new Error('a piece came while there was no room for it');
    found.push(Uint8Array.from(piece));
    if (found.length % 2 === 0) return;
    isBusy = true;
    return new Promise((resolve) => {
      setImmediate(() => {
        isBusy = false;
        resolve();
      });
    });
  });
  return Buffer.concat(found);
}
