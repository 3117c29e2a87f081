/** Node's HTTP server as S3 clients need it: its time limits, its count of connections, and an S3 error for what is no HTTP. */
import type { IncomingMessage, Server as NodeServer, RequestListener, ServerResponse } from 'node:http';
import http from 'node:http';
import https, { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Connections } from './connections.ts';
import type { ApiResponse } from './http.ts';
import type { BodyPace } from './request-body.ts';

/** How long clients are waited for. */
export interface Patience {
  /** A connection between two requests. */
  readonly keep_alive_ms: number;
  /** The head of a request. */
  readonly request_header_ms: number;
  /** A connection on which nothing moves. */
  readonly socket_idle_ms: number;
  readonly body: BodyPace;
}

export const patienceDefault: Patience = {
  keep_alive_ms: limits.keep_alive_ms,
  request_header_ms: limits.request_header_ms,
  socket_idle_ms: limits.socket_idle_ms,
  body: { idle_ms_max: limits.body_idle_ms_max, grace_ms: limits.body_grace_ms, bytes_per_s_min: limits.body_bytes_per_s_min },
};

/** In PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

export interface NodeServerOptions {
  /** Serve HTTPS. */
  readonly tls: TlsPair | undefined;
  readonly patience: Patience;
  readonly connections_max: number;
  /** Requests whose client waits for `100 Continue`. */
  readonly waiting: WeakSet<IncomingMessage>;
  readonly connections: Connections;
  onClientError(error: Error, socket: Duplex): void;
}

export function createNodeServer(listener: RequestListener, options: NodeServerOptions): NodeServer {
  const { patience, connections_max, waiting, connections } = options;
  const settings = {
    keepAliveTimeout: patience.keep_alive_ms,
    headersTimeout: patience.request_header_ms,
    // Uploads may take as long as they go on: the pace of their bodies is watched where they are read.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(5000, patience.request_header_ms / 4),
    maxHeaderSize: limits.header_bytes_max,
    // A request without Host is refused by its signature, in XML.
    requireHostHeader: false,
  };
  const server =
    options.tls === undefined
      ? http.createServer(settings, listener)
      : https.createServer({ ...settings, ...options.tls, handshakeTimeout: limits.tls_handshake_ms }, listener);
  server.timeout = patience.socket_idle_ms;
  server.maxConnections = connections_max;
  trackConnections(server, connections);
  // why: with a listener, Node leaves it to the handler whether the client may send the body.
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    waiting.add(req);
    listener(req, res);
  });
  server.on('checkExpectation', listener);
  server.on('clientError', options.onClientError);
  return server;
}

/** The socket of a request over TLS is another than that of its connection, which counts until the handshake is done. */
function trackConnections(server: NodeServer, connections: Connections): void {
  const handshakes = new Map<string, Socket>();
  const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    connections.opened(socket);
    if (!(server instanceof HttpsServer)) return;
    const name = nameOf(socket);
    handshakes.set(name, socket);
    socket.once('close', () => handshakes.delete(name));
  });
  server.on('secureConnection', (socket: Socket) => {
    const name = nameOf(socket);
    const plain = handshakes.get(name);
    if (plain !== undefined) connections.forget(plain);
    handshakes.delete(name);
    connections.opened(socket);
  });
}

/** What Node could not read as a request. */
export function clientError({ code }: Error & { code?: string }): SelectError {
  if (code === 'HPE_HEADER_OVERFLOW') return new SelectError('RequestHeaderSectionTooLarge', { bytes_max: limits.header_bytes_max });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new SelectError('RequestTimeout');
  return new SelectError('InvalidRequest', { reason: 'it is not HTTP' });
}

export function answerClientError(socket: Duplex, { status, headers, body }: ApiResponse): void {
  const lines = Object.entries({ ...headers, date: new Date().toUTCString(), connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const head = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n`;
  socket.end(Buffer.concat([Buffer.from(head, 'latin1'), body instanceof Uint8Array ? body : Buffer.alloc(0)]));
}
