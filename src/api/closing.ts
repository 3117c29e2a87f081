/** Bytes that hold something open. */

/** The same pieces; `resource` is closed when they end, fail, or are no longer wanted, even before the first. */
export function closing(pieces: AsyncIterable<Uint8Array>, resource: { close(): Promise<void> }): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = pieces[Symbol.asyncIterator]();
      return {
        async next() {
          try {
            const next = await iterator.next();
            if (next.done === true) await resource.close();
            return next;
          } catch (error) {
            await resource.close();
            throw error;
          }
        },
        async return() {
          try {
            await iterator.return?.();
          } finally {
            await resource.close();
          }
          return { done: true, value: undefined };
        },
      };
    },
  };
}
