/** `s3lect serve`: the composition root. Store, engine and server are made here and end here. */
import { statSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AccessLog, openAccessLog } from '../api/access-log.ts';
import { createServer, type Server } from '../api/server.ts';
import { staticCredentials } from '../auth/credentials.ts';
import type { OptionValues } from '../base/options.ts';
import { Engine } from '../engine/query.ts';
import type { Links } from '../storage/directory.ts';
import { LocalStore } from '../storage/local.ts';
import { checkBucketName } from '../storage/names.ts';
import { settleAll } from '../storage/unsettled.ts';
import type { Arguments } from './arguments.ts';
import { exit } from './command.ts';
import { configure, type RootCredentials, rootCredentials } from './configuration.ts';
import { PlainError, reasonOf } from './failure.ts';
import { findExample, howToQuery } from './how-to-query.ts';
import { type ResolvedOptions, UsageError } from './option-values.ts';
import { programFrom } from './program.ts';
import { createWithSamples } from './samples.ts';
import { checkState, openState, stateFolderDefault } from './state.ts';
import { readTls, type TlsFiles, type TlsPair, tlsFilesOf, watchTls } from './tls.ts';

/** Runs the command to its end and returns the exit code. */
export async function runServe(args: Arguments): Promise<number> {
  const [folder = folderDefault, ...surplus] = args.positionals;
  if (surplus.length > 0) throw new UsageError(`serve: takes one folder; for ${JSON.stringify(surplus[0])} use --bucket NAME=DIR`);
  const options = configure('serve', args);
  const { values } = options;
  const { credentials, buckets, tlsFiles, tls, stateFolder } = checkServing(options, folder);
  const created = createWithSamples(folder);
  const state = openState(stateFolder, values.state === undefined ? folder : null);
  const store = await openStore(folder, buckets, values.followLinks ? 'followed' : 'refused');
  const engine = new Engine({
    workers: values.workers ?? availableParallelism(),
    record_bytes_max: values.recordBytesMax,
    queries_active_max: values.queriesActiveMax,
    queries_queued_max: values.queriesQueuedMax,
    query_deadline_ms: values.queryDeadlineMs,
    scanRangeBoundaries: values.scanRangeBoundaries,
  });
  const log = openLog(values.accessLog);
  const server = createServer({
    store,
    engine,
    credentials: staticCredentials([credentials]),
    state,
    signatureV2: !values.noSignatureV2,
    tls,
    region: values.region,
    strictJson: values.strictJson,
    domains: values.domains,
    defaultCredentials: credentials.published,
    metricsFor: values.metrics,
    connections_max: values.connectionsMax,
    requests_active_max: values.requestsActiveMax,
    requests_per_key_max: values.requestsPerKeyMax,
    drain_ms: values.drainMs,
    onRequest: log?.observe,
    onFault: reportFault,
  });
  const stopped = stopSignal();
  const port = await listen(server, values);
  if (tlsFiles !== null) watchTls(tlsFiles, server.useTls, reportTls);
  // Standard output may be the log's alone.
  const terminal = values.accessLog === 'stdout' ? process.stderr : process.stdout;
  // A server outlives the reader of its first lines.
  terminal.on('error', () => {});
  terminal.write(`s3lect listening on ${urlOf(values, port)}\n\n`);
  terminal.write(
    `${created ? 'Created' : 'Serving'} ${folder}; users and settings are in ${stateFolder}.\n${await instructions({ folder, buckets, store, values, credentials, port })}`,
  );
  await stopped;
  server.announceStop();
  await sleep(values.drainDelayMs);
  await server.close();
  await engine.close();
  // What cannot be settled stays in the logs for the next start.
  await settleAll().catch(() => {});
  await log?.close();
  return exit.ok;
}

/** The folder that is served when none is named. */
export const folderDefault = './data';

/** What a server is started with, but for its folder. */
interface Serving {
  readonly credentials: RootCredentials;
  readonly buckets: Readonly<Record<string, string>>;
  readonly tlsFiles: TlsFiles | null;
  readonly tls: TlsPair | undefined;
  readonly stateFolder: string;
}

/**
 * Whether a server of the folder starts with these options, as far as that can be told without starting one.
 * Raises `UsageError`, and `PlainError` for buckets that are no folders.
 */
