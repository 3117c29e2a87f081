/** The bytes of version `n` of an object: from nothing to about 200 kB, different for every key and version. */
export function contentOf(key: string, n: number): Buffer {
  return Buffer.from(`${key} ${n}\n`.repeat((n * 7919) % 20_000));
}

/** The bytes of an object that is small in most versions: of 0 to 8 kB then. */
export function smallContentOf(key: string, n: number): Buffer {
  return n % 3 === 0 ? contentOf(key, n) : Buffer.from(`${key} version ${n}\n`.repeat((n * 37) % 400));
}

/** The bytes of a part of version `n`: of the first just as many as a part that is not the last must have. */
export function partOf(key: string, n: number, number: number): Buffer {
  const content = contentOf(`${key} ${number}`, n);
  return number === 1 ? Buffer.alloc(5 * 1024 * 1024, `${key} ${n} `) : content;
}
