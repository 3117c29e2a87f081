/** What an entry of the option table says. */

export type CommandName = 'serve' | 'query' | 'explain' | 'schema' | 'user';

interface OptionBase {
  /** The entry in a `--config` file. */
  readonly name: string;
  /** Empty: no flag, because the command line of a process can be read by others. */
  readonly flag: string;
  /** Environment variables; the first that is set (an empty one is not) counts. */
  readonly env: readonly string[];
  /** What stands for the value in `--help`. */
  readonly placeholder?: string;
  readonly doc: string;
  readonly commands: readonly CommandName[];
  /** The value is never shown, not even in an error. */
  readonly secret?: true;
}

export type OptionEntry = OptionBase &
  (
    | { readonly type: 'string'; readonly default: string | undefined; readonly choices?: readonly string[] }
    | { readonly type: 'integer'; readonly default: number | undefined; readonly min: number; readonly max: number }
    | { readonly type: 'boolean'; readonly default: false }
    /** A flag may be repeated; an environment variable holds the values separated by commas; a file an array. */
    | { readonly type: 'list'; readonly default: readonly string[] }
  );
