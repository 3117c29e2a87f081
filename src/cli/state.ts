/** Where the state folder is, for every command that reads or changes it. */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import process from 'node:process';
import { FolderState } from '../auth/state-folder.ts';
import { PlainError, reasonOf } from './failure.ts';
import { UsageError } from './option-values.ts';

/** By the XDG Base Directory Specification, which has relative paths ignored. */
export function stateFolderDefault(): string {
  const base = process.env['XDG_STATE_HOME'] ?? '';
  return join(isAbsolute(base) ? base : join(homedir(), '.local/state'), 's3lect');
}

/**
 * Opens the state. `served`: the folder whose buckets it is about where the state folder is the default one, which servers of several
 * folders share, whose buckets may have the same names; null where a state folder was given.
 */
export function openState(folder: string, served: string | null): FolderState {
  const bucketsFolder =
    served === null ? 'buckets' : `buckets-${createHash('sha256').update(realpathOf(served)).digest('hex').slice(0, 16)}`;
  try {
    return FolderState.open({ folder, bucketsFolder });
  } catch (error) {
    throw new PlainError(`cannot use the state folder ${folder}: ${reasonOf(error)}`);
  }
}

/** What a client may write to must not decide who the clients are. Raises `UsageError`. */
export function checkState(state: string, folders: readonly string[]): void {
  for (const folder of folders) {
    const path = relative(realpathOf(folder), realpathOf(state));
    if (path === '' || !(path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path))) {
      throw new UsageError(`--state: ${state} lies in ${folder}, which is served`);
    }
  }
}

/** The path without symbolic links, of which the last parts need not exist. */
function realpathOf(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    return absolute === dirname(absolute) ? absolute : join(realpathOf(dirname(absolute)), basename(absolute));
  }
}
