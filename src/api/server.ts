/**
 * The HTTP server, on Fastify with its parsers and its routing set aside: an S3 request is known by method, host, raw path and
 * query together, and its body is for the operation to read.
 */
import type { IncomingMessage, Server as NodeServer, RequestListener } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { CredentialStore } from '../auth/credentials.ts';
import { MemoryState, type State } from '../auth/state.ts';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Engine } from '../engine/query.ts';
import type { ObjectStore } from '../storage/store.ts';
import { type AdminOptions, createAdmin } from './admin.ts';
import { Connections } from './connections.ts';
import { type ExchangeOptions, exchange } from './exchange.ts';
import { type Answerer, createHandler } from './handler.ts';
import { LoadLimits } from './load-limits.ts';
import { Metrics } from './metrics.ts';
import { answerClientError, clientError, createNodeServer, type Patience, patienceDefault, type TlsPair } from './node-server.ts';
import { newReport, type Observer, type RequestReport } from './report.ts';

export interface ServerOptions {
  readonly store: ObjectStore;
  readonly engine: Engine;
  /** The root user's. */
  readonly credentials: CredentialStore;
  /** Users and what is kept of buckets; without it, in memory. */
  readonly state?: State | undefined;
  /** Signature Version 2 is accepted, which old clients need; true if absent. */
  readonly signatureV2?: boolean | undefined;
  /** Serve HTTPS with this certificate and key, in PEM. */
  readonly tls?: TlsPair | undefined;
  /** The credentials are those everybody knows: only Host names of this machine are served. */
  readonly defaultCredentials: boolean;
  /** Named as the region of every bucket, and demanded of signatures; without it `us-east-1` is named and any accepted. */
  readonly region?: string | undefined;
  /** All of a JSON text that is queried is held to the grammar, not only what the query reads or writes of it. */
  readonly strictJson?: boolean;
  /** Host names, beside `localhost`, below which a first label is a bucket: `bucket.s3.example.org`. */
  readonly domains?: readonly string[] | undefined;
  /** Who may read `/metrics`; this machine if absent. */
  readonly metricsFor?: AdminOptions['metricsFor'] | undefined;
  readonly connections_max?: number | undefined;
  readonly requests_active_max?: number | undefined;
  /** Of one access key; all there may be if absent. */
  readonly requests_per_key_max?: number | undefined;
  /** How long requests may go on when the server is told to stop. */
  readonly drain_ms?: number | undefined;
  readonly patience?: Partial<Patience> | undefined;
  /** Told of every request when it is over. */
  readonly onRequest?: Observer | undefined;
  /** Told of faults of ours: errors that no catalogue foresees. */
  readonly onFault?: ((error: unknown, requestId: string) => void) | undefined;
}

export interface Server {
  /** Resolves once connections are accepted. Port 0 takes a free one. Rejects with the system's error. */
  listen(where: { readonly host: string; readonly port: number }): Promise<{ readonly host: string; readonly port: number }>;
  /** Uses another certificate for connections from here on. Raises what is wrong with it. */
  readonly useTls: (pair: TlsPair) => void;
  /** Has `/health/ready` say no from here on, while everything goes on. */
  announceStop(): void;
  /** Accepts no more connections, lets requests under way end for up to `drain_ms`, then ends them. Leaves engine and store open. */
  close(): Promise<void>;
}

