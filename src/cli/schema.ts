/** `s3lect schema`: what is in a file, as a query would see it. */
import process from 'node:process';
import type { Arguments } from './arguments.ts';
import { exit } from './command.ts';
import { configure } from './configuration.ts';
import { describeError } from './failure.ts';
import { localInput } from './local-input.ts';
import { UsageError } from './option-values.ts';
import { inputSerialization } from './query-input.ts';
import { parquetReport } from './schema-parquet.ts';
import type { Report } from './schema-report.ts';
import { textReport } from './schema-text.ts';
import { Table } from './table.ts';

/** Runs the command to its end and returns the exit code. */
export async function runSchema(args: Arguments): Promise<number> {
  const [path, ...surplus] = args.positionals;
  if (path === undefined) throw new UsageError('schema: needs the file');
  if (surplus.length > 0) throw new UsageError(`schema: too many arguments, from ${JSON.stringify(surplus[0])} on`);
  if (path === '-' || path.startsWith('s3://')) throw new UsageError('schema: looks into local files only');
  const { values } = configure('schema', args);
  try {
    const file = localInput(path, 0);
    const serialization = await inputSerialization(values, (bytes) => file.prefix(bytes));
    const report =
      serialization.Parquet === undefined
        ? await textReport(path, file.total_bytes() ?? 0, serialization)
        : await parquetReport(path, serialization);
    process.stdout.write(values.json ? `${JSON.stringify(report.json, null, 2)}\n` : textOf(report));
    return exit.ok;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    process.stderr.write(describeError(error, '', process.stderr.columns));
    return exit.failed;
  }
}

function textOf({ heading, tables }: Report): string {
  const width = process.stdout.columns ?? Number.POSITIVE_INFINITY;
  const pages = tables.map(({ title, columns, rows }) => {
    const table = new Table(columns, width);
    return `\n${title}\n${rows.length === 0 ? '' : table.page(rows)}${table.end()}`;
  });
  return `${heading.join('\n')}\n${pages.join('')}`;
}
