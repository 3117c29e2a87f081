/**
 * The aws-chunked framing of a body: chunks of data, each with its size and (signed forms) its signature, then trailing headers.
 * Source: "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks" of the S3 API reference.
 */
import { createHash, type Hash } from 'node:crypto';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { equalSignatures, scopeText, signatureFor } from './sign.ts';
import type { VerifiedIdentity } from './sigv4.ts';

/** The chain of signatures: each signs a chunk and the signature before it, beginning with the request's own. */
export type SignatureChain = Pick<VerifiedIdentity, 'scope' | 'timestamp' | 'signingKey' | 'seedSignature'>;

/**
 * Finds the data in an aws-chunked body as it arrives. Data are passed on before the signature that covers them is seen: nothing may
 * become of them until `end` has answered.
 */
export class ChunkDecoder {
  readonly #chain: SignatureChain | undefined;
  #place: 'header' | 'data' | 'after data' | 'trailers' = 'header';
  /** Of the line or the trailers under way. */
  #text = '';
  /** Of the chunk under way: what is still to come, what is said to sign it, and what signs it. */
  #left_bytes = 0;
  #signature = '';
  #hash: Hash | undefined;
  /** Of the chunk before. */
  #previous: string;
  /** What further chunks may hold. */
  #rest_bytes: number;

  /**
   * @param chain how chunks are signed; undefined in the unsigned form
   * @param length bytes of data the body may hold; whether it holds so many is for the caller to see
   */
  constructor(chain: SignatureChain | undefined, length: number) {
    this.#chain = chain;
    this.#previous = chain?.seedSignature ?? '';
    this.#rest_bytes = length;
  }

  /**
   * The data in the next bytes of the body, not copied.
   * @throws SelectError IncompleteBody (framing or length wrong), SignatureDoesNotMatch (a chunk), MalformedTrailerError (too long)
   */
  push(bytes: Uint8Array): Uint8Array[] {
    const data: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      if (this.#place === 'data') {
        const piece = bytes.subarray(at, at + this.#left_bytes);
        at += piece.length;
        this.#takeData(piece);
        data.push(piece);
      } else if (this.#place === 'trailers') {
        this.#addText(bytes.subarray(at), limits.chunk_trailer_bytes_max, tooLong);
        break;
      } else {
        const newline = bytes.indexOf(0x0a, at);
        const end = newline < 0 ? bytes.length : newline + 1;
        const bytes_max = this.#place === 'header' ? limits.chunk_header_bytes_max : 0;
        this.#addText(bytes.subarray(at, end), bytes_max + lineEnd.length, () => new SelectError('IncompleteBody'));
        at = end;
        if (newline >= 0) this.#takeLine();
      }
    }
    return data;
  }

  /**
   * The trailing headers, once the body has ended.
   * @throws SelectError IncompleteBody, SignatureDoesNotMatch (the trailers), MalformedTrailerError
   */
  end(): ReadonlyMap<string, string> {
    if (this.#place !== 'trailers') throw new SelectError('IncompleteBody');
    return readTrailers(this.#text, this.#chain, this.#previous);
  }

  #addText(bytes: Uint8Array, bytes_max: number, tooMuch: () => SelectError): void {
    if (this.#text.length + bytes.length > bytes_max) throw tooMuch();
    this.#text += latin1(bytes);
  }

  #takeLine(): void {
    const line = this.#text;
    this.#text = '';
    if (!line.endsWith(lineEnd)) throw new SelectError('IncompleteBody');
    if (this.#place === 'header') this.#beginChunk(line.slice(0, -lineEnd.length));
    else if (line === lineEnd) this.#place = 'header';
    else throw new SelectError('IncompleteBody');
  }

  #beginChunk(header: string): void {
    const { size, signature } = readChunkHeader(header, this.#chain !== undefined);
    if (size > this.#rest_bytes) throw new SelectError('IncompleteBody');
    this.#rest_bytes -= size;
    this.#left_bytes = size;
    this.#signature = signature;
    this.#hash = this.#chain && createHash('sha256');
    this.#place = 'data';
    if (size === 0) this.#endChunk('trailers');
  }

  #takeData(piece: Uint8Array): void {
    this.#hash?.update(piece);
    this.#left_bytes -= piece.length;
    if (this.#left_bytes === 0) this.#endChunk('after data');
  }

  #endChunk(place: 'after data' | 'trailers'): void {
    const chain = this.#chain;
    if (chain !== undefined && this.#hash !== undefined) {
      const text = chunkStringToSign(chain, this.#previous, this.#hash.digest('hex'));
      this.#previous = checkSignature(chain, text, this.#signature);
    }
    this.#place = place;
  }
}

const lineEnd = '\r\n';

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

function tooLong(): SelectError {
  return new SelectError('MalformedTrailerError', { reason: 'it is too long' });
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
