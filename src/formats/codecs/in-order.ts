/** Work on what a source gives, several at a time, its results in the order of the source. */

/**
 * Runs up to `ahead` of `inputs` at a time. What goes wrong, in the source or in the work, counts after everything before it.
 * Ending the iteration early leaves work under way to end by itself, and the source to its owner.
 */
export async function* inOrder<Input, Output>(
  inputs: AsyncIterator<Input, void>,
  run: (input: Input) => Promise<Output>,
  ahead: number,
): AsyncGenerator<Output, void, undefined> {
  const running: Promise<Output>[] = [];
  let reading: Promise<boolean> | null = null;
  let ended = false;
  /** Whether there was another. */
  const read = async (): Promise<boolean> => {
    const { done, value } = await inputs.next();
    reading = null;
    if (done === true) return false;
    const output = run(value);
    output.catch(() => {});
    running.push(output);
    return true;
  };
  while (!ended || running.length > 0) {
    const head = running[0];
    if (!ended && running.length < Math.max(1, ahead)) {
      reading ??= read();
      reading.catch(() => {});
      if (head === undefined) {
        ended = !(await reading);
        continue;
      }
      const settled = () => 'head' as const;
      const first = await Promise.race([head.then(settled, settled), reading.catch(() => false)]);
      if (first === true) continue;
    }
    yield await running.shift()!;
  }
}
