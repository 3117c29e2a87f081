/**
 * The aws-chunked framing of a body: chunks of data, each with its size and (signed forms) its signature, then trailing headers.
 * Source: "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks" of the S3 API reference.
 */
import { createHash } from 'node:crypto';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { equalSignatures, scopeText, signatureFor } from './sign.ts';
import type { VerifiedIdentity } from './sigv4.ts';

/** The chain of signatures: each signs a chunk and the signature before it, beginning with the request's own. */
export type SignatureChain = Pick<VerifiedIdentity, 'scope' | 'timestamp' | 'signingKey' | 'seedSignature'>;

/**
 * Yields the data of an aws-chunked body as it arrives, in pieces, and gives the trailing headers to `onTrailers` before it ends.
 * Pieces are passed on before the signature that covers them is seen: nothing may become of the data until iteration has ended.
 * @param chain how chunks are signed; undefined in the unsigned form
 * @param length bytes of data the body may hold; whether it holds so many is for the caller to see
 * @throws SelectError IncompleteBody (framing or length wrong), SignatureDoesNotMatch (a chunk or the trailer), MalformedTrailerError
 */
export async function* decodeChunks(
  source: AsyncIterable<Uint8Array>,
  chain: SignatureChain | undefined,
  length: number,
  onTrailers: (trailers: ReadonlyMap<string, string>) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = new Input(source);
  try {
    let previous = chain?.seedSignature ?? '';
    for (let rest = length; ; ) {
      const { size, signature } = readChunkHeader(await input.line(limits.chunk_header_bytes_max), chain !== undefined);
      if (size > rest) throw new SelectError('IncompleteBody');
      rest -= size;
      const hash = createHash('sha256');
      for (let left = size; left > 0; ) {
        const piece = await input.piece(left);
        if (chain !== undefined) hash.update(piece);
        left -= piece.length;
        yield piece;
      }
      if (chain !== undefined) previous = checkSignature(chain, chunkStringToSign(chain, previous, hash.digest('hex')), signature);
      if (size === 0) break;
      if ((await input.line(0)) !== '') throw new SelectError('IncompleteBody');
    }
    onTrailers(readTrailers(await input.rest(limits.chunk_trailer_bytes_max), chain, previous));
  } finally {
    await input.close();
  }
}

const emptyHash = createHash('sha256').digest('hex');
const trailerSignature = 'x-amz-trailer-signature';

function readChunkHeader(line: string, signed: boolean): { size: number; signature: string } {
  const [digits = '', ...extensions] = line.split(';');
  const size = /^[0-9a-fA-F]{1,16}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw new SelectError('IncompleteBody');
  if (!signed) return { size, signature: '' };
  const name = 'chunk-signature=';
  const signatures = extensions.filter((extension) => extension.startsWith(name));
  if (signatures.length !== 1) throw new SelectError('IncompleteBody');
  return { size, signature: signatures[0]?.slice(name.length) ?? '' };
}

function chunkStringToSign(chain: SignatureChain, previous: string, dataHash: string): string {
  return ['AWS4-HMAC-SHA256-PAYLOAD', chain.timestamp, scopeText(chain.scope), previous, emptyHash, dataHash].join('\n');
}

function trailerStringToSign(chain: SignatureChain, previous: string, trailers: ReadonlyMap<string, string>): string {
  const lines = [...trailers].toSorted(([name1], [name2]) => (name1 < name2 ? -1 : 1)).map(([name, value]) => `${name}:${value}\n`);
  const hash = createHash('sha256').update(lines.join(''), 'latin1').digest('hex');
  return ['AWS4-HMAC-SHA256-TRAILER', chain.timestamp, scopeText(chain.scope), previous, hash].join('\n');
}

function checkSignature(chain: SignatureChain, text: string, provided: string): string {
  const signature = signatureFor(chain.signingKey, text);
  if (!equalSignatures(signature, provided))
    throw new SelectError('SignatureDoesNotMatch', { StringToSign: text, SignatureProvided: provided });
  return signature;
}

/**
 * Everything after the last chunk's header. Where the lines end is read leniently: one SDK ends a trailer with LF and puts an empty
 * line before the signature, others leave the final empty line out. The signature and the declared checksum show what is missing.
 */
function readTrailers(text: string, chain: SignatureChain | undefined, previous: string): ReadonlyMap<string, string> {
  const trailers = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (name === '' || trailers.has(name)) throw new SelectError('MalformedTrailerError', { reason: 'a line is no header or is repeated' });
    trailers.set(name, line.slice(colon + 1).trim());
  }
  const signature = trailers.get(trailerSignature);
  trailers.delete(trailerSignature);
  if (chain !== undefined && (trailers.size > 0 || signature !== undefined)) {
    if (signature === undefined) throw new SelectError('MalformedTrailerError', { reason: `${trailerSignature} is missing` });
    checkSignature(chain, trailerStringToSign(chain, previous, trailers), signature);
  }
  return trailers;
}

/** Takes lines and data out of a stream of pieces; holds one piece, and of a line that several pieces share no more than its limit. */
class Input {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** The text up to the next CR LF, which may be at most `bytes_max` away. */
  async line(bytes_max: number): Promise<string> {
    let text = '';
    for (;;) {
      const newline = this.#piece.indexOf(0x0a);
      const take = newline < 0 ? this.#piece.length : newline + 1;
      if (text.length + take > bytes_max + 2) throw new SelectError('IncompleteBody');
      text += latin1(this.#piece.subarray(0, take));
      this.#piece = this.#piece.subarray(take);
      if (newline >= 0) break;
      if (!(await this.#next())) throw new SelectError('IncompleteBody');
    }
    if (!text.endsWith('\r\n')) throw new SelectError('IncompleteBody');
    return text.slice(0, -2);
  }

  /** At least one and at most `bytes_max` bytes of data, not copied. */
  async piece(bytes_max: number): Promise<Uint8Array> {
    while (this.#piece.length === 0) if (!(await this.#next())) throw new SelectError('IncompleteBody');
    const piece = this.#piece.subarray(0, bytes_max);
    this.#piece = this.#piece.subarray(piece.length);
    return piece;
  }

  /** Whatever follows, to the end of the stream. */
  async rest(bytes_max: number): Promise<string> {
    let text = '';
    do {
      if (text.length + this.#piece.length > bytes_max) throw new SelectError('MalformedTrailerError', { reason: 'it is too long' });
      text += latin1(this.#piece);
    } while (await this.#next());
    return text;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#pieces.next();
    this.#piece = done === true ? new Uint8Array(0) : value;
    return done !== true;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
