/**
 * `npm run test:clients`: clients nobody here wrote, each against a server of its own. Every one is installed into a temporary folder;
 * one that cannot be had is skipped, and the reason printed. Arguments choose the clients whose name holds one of them.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { buffer } from 'node:stream/consumers';
import { cleanEnv, serve } from '../support/cli.ts';
import { large, tables } from '../support/client-content.ts';
import { awsCli } from './aws-cli.ts';
import { awsSdkV2 } from './aws-sdk-v2.ts';
import { boto3 } from './boto3.ts';
import { clickhouse } from './clickhouse.ts';
import type { ClientTest, Context } from './client.ts';
import { awsGo, minioGo } from './go.ts';
import { Packages } from './install.ts';
import { opendal } from './opendal.ts';
import { polars } from './polars.ts';
import { rclone } from './rclone.ts';
import { restic } from './restic.ts';
import { s3cmd } from './s3cmd.ts';

const clients: readonly ClientTest[] = [awsCli, boto3, s3cmd, rclone, restic, awsSdkV2, minioGo, awsGo, clickhouse, polars, opendal];

const accessKey = 'client-access';
const secretKey = 'client+secret/with=signs';

/** Its own authority. */
const certificate = join(import.meta.dirname, '../../../test/fixtures/tls/first.crt');

const chosen = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 's3lect-clients-'));
const counts = { passed: 0, failed: 0 };
const skipped: string[] = [];
try {
  const files = writeFiles(join(folder, 'files'));
  for (const client of clients.filter(({ name }) => chosen.length === 0 || chosen.some((part) => name.includes(part)))) {
    await tryClient(client, files);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const line of skipped) process.stdout.write(`skipped ${line}\n`);
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
process.exit(counts.failed === 0 ? 0 : 1);

async function tryClient(client: ClientTest, files: string): Promise<void> {
  const packages = new Packages(join(folder, client.name, 'packages'));
  try {
    if (client.debian !== undefined) packages.addDebian(client.debian);
    if (client.npm !== undefined) packages.addNpm(client.npm);
  } catch (error) {
    skipped.push(`${client.name}: it cannot be installed: ${lastLine(error)}`);
    return;
  }
  for (const tls of client.overTls === true ? [false, true] : [false]) await tryServer(client, packages, files, tls);
  rmSync(join(folder, client.name), { recursive: true, force: true });
}

async function tryServer({ run, ...client }: ClientTest, packages: Packages, files: string, tls: boolean): Promise<void> {
  const name = tls ? `${client.name}-tls` : client.name;
  const data = join(folder, name, 'data');
  mkdirSync(data, { recursive: true });
  const state = join(folder, name, 'state');
  const encrypted = tls ? ['--tls-cert', certificate, '--tls-key', certificate.replace(/crt$/, 'key')] : [];
  const server = await serve([data, '--port', '0', '--workers', '1', '--state', state, ...encrypted], {
    S3LECT_ROOT_USER: accessKey,
    S3LECT_ROOT_PASSWORD: secretKey,
  });
  const began = Date.now();
  try {
    await run(contextOf(name, server, packages, files));
    process.stdout.write(`ok ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)\n`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason.startsWith('skip: ')) skipped.push(`${name}: ${reason.slice(6)}`);
    else {
      counts.failed++;
      process.stdout.write(`not ok ${name}: ${reason}\n`);
    }
  } finally {
    server.child.kill('SIGTERM');
    await server.ended;
    if (tls) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function contextOf(name: string, server: { url: string; port: number }, packages: Packages, files: string): Context {
  const home = join(folder, name, 'home');
  mkdirSync(home, { recursive: true });
  const credentials = {
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
  };
  const trusted = server.url.startsWith('https:') ? { AWS_CA_BUNDLE: certificate, SSL_CERT_FILE: certificate } : {};
  return {
    endpoint: server.url,
    port: server.port,
    accessKey,
    secretKey,
    folder: home,
    files,
    env: cleanEnv({
      ...packages.env(),
      ...credentials,
      ...trusted,
      HOME: home,
      AWS_EC2_METADATA_DISABLED: 'true',
      LC_ALL: 'C.UTF-8',
    } as Record<string, string>),
    fetch: fetchTrusting,
    load: (package_) => packages.load(package_),
    resolve: (package_) => packages.resolve(package_),
    check(holds, what) {
      if (!holds) throw new Error(what);
      counts.passed++;
      process.stdout.write(`  ok ${name}: ${what}\n`);
    },
  };
}

function fetchTrusting(link: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const take = (answer: IncomingMessage): void => void buffer(answer).then(resolve, reject);
    const request = link.startsWith('https:') ? https.get(link, { ca: readFileSync(certificate) }, take) : http.get(link, take);
    request.on('error', reject);
  });
}

function writeFiles(path: string): string {
  for (const { key, body } of [...tables, { key: 'large', body: large }]) {
    mkdirSync(dirname(join(path, key)), { recursive: true });
    writeFileSync(join(path, key), body);
  }
  return path;
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: Buffer; message: string };
  return (stderr?.toString() || message).trim().split('\n').at(-1) ?? '';
}
