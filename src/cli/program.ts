/** This program as a package: its version, and how it is called from the current folder. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import process from 'node:process';
import { quote } from './how-to-query.ts';

const main = join(import.meta.dirname, 'main.js');

export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
  return (manifest as { readonly version: string }).version;
}

/** Words that run this program when typed in `folder`: the shortest way that is sure to be this very copy. */
export function programFrom(folder: string): string {
  // npm puts folders of its own in front of the path of what it starts; the user's shell does not have them.
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  if (path.some((entry) => isThis(join(entry, 's3lect')))) return 's3lect';
  if (isThis(join(folder, 'node_modules/.bin/s3lect'))) return 'npx s3lect';
  return `node ${quote(relative(folder, main))}`;
}

function isThis(path: string): boolean {
  try {
    return existsSync(path) && realpathSync(path) === realpathSync(main);
  } catch {
    return false;
  }
}
