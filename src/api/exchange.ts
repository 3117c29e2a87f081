/** One request of Node's HTTP server to the handler, and its answer back: backpressure, disconnection, bodies nobody reads. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { limits } from '../base/limits.ts';
import type { ApiRequest, ApiResponse, Handler } from './http.ts';
import { headersOf } from './http.ts';
import { newReport, type Observer, type RequestReport } from './report.ts';
import { type BodyPace, RequestBody } from './request-body.ts';
import { turnToSend } from './turn.ts';

/** The same for all requests of a server. */
export interface ExchangeOptions {
  readonly handle: Handler;
  /** The server is about to stop: the connection is not kept. */
  isClosing(): boolean;
  /** What broke an answer under way. */
  onBroken(error: unknown, requestId: string): void;
  readonly observe: Observer;
  readonly pace: BodyPace;
  readonly socket_idle_ms: number;
}

/** A request that has come in. */
export interface Incoming {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** `req.url` may have been replaced for routing, so the request target comes beside it. */
  readonly target: string;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/** A request under way. */
interface Exchange extends Incoming {
  readonly options: ExchangeOptions;
  /** To be called when it is over. */
  readonly overs: (() => void)[];
  readonly began_ms: number;
  readonly report: RequestReport;
  readonly leaving: Leaving;
}

const goneError = new Error('the client is gone');

/** That the client leaves before it has its answer. Most requests are over before anybody asks for the signal. */
class Leaving {
  #controller: AbortController | undefined;
  #hasHappened = false;

  get hasHappened(): boolean {
    return this.#hasHappened;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#hasHappened) this.#controller.abort(goneError);
    }
    return this.#controller.signal;
  }

  happened(): void {
    this.#hasHappened = true;
    this.#controller?.abort(goneError);
  }
}

/** Never rejects. */
export async function exchange({ req, res, target, expectsContinue }: Incoming, options: ExchangeOptions): Promise<void> {
  const leaving = new Leaving();
  const report = reportOf(req);
  const running: Exchange = { req, res, target, expectsContinue, options, began_ms: performance.now(), report, leaving, overs: [] };
  res.once('close', () => {
    if (!res.writableFinished) leaving.happened();
    end(running);
  });
  // why: a request cut off is told through the body's iteration or the signal; without a listener it would be thrown.
  req.on('error', () => {});
  let answer: ApiResponse;
  try {
    answer = await options.handle(requestOf(running));
  } catch (error) {
    // Only the client's leaving brings us here, or a fault of the handler itself.
    if (!leaving.hasHappened) options.onBroken(error, report.requestId);
    req.socket.destroy();
    return;
  }
  try {
    await turnToSend();
    await send(running, answer);
  } catch (error) {
    if (!leaving.hasHappened) options.onBroken(error, report.requestId);
    // Neither a clean end, which some clients take for success, nor a loss of what was written before: Node hands that to the
    // socket in a later tick.
    const { socket } = req as { socket: Socket | null };
    setImmediate(() => socket?.destroySoon());
  }
}

function reportOf({ socket, method = '', headers }: IncomingMessage): RequestReport {
  return newReport({ remote: socket.remoteAddress ?? '', method, userAgent: headers['user-agent'] ?? '' });
}

function end({ res, report, began_ms, options, overs }: Exchange): void {
  report.isWhole = res.writableFinished;
  report.duration_ms = performance.now() - began_ms;
  options.observe(report);
  for (const run of overs) run();
}

function requestOf(running: Exchange): ApiRequest {
  const { req, res, target, report, leaving, expectsContinue, overs, options } = running;
  const question = target.indexOf('?');
  return {
    method: report.method,
    rawPath: question < 0 ? target : target.slice(0, question),
    rawQuery: question < 0 ? '' : target.slice(question + 1),
    headers: headersOf(req.rawHeaders),
    body: new RequestBody(req, {
      pace: options.pace,
      onStart: () => {
        if (expectsContinue) res.writeContinue();
      },
      onPiece: (bytes) => {
        report.received_bytes += bytes;
      },
    }),
    remote: report.remote,
    secure: 'encrypted' in req.socket,
    tlsVersion: (req.socket as Partial<TLSSocket>).getProtocol?.()?.replace(/^TLSv/, ''),
    get signal() {
      return leaving.signal;
    },
    report,
    onOver: (run) => {
      if (res.closed) run();
      else overs.push(run);
    },
  };
}

