/** The bytes of version `n` of an object: from nothing to about 200 kB, different for every key and version. */
export function contentOf(key: string, n: number): Buffer {
  return Buffer.from(`${key} ${n}\n`.repeat((n * 7919) % 20_000));
}
