// The least HTTP client there is: it sends given bytes over one kept-alive socket and counts what comes back, so that what is
// measured is the server. Only what an S3 server answers a Select with is understood: Content-Length or chunked bodies.
import { createConnection } from 'node:net';

const READ_BYTES = 256 * 1024;

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {number} bytes of the body, without the chunks' own lines
 * @property {number} firstByteMs from sending to the first byte of the body
 * @property {number} ms from sending to its last byte
 */

export class RawClient {
  #socket;
  #pending;
  #parser;

  /** @param {number} port on 127.0.0.1 @returns {Promise<RawClient>} */
  static async connect(port) {
    const client = new RawClient();
    // One buffer for all that is read: new ones for each piece would cost the client more than reading does.
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const callback = (length) => {
      client.#data(buffer.subarray(0, length));
      return true;
    };
    client.#socket = createConnection({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } });
    client.#socket.on('error', (error) => client.#fail(error));
    client.#socket.on('close', () => client.#fail(new Error('the server closed the connection')));
    await new Promise((resolve, reject) => client.#socket.once('connect', resolve).once('error', reject));
    return client;
  }

  /** @param {Buffer} request @param {(bytes: Buffer) => void} [onBody] sees the body's bytes, which hold for the call only @returns {Promise<Answer>} */
  send(request, onBody) {
    return new Promise((resolve, reject) => {
      this.#parser = new ResponseParser(onBody);
      this.#pending = { resolve, reject, sentAt: performance.now(), firstByteMs: 0 };
      this.#socket.write(request);
    });
  }

  /** Stops reading for a while; the server then waits. */
  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  /** Hangs up at once, whatever is still to come. */
  destroy() {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  #data(data) {
    const pending = this.#pending;
    if (!pending) return;
    let done;
    try {
      done = this.#parser.push(data);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (pending.firstByteMs === 0 && this.#parser.bytes > 0) pending.firstByteMs = performance.now() - pending.sentAt;
    if (!done) return;
    this.#pending = undefined;
    const { status, bytes } = this.#parser;
    pending.resolve({ status, bytes, firstByteMs: pending.firstByteMs, ms: performance.now() - pending.sentAt });
  }

  #fail(error) {
    this.#pending?.reject(error);
    this.#pending = undefined;
  }
}

class ResponseParser {
  status = 0;
  bytes = 0;
  #onBody;
  /** Text of a head or of a chunk's line that has not ended yet. */
  #text = '';
  #state = 'head';
  #chunked = false;
  #left = 0;

  constructor(onBody) {
    this.#onBody = onBody;
  }

  /** @param {Buffer} data @returns {boolean} whether the response is complete */
  push(data) {
    let at = 0;
    while (at < data.length) {
      if (this.#state === 'body') {
        const n = Math.min(this.#left, data.length - at);
        this.#onBody?.(data.subarray(at, at + n));
        this.bytes += n;
        this.#left -= n;
        at += n;
        if (this.#left > 0) return false;
        if (!this.#chunked) return true;
        this.#state = 'after-chunk';
      } else {
        const end = data.indexOf(0x0a, at);
        if (end < 0) {
          this.#text += data.latin1Slice(at);
          return false;
        }
        const line = (this.#text + data.latin1Slice(at, end)).trimEnd();
        this.#text = '';
        at = end + 1;
        if (this.#line(line)) return true;
      }
    }
    return false;
  }

  #line(line) {
    if (this.#state === 'head') return this.#headLine(line);
    if (this.#state === 'trailer') return line === '';
    if (this.#state === 'after-chunk') {
      this.#state = 'chunk-size';
      return false;
    }
    this.#left = Number.parseInt(line, 16);
    if (!Number.isInteger(this.#left)) throw new Error(`not a chunk size: ${line}`);
    this.#state = this.#left === 0 ? 'trailer' : 'body';
    return false;
  }

  #headLine(line) {
    if (line === '') {
      this.#state = this.#chunked ? 'chunk-size' : 'body';
      return !this.#chunked && this.#left === 0;
    }
    if (this.status === 0) this.status = Number(line.split(' ')[1]);
    const [name, value] = line.toLowerCase().split(/:\s*/, 2);
    if (name === 'transfer-encoding') this.#chunked = value === 'chunked';
    if (name === 'content-length') this.#left = Number(value);
    return false;
  }
}
