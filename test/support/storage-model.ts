/** The list operation said plainly: sort, filter, roll up, cut. */
import type { ListRequest } from '../../src/storage/store.ts';

interface Item {
  readonly name: string;
  readonly isPrefix: boolean;
}

export function listNaively(
  keys: readonly string[],
  { prefix = '', delimiter = '', startAfter = '', maxKeys = 1000 }: ListRequest,
): unknown {
  const items: Item[] = [];
  for (const key of [...keys].sort(byBytes)) {
    if (!key.startsWith(prefix) || byBytes(key, startAfter) <= 0) continue;
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const name = at < 0 ? key : key.slice(0, at + delimiter.length);
    if (at >= 0 && (name === startAfter || items.some((item) => item.isPrefix && item.name === name))) continue;
    items.push({ name, isPrefix: at >= 0 });
  }
  const page = items.slice(0, maxKeys);
  const isTruncated = maxKeys > 0 && items.length > maxKeys;
  const result = {
    objects: page.filter((item) => !item.isPrefix).map(({ name }) => name),
    commonPrefixes: page.filter((item) => item.isPrefix).map(({ name }) => name),
    isTruncated,
  };
  return isTruncated ? { ...result, nextStartAfter: page.at(-1)?.name } : result;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
