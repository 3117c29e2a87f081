/** A running server for tests, an SDK client of it, and requests byte by byte. */
import { createHash } from 'node:crypto';
import net from 'node:net';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { createServer, type Server, type ServerOptions } from '../../src/api/server.ts';
import { staticCredentials } from '../../src/auth/credentials.ts';
import { signHeaders } from '../../src/auth/sign.ts';
import type { Engine } from '../../src/engine/query.ts';
import { MemoryStore } from '../../src/storage/memory.ts';
import type { ObjectStore } from '../../src/storage/store.ts';

export const accessKey = 'test-access';
export const secretKey = 'test-secret';

export interface Served {
  readonly port: number;
  readonly store: ObjectStore;
  readonly client: S3Client;
  /** Errors told as faults of ours. */
  readonly faults: unknown[];
  readonly server: Server;
  newClient(config?: S3ClientConfig): S3Client;
}

interface Scope {
  teardown(run: () => unknown): void;
}

/** Serves on a free port until the end of the test. Without `engine` everything but queries works. */
export async function serve(t: Scope, options: Partial<ServerOptions> = {}): Promise<Served> {
  const store = options.store ?? new MemoryStore();
  const faults: unknown[] = [];
  const server = createServer({
    engine: undefined as unknown as Engine,
    credentials: staticCredentials([{ accessKey, secretKey }]),
    defaultCredentials: true,
    onFault: (error) => faults.push(error),
    ...options,
    store,
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const clients: S3Client[] = [];
  const newClient = (config: S3ClientConfig = {}): S3Client => {
    const client = new S3Client({
      endpoint: `http://127.0.0.1:${port}`,
      forcePathStyle: true,
      region: 'us-east-1',
      credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
      maxAttempts: 1,
      ...config,
    });
    clients.push(client);
    return client;
  };
  t.teardown(async () => {
    for (const client of clients) client.destroy();
    await server.close();
  });
  return { port, store, client: newClient(), faults, server, newClient };
}

export interface RawRequest {
  readonly method?: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly host?: string;
  /** Signed with another secret. */
  readonly secret?: string;
  /** What to say of the body in place of its hash. */
  readonly payload?: string;
  /** `null` leaves the request unsigned. */
  readonly sign?: null;
}

/** Head and body of a request, signed. */
export function rawRequest({ method = 'GET', target, headers = {}, body = '', host = 'localhost', secret, payload, sign }: RawRequest): {
  head: string;
  body: Buffer;
} {
  const bytes = Buffer.from(body);
  const [rawPath = '', rawQuery = ''] = target.split('?', 2);
  const unsigned = { host, ...headers };
  const all =
    sign === null
      ? unsigned
      : signHeaders(
          { method, rawPath, rawQuery, headers: unsigned, credentials: { accessKey, secretKey: secret ?? secretKey }, region: 'us-east-1' },
          payload ?? createHash('sha256').update(bytes).digest('hex'),
        );
  const length =
    method === 'GET' || method === 'HEAD' || 'transfer-encoding' in headers || 'content-length' in headers
      ? {}
      : { 'content-length': String(bytes.length) };
  const lines = Object.entries({ ...all, ...length }).map(([name, value]) => `${name}: ${value}\r\n`);
  return { head: `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, body: bytes };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** The data of each HTTP chunk, of a chunked answer. */
  readonly chunks: readonly Buffer[];
  /** The answer is as long as it said. */
  readonly complete: boolean;
}

/** A plain socket to the server. */
export class RawConnection {
  readonly socket: net.Socket;
  closed = false;
  /** Grown by doubling: large answers come in many pieces. */
  #memory = Buffer.alloc(64 * 1024);
  #received = this.#memory.subarray(0, 0);
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = net.connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('data', (bytes) => {
      this.#take(bytes);
      this.#wake();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  send(request: RawRequest): void {
    const { head, body } = rawRequest(request);
    this.socket.write(head, 'latin1');
    if (body.length > 0) this.socket.write(body);
  }

  /** Waits until `found` says so of all bytes received, or for the end. */
  async until(found: (received: Buffer) => boolean, wait_ms = 10_000): Promise<Buffer> {
    const end_ms = Date.now() + wait_ms;
    while (!this.closed && !found(this.#received)) {
      const left_ms = end_ms - Date.now();
      if (left_ms <= 0) throw new Error(`nothing came of ${JSON.stringify(this.#received.toString('latin1').slice(0, 300))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left_ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#received;
  }

  /** The next answer, taken off the connection. `head`: to a HEAD request. */
  async answer(head = false): Promise<RawAnswer> {
    let parsed: { answer: RawAnswer; length: number } | null = null;
    await this.until((received) => {
      parsed = parse(received, head, false);
      return parsed !== null;
    });
    parsed ??= parse(this.#received, head, true);
    if (parsed === null) throw new Error('the connection was closed without an answer');
    const { answer, length } = parsed as { answer: RawAnswer; length: number };
    const rest = this.#received.subarray(length);
    this.#memory = Buffer.alloc(64 * 1024);
    this.#received = this.#memory.subarray(0, 0);
    this.#take(rest);
    return answer;
  }

  #take(bytes: Buffer): void {
    const length = this.#received.length + bytes.length;
    if (length > this.#memory.length) {
      this.#memory = Buffer.alloc(2 * length);
      this.#memory.set(this.#received);
    }
    this.#memory.set(bytes, this.#received.length);
    this.#received = this.#memory.subarray(0, length);
  }

  async ended(wait_ms = 5000): Promise<Buffer> {
    return this.until(() => false, wait_ms);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** One request on a connection of its own. */
export async function ask(port: number, request: RawRequest): Promise<RawAnswer> {
  const connection = new RawConnection(port);
  try {
    connection.send(request);
    return await connection.answer(request.method === 'HEAD');
  } finally {
    connection.close();
  }
}

/** The error code in an S3 error document. */
export function errorCode(answer: Pick<RawAnswer, 'body'>): string | undefined {
  return /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Error><Code>(\w+)<\/Code><Message>[^<]+<\/Message>.*<RequestId>[0-9A-F]{16}<\/RequestId>/s.exec(
    answer.body.toString(),
  )?.[1];
}

/** Name and status of what an SDK command fails with. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return `${name} ${$metadata?.httpStatusCode}`;
  }
}

function parse(received: Buffer, head: boolean, ended: boolean): { answer: RawAnswer; length: number } | null {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const [first = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n');
  const status = Number(first.split(' ')[1]);
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const start = headEnd + 4;
  const make = (body: Buffer, chunks: Buffer[], complete: boolean, length: number): { answer: RawAnswer; length: number } => ({
    answer: { status, headers, body, chunks, complete },
    length,
  });
  if (head || status === 204 || status === 304 || status < 200) return make(Buffer.alloc(0), [], true, start);
  if (headers.get('transfer-encoding') !== 'chunked') {
    const size = Number(headers.get('content-length') ?? 0);
    const body = received.subarray(start, start + size);
    return body.length === size || ended ? make(body, [], body.length === size, start + body.length) : null;
  }
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = received.indexOf('\r\n', at);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(received.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (Number.isNaN(size) || next > received.length) return ended ? make(Buffer.concat(chunks), chunks, false, received.length) : null;
    if (size === 0) return make(Buffer.concat(chunks), chunks, true, next);
    chunks.push(received.subarray(lineEnd + 2, next - 2));
    at = next;
  }
}
