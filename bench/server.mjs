// s3lect's server as a child process, and signed Select requests for it.
import { createHash, createHmac } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SignatureV4 } from '@smithy/signature-v4';
import { BUCKET, SERVED_DIR, STATE_DIR } from './paths.mjs';
import { peakMemoryBytes, spawnPinned, stop } from './processes.mjs';

export const CREDENTIALS = { accessKeyId: 's3lect', secretAccessKey: 's3lect-secret' };
const START_MS_MAX = 20_000;

/**
 * @typedef {object} Server
 * @property {number} port
 * @property {number} pid
 * @property {() => number} peakBytes peak memory so far
 * @property {() => Promise<void>} close
 */

/**
 * Starts `s3lect serve` on the bench's data, as many workers as CPUs.
 * @param {{ cpus: number[], distDir: string, served?: string, state?: string }} options
 * @returns {Promise<Server>}
 */
export async function startServer({ cpus, distDir, served = SERVED_DIR, state = STATE_DIR }) {
  const args = ['serve', served, '--port', '0', '--workers', String(cpus.length), '--state', state];
  const env = { S3LECT_ROOT_USER: CREDENTIALS.accessKeyId, S3LECT_ROOT_PASSWORD: CREDENTIALS.secretAccessKey };
  const child = spawnPinned(join(distDir, 'src/cli/main.js'), args, { cpus, env });
  const lines = createInterface({ input: child.stdout });
  const port = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the server was not ready after ${START_MS_MAX} ms`)), START_MS_MAX);
    child.once('exit', (code) => reject(new Error(`the server ended (${code}) before it was ready`)));
    lines.on('line', (line) => {
      const match = /listening on http:\/\/[^ ]*:(\d+)/.exec(line);
      if (!match) return;
      clearTimeout(late);
      resolve(Number(match[1]));
    });
  });
  return { port, pid: child.pid, peakBytes: () => peakMemoryBytes(child.pid), close: () => stop(child) };
}

/**
 * A whole HTTP/1.1 SelectObjectContent request, signed, to be sent as it stands any number of times within 15 minutes.
 * @param {import('./queries.mjs').Query} query @param {import('./data.mjs').Dataset} dataset @param {number} port
 * @returns {Promise<Buffer>}
 */
export async function selectRequest(query, dataset, port) {
  const path = `/${BUCKET}/${dataset.key}`;
  return signedRequest({ method: 'POST', port, path, query: { select: '', 'select-type': '2' }, body: selectXml(query, dataset) });
}

/**
 * A whole HTTP/1.1 request, signed.
 * @param {object} options
 * @param {string} options.method
 * @param {number} options.port
 * @param {string} options.path of characters that need no escape
 * @param {Record<string, string>} [options.query]
 * @param {Buffer | string} [options.body]
 * @param {{ accessKeyId: string, secretAccessKey: string }} [options.credentials] ours, if not given
 * @returns {Promise<Buffer>}
 */
export async function signedRequest({ method, port, path, query = {}, body = '', credentials = CREDENTIALS }) {
  const signer = new SignatureV4({ service: 's3', region: 'us-east-1', credentials, sha256: Sha256, uriEscapePath: false });
  const length = Buffer.byteLength(body);
  const { headers } = await signer.sign({
    method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    port,
    path,
    query,
    headers: {
      host: `127.0.0.1:${port}`,
      ...(length === 0 ? {} : { 'content-type': 'application/xml', 'content-length': String(length) }),
      'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
    },
    body,
  });
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const target = search.length === 0 ? path : `${path}?${search.join('&')}`;
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${head.join('')}\r\n`), Buffer.from(body)]);
}

/** @param {import('./queries.mjs').Query} query @param {import('./data.mjs').Dataset} dataset */
function selectXml(query, dataset) {
  const escaped = query.s3lect.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const [[format, options]] = Object.entries(dataset.input);
  const members = Object.entries(options).map(([name, value]) => `<${name}>${String(value).toUpperCase()}</${name}>`);
  return (
    '<?xml version="1.0" encoding="UTF-8"?><SelectObjectContentRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Expression>${escaped}</Expression><ExpressionType>SQL</ExpressionType>` +
    `<InputSerialization><${format}>${members.join('')}</${format}>` +
    `<CompressionType>${dataset.compression}</CompressionType></InputSerialization>` +
    `<OutputSerialization>${query.json ? '<JSON></JSON>' : '<CSV></CSV>'}</OutputSerialization></SelectObjectContentRequest>`
  );
}

/** node:crypto behind the interface that the signer wants. */
class Sha256 {
  #hash;
  constructor(secret) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(data) {
    this.#hash.update(data);
  }
  async digest() {
    return this.#hash.digest();
  }
}
