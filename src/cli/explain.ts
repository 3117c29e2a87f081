/** `s3lect explain`: what a query would do, without doing it. */
import process from 'node:process';
import type { OptionValues } from '../base/options.ts';
import { answerOfFooter, neededGroups } from '../engine/row-groups.ts';
import type { ParquetFooter } from '../formats/parquet/metadata.ts';
import { typedSchemaOf } from '../formats/parquet/schema.ts';
import { compileQuery } from '../sql/compile.ts';
import { explain } from '../sql/explain.ts';
import type { Plan } from '../sql/plan.ts';
import type { Arguments } from './arguments.ts';
import { exit } from './command.ts';
import { configure } from './configuration.ts';
import { describeError } from './failure.ts';
import { schemaOf } from './input-schema.ts';
import { fileBytes, localInput } from './local-input.ts';
import { UsageError } from './option-values.ts';
import { footerOfFile } from './parquet-file.ts';
import { formatBytes } from './progress.ts';
import { inputSerialization } from './query-input.ts';

/** Runs the command to its end and returns the exit code. */
export async function runExplain(args: Arguments): Promise<number> {
  const [sql, path, ...surplus] = args.positionals.slice().reverse();
  if (sql === undefined) throw new UsageError('explain: needs the SQL, and before it the file if there is one');
  if (surplus.length > 0) throw new UsageError('explain: too many arguments; put the SQL in quotes');
  const { values } = configure('explain', args);
  try {
    if (path === '-' || path?.startsWith('s3://') === true) throw new UsageError('explain: reads names from a local file only');
    process.stdout.write(
      path === undefined ? explain(compileQuery(sql, { kind: 'positional', names: null })) : await explainFile(sql, path, values),
    );
    return exit.ok;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    process.stderr.write(describeError(error, sql, process.stderr.columns));
    return exit.failed;
  }
}

async function explainFile(sql: string, path: string, values: OptionValues<'explain'>): Promise<string> {
  const file = localInput(path, 0);
  const serialization = await inputSerialization(values, (bytes) => file.prefix(bytes));
  if (serialization.Parquet === undefined) return explain(compileQuery(sql, await schemaOf(serialization, fileBytes(path))));
  const footer = await footerOfFile(path);
  const plan = compileQuery(sql, typedSchemaOf(footer.schema));
  return explain(plan, plan.empty ? [] : [rowGroupsRead(footer, plan)]);
}

function rowGroupsRead(footer: ParquetFooter, plan: Plan): string {
  const options = { footer, plan, scanRange: null, boundaries: 'shared' } as const;
  if (answerOfFooter(options) !== null) return 'row groups none are read: the footer has the answer';
  const counts = { total: 0, ruled_out: 0 };
  let bytes = 0;
  for (const { chunks } of neededGroups({ ...options, prunes: true, counts })) for (const { pages } of chunks) bytes += pages.bytes;
  const ruledOut = counts.ruled_out === 0 ? '' : `, ${counts.ruled_out} ruled out by statistics`;
  return `row groups ${counts.total - counts.ruled_out} of ${counts.total} are read, ${formatBytes(bytes)}${ruledOut}`;
}
