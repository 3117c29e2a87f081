/** `s3lect explain`: what a query would do, without doing it. */
import process from 'node:process';
import { compileQuery } from '../sql/compile.ts';
import { explain } from '../sql/explain.ts';
import type { Arguments } from './arguments.ts';
import { exit } from './command.ts';
import { configure } from './configuration.ts';
import { describeError } from './failure.ts';
import { fileBytes, localInput } from './local-input.ts';
import { UsageError } from './option-values.ts';
import { inputSerialization } from './query-input.ts';
import { schemaOf } from './schema.ts';

/** Runs the command to its end and returns the exit code. */
export async function runExplain(args: Arguments): Promise<number> {
  const [sql, path, ...surplus] = args.positionals.slice().reverse();
  if (sql === undefined) throw new UsageError('explain: needs the SQL, and before it the file if there is one');
  if (surplus.length > 0) throw new UsageError('explain: too many arguments; put the SQL in quotes');
  const { values } = configure('explain', args);
  try {
    if (path === '-' || path?.startsWith('s3://') === true) throw new UsageError('explain: reads names from a local file only');
    const schema = path === undefined ? { kind: 'positional' as const, names: null } : await fileSchema(path, values);
    process.stdout.write(explain(compileQuery(sql, schema)));
    return exit.ok;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    process.stderr.write(describeError(error, sql, process.stderr.columns));
    return exit.failed;
  }
}

async function fileSchema(path: string, values: Parameters<typeof inputSerialization>[0]): ReturnType<typeof schemaOf> {
  const file = localInput(path, 0);
  return schemaOf(await inputSerialization(values, (bytes) => file.prefix(bytes)), fileBytes(path));
}
