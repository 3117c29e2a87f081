/** Request bodies that come slower than anybody has a use for: each holds a connection, memory and a temporary file. */
import { SelectError } from '../base/errors.ts';

export interface BodyPace {
  /** The longest silence. */
  readonly idle_ms_max: number;
  /** Waiting that is allowed beside what `bytes_per_s_min` takes. */
  readonly grace_ms: number;
  readonly bytes_per_s_min: number;
}

/**
 * The same pieces. Only the time that is spent waiting for the client counts.
 * @throws SelectError RequestTimeout
 */
export async function* atPace(pieces: AsyncIterable<Uint8Array>, pace: BodyPace): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = pieces[Symbol.asyncIterator]();
  let waited_ms = 0;
  let bytes = 0;
  try {
    for (;;) {
      const left_ms = pace.grace_ms + (1000 * bytes) / pace.bytes_per_s_min - waited_ms;
      const began_ms = performance.now();
      const next = await withTimeout(iterator.next(), Math.min(left_ms, pace.idle_ms_max));
      waited_ms += performance.now() - began_ms;
      if (next.done === true) return;
      bytes += next.value.length;
      yield next.value;
    }
  } finally {
    // Not waited for: a piece that never comes would be.
    iterator.return?.().catch(() => {});
  }
}

function withTimeout<T>(promise: Promise<T>, timeout_ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new SelectError('RequestTimeout')), timeout_ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