async function send(running: Exchange, { status, headers, body }: ApiResponse): Promise<void> {
  const { req, res, report } = running;
  const unread = unreadBody(running);
  report.status = status;
  // A body that was announced and never called for leaves the connection in a state nobody can know: Node closes it then.
  if (running.options.isClosing() || unread === 'large') headers['connection'] = 'close';
  try {
    res.writeHead(status, headers);
  } catch (error) {
    await discard(body);
    throw error;
  }
  if (body !== null && !(body instanceof Uint8Array)) {
    if (req.method === 'HEAD') await discard(body);
    else await sendPieces(running, body);
    res.end();
  } else {
    sent(running, body?.length ?? 0);
    if (unread === 'large') {
      if (body === null) res.flushHeaders();
      else res.write(body);
      linger(req, res);
      return;
    }
    if (body === null) res.end();
    else res.end(body);
  }
  if (!req.readableEnded && unread !== 'uncalled') req.resume();
}

/** What is left of the request's body, that the connection must be freed of before it can carry the next request. */
function unreadBody({ req, expectsContinue, report }: Exchange): 'none' | 'small' | 'large' | 'uncalled' {
  if (req.complete) return 'none';
  if (expectsContinue && !req.readableDidRead) return 'uncalled';
  const length = req.headers['content-length'];
  const isSmall = length !== undefined && Number(length) <= limits.unread_body_bytes_max;
  // One that came too slowly is not waited for again.
  return isSmall && report.error !== 'RequestTimeout' ? 'small' : 'large';
}

/** Sends pieces as they come: one of `flush_bytes` and more holds until the next is asked for, so it has left before. */
async function sendPieces(running: Exchange, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const { res, leaving } = running;
  const iterator = pieces[Symbol.asyncIterator]();
  let ended = false;
  let flushed = false;
  try {
    for (;;) {
      if (leaving.hasHappened) throw goneError;
      const next = await iterator.next();
      if (next.done === true) {
        ended = true;
        return;
      }
      const piece = next.value;
      sent(running, piece.length);
      if (piece.length === 0) {
        if (!flushed) res.flushHeaders();
        res.socket?.setTimeout(running.options.socket_idle_ms);
      } else if (piece.length >= limits.flush_bytes) {
        await unlessGone(res, (settle) => res.write(piece, settle));
      } else if (!res.write(piece)) {
        await unlessGone(res, (settle) => res.once('drain', settle));
      }
      flushed = true;
    }
  } finally {
    if (!ended) await iterator.return?.();
  }
}

function sent({ report, began_ms }: Exchange, bytes: number): void {
  report.sent_bytes += bytes;
  report.first_byte_ms ??= performance.now() - began_ms;
}

async function discard(body: ApiResponse['body']): Promise<void> {
  if (body !== null && !(body instanceof Uint8Array)) await body[Symbol.asyncIterator]().return?.();
}

/** Resolves once what `begin` starts has settled, or nobody is left to send anything to. */
function unlessGone(res: ServerResponse, begin: (settle: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    if (res.destroyed) return resolve();
    const settle = (): void => {
      res.off('drain', settle);
      res.off('close', settle);
      resolve();
    };
    res.once('close', settle);
    begin(settle);
  });
}

/** Takes the rest of a body for a while before the connection is closed: closed at once, it would be reset, and the answer lost. */
function linger(req: IncomingMessage, res: ServerResponse): void {
  let bytes = 0;
  const end = (): void => {
    clearTimeout(timer);
    req.off('data', count);
    req.off('end', end);
    req.off('close', end);
    res.end();
  };
  const count = (piece: Uint8Array): void => {
    bytes += piece.length;
    if (bytes > 16 * limits.unread_body_bytes_max) end();
  };
  const timer = setTimeout(end, limits.linger_ms);
  req.on('data', count);
  req.once('end', end);
  req.once('close', end);
  req.resume();
}
