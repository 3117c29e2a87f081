/** `s3lect query`: one query over a file, a pipe or an object on a server, answered on standard output. */
import process from 'node:process';
import type { OptionValues } from '../base/options.ts';
import type { Arguments } from './arguments.ts';
import { exit } from './command.ts';
import { configure } from './configuration.ts';
import { describeError } from './failure.ts';
import { localInput } from './local-input.ts';
import { UsageError } from './option-values.ts';
import { type AnswerWriter, answerWriter, ClosedPipe, type OutputKind, PacedWriter, serializationOf } from './output.ts';
import { formatBytes, formatSpeed, Progress } from './progress.ts';
import { type Answer, inputSerialization, type QueryInput, scanRangeOf } from './query-input.ts';

class Interrupted extends Error {}

/** A query that does not stop by itself this long after Ctrl-C is left behind. */
const interrupt_ms = 80;

/** Runs the command to its end and returns the exit code. */
export async function runQuery(args: Arguments): Promise<number> {
  const [target, sql, ...surplus] = args.positionals;
  if (target === undefined || sql === undefined) throw new UsageError('query: needs FILE, s3://BUCKET/KEY or - and the SQL');
  if (surplus.length > 0) throw new UsageError(`query: too many arguments, from ${JSON.stringify(surplus[0])} on; put the SQL in quotes`);
  const { values } = configure('query', args);
  const kind = values.output ?? (process.stdout.isTTY ? 'table' : 'csv');
  const scanRange = scanRangeOf(values.scanRange);
  const controller = new AbortController();
  const writer = new PacedWriter(process.stdout);
  const run = { values, kind, sql, writer, controller, scanRange };
  writer.onClosed = () => controller.abort(new ClosedPipe());
  const interrupt = (): void => {
    controller.abort(new Interrupted());
    setTimeout(() => process.exit(exit.interrupted), interrupt_ms);
  };
  process.once('SIGINT', interrupt);
  try {
    await answerQuery(await inputOf(target, values), run);
    return exit.ok;
  } catch (error) {
    if (error instanceof ClosedPipe) return exit.ok;
    if (error instanceof Interrupted || controller.signal.reason instanceof Interrupted) return exit.interrupted;
    if (error instanceof UsageError) throw error;
    process.stderr.write(describeError(error, sql, process.stderr.columns));
    return exit.failed;
  } finally {
    process.removeListener('SIGINT', interrupt);
  }
}

interface Run {
  readonly values: OptionValues<'query'>;
  readonly kind: OutputKind;
  readonly sql: string;
  readonly writer: PacedWriter;
  readonly controller: AbortController;
  readonly scanRange: ReturnType<typeof scanRangeOf>;
}

async function inputOf(target: string, values: OptionValues<'query'>): Promise<QueryInput> {
  if (!target.startsWith('s3://')) return localInput(target, values.workers);
  if (values.strictJson) throw new UsageError('--strict-json: whether all of a JSON text is validated is for the server to say');
  const { remoteInput } = await import('./remote.ts');
  return remoteInput(target, values);
}

async function answerQuery(input: QueryInput, { values, kind, sql, writer, controller: { signal }, scanRange }: Run): Promise<void> {
  const started = performance.now();
  const { strictJson } = values;
  const request = { expression: sql, output: serializationOf(kind), scanRange, strictJson, signal };
  const serialization = await interruptible(
    signal,
    inputSerialization(values, (bytes) => input.prefix(bytes)),
  );
  const answer = await interruptible(signal, input.run({ ...request, input: serialization }));
  const width = process.stdout.columns ?? (Number(process.env['COLUMNS']) || Number.POSITIVE_INFINITY);
  const out = answerWriter(writer, { kind, header: !values.noHeaderOut, width, columns: answer.columns });
  const progress = process.stderr.isTTY ? new Progress(process.stderr, () => progressOf(input, answer, out)) : null;
  if (progress !== null && process.stdout.isTTY) writer.beforeWrite = () => progress.clear();
  try {
    for await (const block of answer.blocks) await out.block(block);
    progress?.stop();
    await out.end();
  } finally {
    progress?.stop();
  }
  if (values.stats) process.stderr.write(statsLine(answer, out, (performance.now() - started) / 1000));
}

/** Settles with the work, or with the signal's reason where that comes first: a pipe may never say anything. */
function interruptible<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

function progressOf(input: QueryInput, { stats }: Answer, out: AnswerWriter) {
  return { scanned_bytes: stats.scanned_bytes, total_bytes: input.total_bytes(), rows: stats.rows ?? out.rows };
}

function rowGroupsText({ total, ruled_out }: NonNullable<Answer['stats']['row_groups']>): string {
  return `read ${total - ruled_out} of ${total} row ${total === 1 ? 'group' : 'groups'}`;
}

function statsLine({ stats }: Answer, out: AnswerWriter, seconds: number): string {
  const { scanned_bytes, processed_bytes, returned_bytes } = stats;
  const rows = stats.rows ?? out.rows;
  const parts = [
    `scanned ${formatBytes(scanned_bytes)}`,
    ...(processed_bytes === scanned_bytes ? [] : [`processed ${formatBytes(processed_bytes)}`]),
    `returned ${formatBytes(returned_bytes)}`,
    ...(stats.row_groups === null ? [] : [rowGroupsText(stats.row_groups)]),
    ...(rows === null ? [] : [`${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`]),
    `${seconds.toFixed(3)} s`,
    formatSpeed(processed_bytes, seconds),
  ];
  return `${parts.join(', ')}\n`;
}