export function createServer(options: ServerOptions): Server {
  const patience = { ...patienceDefault, ...options.patience };
  const servers: NodeServer[] = [];
  const waiting = new WeakSet<IncomingMessage>();
  const connections = new Connections();
  let stopping = false;
  let { tls } = options;
  const { answerer, observe } = assemble(options, {
    connections: () => connections.size,
    isStopping: () => stopping || connections.closing,
  });

  const exchangeOptions: ExchangeOptions = {
    handle: answerer.handle,
    isClosing: () => connections.closing,
    observe,
    pace: patience.body,
    socket_idle_ms: patience.socket_idle_ms,
    onBroken: (error, requestId) => {
      if (!(error instanceof SelectError)) options.onFault?.(error, requestId);
    },
  };

  const onRequest = ({ raw: req, originalUrl }: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack();
    const { raw: res } = reply;
    connections.began(req, res);
    void exchange({ req, res, target: originalUrl, expectsContinue: waiting.has(req) }, exchangeOptions);
  };

  const onClientError = (error: Error, socket: Duplex): void => {
    if (!connections.spoil(socket as Socket)) return;
    const told = clientError(error);
    const answer = answerer.fail(told, { method: '', rawPath: '' });
    answerClientError(socket, answer);
    const { remoteAddress: remote = '' } = socket as Socket;
    observe({ ...newReport({ remote, method: '', userAgent: '' }), status: answer.status, error: told.code });
  };

  const app = createApp(onRequest, (listener) => {
    const connections_max = options.connections_max ?? limits.connections_max;
    const server = createNodeServer(listener, { tls, patience, connections_max, waiting, connections, onClientError });
    servers.push(server);
    return server;
  });

  return {
    async listen({ host, port }) {
      await app.listen({ host, port });
      const address = app.server.address() as AddressInfo;
      return { host: address.address, port: address.port };
    },
    useTls(pair) {
      for (const server of servers) if (server instanceof HttpsServer) server.setSecureContext(pair);
      tls = pair;
    },
    announceStop() {
      stopping = true;
    },
    async close() {
      connections.close();
      const deadline = setTimeout(() => {
        for (const server of servers) server.closeAllConnections();
      }, options.drain_ms ?? limits.drain_ms);
      await app.close();
      clearTimeout(deadline);
    },
  };
}

function createApp(
  onRequest: (request: FastifyRequest, reply: FastifyReply) => void,
  newServer: (listener: RequestListener) => NodeServer,
): FastifyInstance {
  const app = fastify({
    serverFactory: (listener) => newServer(listener as RequestListener),
    // One route for everything: Fastify would decode paths, and refuse some.
    rewriteUrl: () => '/',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // Every server has a handler already, and Fastify would add its own to one of them.
    clientErrorHandler: () => {},
    frameworkErrors: (_error, request, reply) => onRequest(request, reply),
  });
  // why: what comes behind the first hook, parsers that refuse bodies they do not know among it, is not for us.
  app.addHook('onRequest', (request, reply) => onRequest(request, reply));
  app.route({ method: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH'], url: '/', handler: onRequest });
  app.setNotFoundHandler(onRequest);
  app.setErrorHandler((_error, request, reply) => onRequest(request, reply));
  return app;
}

/** What a server is to the parts it is made of. */
interface Own {
  connections(): number;
  isStopping(): boolean;
}

function assemble(
  { region, strictJson = false, domains = [], ...options }: ServerOptions,
  own: Own,
): { answerer: Answerer; observe: Observer } {
  const { requests_active_max = limits.requests_active_max, metricsFor = 'loopback' } = options;
  const loadLimits = new LoadLimits({ requests_active_max, requests_per_key_max: options.requests_per_key_max ?? requests_active_max });
  const metrics = new Metrics(() => ({
    connections: own.connections(),
    requests_active: loadLimits.requests_active,
    ...options.engine.load,
  }));
  const answerer = createHandler({
    ...options,
    state: options.state ?? new MemoryState(),
    signatureV2: options.signatureV2 ?? true,
    region: region ?? 'us-east-1',
    pinnedRegion: region,
    strictJson,
    domains: ['localhost', ...domains.map((domain) => domain.toLowerCase())],
    loadLimits,
    admin: createAdmin({ store: options.store, metrics, metricsFor, isStopping: own.isStopping }),
    onFault: options.onFault ?? (() => {}),
  });
  const observe = (report: RequestReport): void => {
    metrics.observe(report);
    options.onRequest?.(report);
  };
  return { answerer, observe };
}
