/** What a command is to the rest of the command line. */
import type { CommandName } from '../base/options.ts';
import type { Arguments } from './arguments.ts';

export interface Command {
  readonly name: string;
  /** The command whose options it takes: itself, but for one that is about another. */
  readonly options: CommandName;
  /** What follows the name, for `--help`. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  /** Runs to the end and returns the exit code. Raises `UsageError` and anything `describeError` words. */
  run(args: Arguments): Promise<number>;
}

export const exit = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** As shells have it for a program ended by Ctrl-C. */
  interrupted: 130,
} as const;
