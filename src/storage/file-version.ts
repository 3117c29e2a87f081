/** Whether a file or directory is still what it was, by what its `stat` says: what was read of it need not be read again then. */
import type { BigIntStats } from 'node:fs';

/** What tells the file of an object from another at its place; `BigIntStats` is one. */
export type FileIdentity = Pick<BigIntStats, 'size' | 'mtimeNs' | 'ino'>;

export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ino === b.ino;
}

export type FileVersion = Pick<BigIntStats, 'ino' | 'dev' | 'size' | 'mtimeNs' | 'ctimeNs'>;

export function isSameVersion(a: FileVersion, b: FileVersion): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/**
 * Whether any later change will show. A change within one tick of the file system's clock leaves the time of an earlier one, so what
 * changed just now may change again unseen. Whole seconds are the sign of a coarse clock.
 */
export function isSettled({ mtimeNs, ctimeNs }: FileVersion, now_ms: number): boolean {
  const changedNs = ctimeNs > mtimeNs ? ctimeNs : mtimeNs;
  const settling_ms = changedNs % 1_000_000_000n === 0n ? 2100 : 50;
  return now_ms - settling_ms > Number(changedNs / 1_000_000n);
}
