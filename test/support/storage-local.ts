/** Local stores in the fixture directory of a test, and what they leave on the disk. */
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { LocalStore } from '../../src/storage/local.ts';

export interface LocalStores {
  /** A new, empty directory. */
  newDirectory(): string;
  /** A store with the bucket `b-1`, its root, and the directory of that bucket. */
  newLocalStore(): Promise<{ store: LocalStore; root: string; bucket: string }>;
}

export function localStores(t: Test): LocalStores {
  const fixtures = fs.realpathSync(t.testdir());
  let number = 0;
  const newDirectory = (): string => {
    const directory = join(fixtures, String(number++));
    fs.mkdirSync(directory);
    return directory;
  };
  const newLocalStore = async () => {
    const root = join(newDirectory(), 'root');
    fs.mkdirSync(root);
    const store = await LocalStore.open({ root });
    await store.createBucket('b-1');
    return { store, root, bucket: join(root, 'b-1') };
  };
  return { newDirectory, newLocalStore };
}

/** What this process has open at a directory or under it, removed files too; nothing where the system does not say. */
export function openFilesIn(directory: string): string[] {
  if (process.platform !== 'linux') return [];
  return fs
    .readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        // why: closed meanwhile, as the one that reads the folder is.
        return '';
      }
    })
    .filter((path) => path.startsWith(directory));
}

/** Asserts that nothing stays open in a directory: threads may close what they used when they have answered. */
export async function allClosed(t: Test, directory: string): Promise<void> {
  const deadline_ms = Date.now() + 20_000;
  while (openFilesIn(directory).length > 0 && Date.now() < deadline_ms) await sleep(5);
  t.same(openFilesIn(directory), []);
}

/** Every path under a directory, with what is there. */
export function treeOf(directory: string): string[] {
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return entry.isFile() ? `${path}: ${fs.readFileSync(path, 'latin1')}` : path;
    })
    .sort();
}
