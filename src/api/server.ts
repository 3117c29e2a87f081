/**
 * The HTTP server, on Fastify with its parsers and its routing set aside: an S3 request is known by method, host, raw path and
 * query together, and its body is for the operation to read.
 */
import type { IncomingMessage, Server as NodeServer, RequestListener, ServerResponse } from 'node:http';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { CredentialStore } from '../auth/credentials.ts';
import { MemoryState, type State } from '../auth/state.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Engine } from '../engine/query.ts';
import type { ObjectStore } from '../storage/store.ts';
import { exchange } from './exchange.ts';
import { type Answerer, createHandler } from './handler.ts';

export interface ServerOptions {
  readonly store: ObjectStore;
  readonly engine: Engine;
  /** The root user's. */
  readonly credentials: CredentialStore;
  /** Users and what is kept of buckets; without it, in memory. */
  readonly state?: State | undefined;
  /** The credentials are those everybody knows: only Host names of this machine are served. */
  readonly defaultCredentials: boolean;
  /** Named as the region of every bucket, and demanded of signatures; without it `us-east-1` is named and any accepted. */
  readonly region?: string | undefined;
  /** Host names, beside `localhost`, below which a first label is a bucket: `bucket.s3.example.org`. */
  readonly domains?: readonly string[] | undefined;
  /** Told of faults of ours: errors that no catalogue foresees. */
  readonly onFault?: ((error: unknown, requestId: string) => void) | undefined;
}

export interface Server {
  /** Resolves once connections are accepted. Port 0 takes a free one. Rejects with the system's error. */
  listen(where: { readonly host: string; readonly port: number }): Promise<{ readonly host: string; readonly port: number }>;
  /** Accepts no more connections, lets requests under way end for up to `drain_ms`, then ends them. Leaves engine and store open. */
  close(): Promise<void>;
}

export function createServer(options: ServerOptions): Server {
  const answerer = answererOf(options);
  const servers: NodeServer[] = [];
  const waiting = new WeakSet<IncomingMessage>();
  const connections = new Map<Socket, number>();
  let closing = false;

  const onRequest = ({ raw: req, originalUrl }: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack();
    const { raw: res } = reply;
    const { socket } = req;
    const count = (change: number): number => {
      const requests = (connections.get(socket) ?? 0) + change;
      if (!socket.destroyed) connections.set(socket, requests);
      return requests;
    };
    count(1);
    res.once('close', () => {
      if (count(-1) === 0 && closing) socket.destroySoon();
    });
    void exchange(req, res, {
      handle: answerer.handle,
      target: originalUrl,
      expectsContinue: waiting.has(req),
      isClosing: () => closing,
      onBroken: (error) => {
        if (!(error instanceof SelectError)) options.onFault?.(error, String(res.getHeader('x-amz-request-id') ?? ''));
      },
    });
  };

  const onClientError = (error: Error, socket: Duplex): void => {
    // why: words of ours in the midst of an answer would pass for a part of it.
    if (!socket.writable || connections.get(socket as Socket) !== 0) socket.destroy();
    else answerClientError(socket, answerer.fail(clientError(error), { method: '', rawPath: '' }));
  };

  const app = fastify({
    serverFactory: (listener) => {
      const server = createNodeServer(listener as RequestListener, { waiting, connections, onClientError });
      servers.push(server);
      return server;
    },
    // One route for everything: Fastify would decode paths, and refuse some.
    rewriteUrl: () => '/',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // Every server has a handler already, and Fastify would add its own to one of them.
    clientErrorHandler: () => {},
    frameworkErrors: (_error, request, reply) => onRequest(request, reply),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.route({ method: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH'], url: '/', handler: onRequest });
  app.setNotFoundHandler(onRequest);
  app.setErrorHandler((_error, request, reply) => onRequest(request, reply));

  return {
    async listen({ host, port }) {
      await app.listen({ host, port });
      const address = app.server.address() as AddressInfo;
      return { host: address.address, port: address.port };
    },
    async close() {
      closing = true;
      // why: Node does not count a connection as idle before its first request.
      for (const [socket, requests] of connections) if (requests === 0) socket.destroy();
      const deadline = setTimeout(() => {
        for (const server of servers) server.closeAllConnections();
      }, limits.drain_ms);
      await app.close();
      clearTimeout(deadline);
    },
  };
}

function answererOf({ region, domains = [], ...options }: ServerOptions): Answerer {
  return createHandler({
    ...options,
    state: options.state ?? new MemoryState(),
    region: region ?? 'us-east-1',
    pinnedRegion: region,
    domains: ['localhost', ...domains.map((domain) => domain.toLowerCase())],
    onFault: options.onFault ?? (() => {}),
  });
}

interface Tracking {
  /** Requests whose client waits for `100 Continue`. */
  readonly waiting: WeakSet<IncomingMessage>;
  /** Connections, with the number of their requests under way: more than one when the client does not wait for answers. */
  readonly connections: Map<Socket, number>;
  onClientError(error: Error, socket: Duplex): void;
}

function createNodeServer(listener: RequestListener, { waiting, connections, onClientError }: Tracking): NodeServer {
  const onRequest = (req: IncomingMessage, res: ServerResponse): void => {
    // why: Fastify answers 415 to what it does not like here; the handler reads the raw headers.
    delete req.headers['content-type'];
    listener(req, res);
  };
  const server = http.createServer(
    {
      keepAliveTimeout: limits.keep_alive_ms,
      headersTimeout: limits.request_header_ms,
      // Uploads may take as long as they go on; the socket's own timeout ends those that do not.
      requestTimeout: 0,
      connectionsCheckingInterval: 5000,
      maxHeaderSize: limits.header_bytes_max,
      // A request without Host is refused by its signature, in XML.
      requireHostHeader: false,
    },
    onRequest,
  );
  server.timeout = limits.socket_idle_ms;
  server.on('connection', (socket: Socket) => {
    connections.set(socket, 0);
    socket.once('close', () => connections.delete(socket));
  });
  // why: with a listener, Node leaves it to the handler whether the client may send the body.
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    waiting.add(req);
    onRequest(req, res);
  });
  server.on('checkExpectation', onRequest);
  server.on('clientError', onClientError);
  return server;
}

/** What Node could not read as a request. */
function clientError({ code }: Error & { code?: string }): SelectError {
  if (code === 'HPE_HEADER_OVERFLOW') return new SelectError('RequestHeaderSectionTooLarge', { bytes_max: limits.header_bytes_max });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new SelectError('RequestTimeout');
  return new SelectError('InvalidRequest', { reason: 'it is not HTTP' });
}

function answerClientError(socket: Duplex, { status, headers, body }: ReturnType<ReturnType<typeof createHandler>['fail']>): void {
  const lines = Object.entries({ ...headers, date: new Date().toUTCString(), connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const head = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n`;
  socket.end(Buffer.concat([Buffer.from(head, 'latin1'), body instanceof Uint8Array ? body : Buffer.alloc(0)]));
}