export function checkServing(options: ResolvedOptions<'serve'>, folder: string): Serving {
  const { values } = options;
  const credentials = rootCredentials(options);
  if (credentials.published && !isLoopback(values.host)) {
    throw new UsageError(
      `refusing to listen on ${values.host}: the default credentials are published, so with them only this machine is served. ` +
        'Set S3LECT_ROOT_USER and S3LECT_ROOT_PASSWORD, or leave --host at 127.0.0.1',
    );
  }
  const buckets = bucketsOf(values.buckets);
  const tlsFiles = tlsFilesOf(values);
  const tls = tlsFiles === null ? undefined : readTls(tlsFiles);
  const stateFolder = values.state ?? stateFolderDefault();
  checkState(stateFolder, [folder, ...Object.values(buckets)]);
  for (const each of Object.values(buckets)) checkFolder(each);
  return { credentials, buckets, tlsFiles, tls, stateFolder };
}

/** Null where none is wanted. Raises `PlainError`. */
function openLog(where: string): AccessLog | null {
  if (where === 'off') return null;
  try {
    const log = openAccessLog(where, (error) => process.stderr.write(`s3lect: the access log is not whole: ${reasonOf(error)}\n`));
    process.on('SIGHUP', () => log.reopen());
    return log;
  } catch (error) {
    throw new PlainError(`cannot write the access log to ${where}: ${reasonOf(error)}`);
  }
}

/** Addresses that only this machine reaches, as they can be written in `--host`. */
function isLoopback(host: string): boolean {
  return /^localhost$/i.test(host) || (isIPv4(host) && host.startsWith('127.')) || (/^(0*:)*:?0*1$/.test(host) && isIPv6(host));
}

/** `NAME=DIR` by name. Raises `UsageError`. */
function bucketsOf(entries: readonly string[]): Record<string, string> {
  const buckets: Record<string, string> = {};
  for (const entry of entries) {
    const at = entry.indexOf('=');
    const [name, folder] = [entry.slice(0, at), entry.slice(at + 1)];
    if (at < 1 || folder === '') throw new UsageError(`--bucket: ${JSON.stringify(entry)} is not NAME=DIR`);
    if (Object.hasOwn(buckets, name)) throw new UsageError(`--bucket: ${name} is given twice`);
    checkName(name);
    buckets[name] = folder;
  }
  return buckets;
}

function checkName(bucket: string): void {
  try {
    checkBucketName(bucket);
  } catch {
    throw new UsageError(`--bucket: ${JSON.stringify(bucket)} is no name of a bucket: 3 to 63 of a-z, 0-9, "-" and "."`);
  }
}

function checkFolder(folder: string): void {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new PlainError(`cannot serve ${folder}: it is no folder`);
}

async function openStore(root: string, buckets: Readonly<Record<string, string>>, links: Links): Promise<LocalStore> {
  checkFolder(root);
  try {
    return await LocalStore.open({ root, buckets, links });
  } catch (error) {
    throw new PlainError(`cannot serve ${root}: ${reasonOf(error)}`);
  }
}

async function listen(server: Server, values: OptionValues<'serve'>): Promise<number> {
  const { host, port } = values;
  try {
    return (await server.listen({ host, port })).port;
  } catch (error) {
    throw new PlainError(`cannot listen on ${urlOf(values, port)}: ${reasonOf(error)}`);
  }
}

/** Resolves with the first request to end; a second one does not wait. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(exit.failed);
        asked = true;
        resolve();
      });
    }
  });
}

function urlOf({ host, tlsCert }: Pick<OptionValues<'serve'>, 'host' | 'tlsCert'>, port: number): string {
  return `${tlsCert === undefined ? 'http' : 'https'}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

interface Running {
  readonly folder: string;
  readonly buckets: Readonly<Record<string, string>>;
  readonly store: LocalStore;
  readonly values: OptionValues<'serve'>;
  readonly credentials: RootCredentials;
  readonly port: number;
}

async function instructions({ folder, buckets, store, values, credentials, port }: Running): Promise<string> {
  const example = await findExample(store);
  if (example === null) return 'It holds no CSV file yet.\n';
  const { bucket, key } = example;
  // An address that means all of this machine's is none to connect to.
  const host = values.host === '0.0.0.0' ? '127.0.0.1' : values.host === '::' ? '::1' : values.host;
  return howToQuery({
    url: urlOf({ ...values, host }, port),
    region: values.region ?? 'us-east-1',
    example,
    path: join(buckets[bucket] ?? join(folder, bucket), key),
    program: programFrom(process.cwd()),
    credentials: credentials.published ? credentials : null,
  });
}

function reportTls(error: unknown): void {
  process.stderr.write(`s3lect: the certificate stays as it was: ${error instanceof Error ? error.message : String(error)}\n`);
}

function reportFault(error: unknown, requestId: string): void {
  process.stderr.write(
    `s3lect: fault in request ${requestId}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
}
