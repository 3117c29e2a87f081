/** What all threads of ours are started with. */
import process from 'node:process';

/**
 * The part of a `Worker`'s options that says which of Node's own it takes over. All, unless the program stands on the command line: a
 * thread runs a file, which `--input-type` forbids. They are not given one by one, since those of V8 would be refused.
 */
export function threadOptions(): { readonly execArgv?: string[] } {
  return process.execArgv.some((option) => option.startsWith('--input-type')) ? { execArgv: [] } : {};
}
