/**
 * Verifies a request's body while it flows: the declared SHA-256, the signatures of its chunks, its length and its checksums.
 * Nothing may become visible of the data before all pieces are taken without an error.
 */
import { assert } from '../base/assert.ts';
import { SelectError } from '../base/errors.ts';
import { deliverAll, type Pieces, type TakePiece } from '../base/pieces.ts';
import type { Checksum, ChecksumAlgorithm } from './checksum.ts';
import { createDigest, isChecksumAlgorithm } from './checksum.ts';
import type { SignatureChain } from './chunked.ts';
import { ChunkDecoder } from './chunked.ts';
import type { PayloadDeclaration } from './sigv4.ts';

export interface DecodedBody extends Pieces {
  deliver(take: TakePiece): Promise<void>;
  /** Bytes of data the client declared, if it did; enforced. */
  readonly length: number | undefined;
  /** What came as x-amz-checksum-*, in a header or as a trailer; verified once all pieces are taken, and undefined before. */
  readonly checksum: Checksum | undefined;
  /** The digests of the data that verify it. */
  readonly verifies: readonly ChecksumAlgorithm[];
  /**
   * Called before a piece is taken by one who forms these digests himself, out of the pieces: `form` is asked for them, in base64, when all
   * pieces are given.
   */
  digestsFrom(form: FormDigests): void;
  /** Nobody else has the memory of a piece. */
  readonly givesMemory: boolean;
}

/**
 * The body's data, without framing, to be taken once. Headers are checked at once, so errors in them precede the reading of the body.
 * @param headers lower-case names
 * @throws SelectError at once: MissingContentLength, InvalidDigest, InvalidRequest, NotImplemented; with the pieces: IncompleteBody,
 * XAmzContentSHA256Mismatch, BadDigest, SignatureDoesNotMatch, MalformedTrailerError
 */
export function decodeBody(source: Pieces, identity: Signed, headers: Readonly<Record<string, string | undefined>>): DecodedBody {
  return new VerifiedBody(source, identity, headers);
}

class VerifiedBody implements DecodedBody {
  readonly length: number | undefined;
  readonly verifies: readonly ChecksumAlgorithm[];
  // Of framed data the pieces lie in the memory of the frames.
  readonly givesMemory: boolean;
  readonly #source: Pieces;
  readonly #identity: Signed;
  readonly #declared: Declared | undefined;
  readonly #checks: readonly Check[];
  #form: FormDigests | undefined;
  #checksum: Checksum | undefined;

  constructor(source: Pieces, identity: Signed, headers: Readonly<Record<string, string | undefined>>) {
    const { payload } = identity;
    this.length = readLength(payload, headers);
    this.givesMemory = payload.kind !== 'streaming';
    this.#source = source;
    this.#identity = identity;
    this.#declared = readDeclared(payload, headers);
    this.#checks = headerChecks(payload, headers, this.#declared);
    this.verifies = [...new Set(this.#checks.map(({ algorithm }) => algorithm))];
  }

  get checksum(): Checksum | undefined {
    return this.#checksum;
  }

  digestsFrom(form: FormDigests): void {
    this.#form = form;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const { take, end } = this.#verification();
    for await (const piece of this.#source) yield* take(piece);
    await end();
  }

  async deliver(take: TakePiece): Promise<void> {
    const verification = this.#verification();
    await deliverAll(this.#source, (piece) => inTurn(verification.take(piece), take));
    await verification.end();
  }

  /** `take` answers the data in a piece of the body, `end` raises what is wrong with all of them. */
  #verification(): { take(piece: Uint8Array): readonly Uint8Array[]; end(): Promise<void> } {
    const { length } = this;
    const { payload } = this.#identity;
    const chunks =
      payload.kind === 'streaming' ? new ChunkDecoder(payload.signed ? chainOf(this.#identity) : undefined, length ?? 0) : undefined;
    const form = this.#form;
    const digests = form === undefined ? this.verifies.map((algorithm) => [algorithm, createDigest(algorithm)] as const) : [];
    let bytes = 0;
    return {
      take: (piece) => {
        const data = chunks === undefined ? [piece] : chunks.push(piece);
        for (const part of data) {
          bytes += part.length;
          for (const [, digest] of digests) digest.update(part);
        }
        if (length !== undefined && bytes > length) throw new SelectError('IncompleteBody');
        return data;
      },
      end: async () => {
        const trailers = chunks?.end() ?? new Map<string, string>();
        if (length !== undefined && bytes !== length) throw new SelectError('IncompleteBody');
        await this.#check(
          trailers,
          form ?? (async () => new Map(digests.map(([name, digest]) => [name, digest.digest().toString('base64')]))),
        );
      },
    };
  }

  async #check(trailers: ReadonlyMap<string, string>, form: FormDigests): Promise<void> {
    const declared = this.#declared;
    const base64 = readTrailer(trailers, declared) ?? declared?.base64;
    const values = await form();
    for (const { algorithm, expected, error } of this.#checks) if (values.get(algorithm) !== (expected ?? base64)) throw error();
    if (declared !== undefined && base64 !== undefined) this.#checksum = { algorithm: declared.algorithm, base64 };
  }
}

type FormDigests = () => Promise<ReadonlyMap<ChecksumAlgorithm, string>>;

/** Gives pieces to `take`, one after the other. */
function inTurn(pieces: readonly Uint8Array[], take: TakePiece): void | Promise<void> {
  let busy: Promise<void> | undefined;
  for (const piece of pieces) busy = (busy === undefined ? take(piece) : busy.then(() => take(piece))) ?? undefined;
  return busy;
}

/** What was declared by no Signature Version 4 is in no signed chunks. */
function chainOf({ scope, timestamp, signingKey, seedSignature }: Partial<SignatureChain>): SignatureChain {
  assert(scope !== undefined && timestamp !== undefined && signingKey !== undefined && seedSignature !== undefined, 'chunks have a seed');
  return { scope, timestamp, signingKey, seedSignature };
}

/** What a signature says of the body, and where it is signed in chunks, what their signatures go on from. */
type Signed = Partial<SignatureChain> & { readonly payload: PayloadDeclaration };

/** A checksum that was announced: with its value, or without if it comes as a trailer. */
interface Declared {
  readonly name: string;
  readonly algorithm: ChecksumAlgorithm;
  readonly base64: string | undefined;
}

interface Check {
  readonly algorithm: ChecksumAlgorithm;
  /** In base64; undefined for the one that a trailer will tell. */
  readonly expected: string | undefined;
  error(): SelectError;
}

function readLength(payload: PayloadDeclaration, headers: Readonly<Record<string, string | undefined>>): number | undefined {
  const name = payload.kind === 'streaming' ? 'x-amz-decoded-content-length' : 'content-length';
  const text = headers[name];
  if (text === undefined) {
    if (payload.kind === 'streaming') throw new SelectError('MissingContentLength');
    return undefined;
  }
  if (!/^\d{1,15}$/.test(text)) throw new SelectError('InvalidRequest', { reason: `the value of ${name} is not a number of bytes` });
  return Number(text);
}

const prefix = 'x-amz-checksum-';
/** Headers that begin like a checksum and are none. */
const notChecksums = new Set(['algorithm', 'mode', 'type'].map((word) => prefix + word));

function readDeclared(payload: PayloadDeclaration, headers: Readonly<Record<string, string | undefined>>): Declared | undefined {
  const inHeaders = Object.keys(headers).filter((name) => name.startsWith(prefix) && !notChecksums.has(name));
  const inTrailers = (headers['x-amz-trailer'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const [name, second] = [...inHeaders, ...inTrailers];
  if (name === undefined) return undefined;
  if (second !== undefined) {
    throw new SelectError('InvalidRequest', {
      reason: 'expecting a single x-amz-checksum- header. Multiple checksum types are not allowed',
    });
  }
  const algorithm = name.slice(prefix.length);
  if (!name.startsWith(prefix) || notChecksums.has(name)) {
    throw new SelectError('InvalidRequest', { reason: 'the value specified in the x-amz-trailer header is not supported' });
  }
  if (!isChecksumAlgorithm(algorithm)) throw new SelectError('NotImplemented', { reason: name.slice(0, 64) });
  if (inTrailers.length > 0 && !(payload.kind === 'streaming' && payload.trailer)) {
    throw new SelectError('InvalidRequest', { reason: 'x-amz-trailer is given, but the body is not of a form with trailers' });
  }
  const wanted = headers['x-amz-sdk-checksum-algorithm'];
  if (wanted !== undefined && wanted.toLowerCase() !== algorithm) {
    throw new SelectError('InvalidRequest', { reason: 'value for x-amz-sdk-checksum-algorithm header is invalid' });
  }
  return { name, algorithm, base64: headers[name] };
}

function headerChecks(
  payload: PayloadDeclaration,
  headers: Readonly<Record<string, string | undefined>>,
  declared: Declared | undefined,
): Check[] {
  const checks: Check[] = [];
  if (payload.kind === 'sha256') {
    const expected = Buffer.from(payload.hex, 'hex').toString('base64');
    checks.push({ algorithm: 'sha256', expected, error: () => new SelectError('XAmzContentSHA256Mismatch') });
  }
  const md5 = headers['content-md5'];
  if (md5 !== undefined) {
    if (!isBase64(md5, 16)) throw new SelectError('InvalidDigest', { checksum: 'Content-MD5' });
    checks.push({ algorithm: 'md5', expected: md5, error: () => new SelectError('BadDigest', { checksum: 'Content-MD5' }) });
  }
  if (declared !== undefined) {
    const { algorithm, base64, name } = declared;
    if (base64 !== undefined && !isBase64(base64, createDigest(algorithm).digest().length))
      throw new SelectError('InvalidRequest', { reason: `value for ${name} header is invalid` });
    const error = (): SelectError => new SelectError('BadDigest', { checksum: algorithm.toUpperCase() });
    checks.push({ algorithm, expected: base64, error });
  }
  return checks;
}

/** The value of the one trailer that was announced, if one was; no other may come. */
function readTrailer(trailers: ReadonlyMap<string, string>, declared: Declared | undefined): string | undefined {
  const announced = declared?.base64 === undefined ? declared?.name : undefined;
  const base64 = announced === undefined ? undefined : trailers.get(announced);
  if (announced !== undefined && base64 === undefined)
    throw new SelectError('MalformedTrailerError', { reason: `${announced} is missing` });
  if (trailers.size > (base64 === undefined ? 0 : 1)) {
    throw new SelectError('MalformedTrailerError', { reason: 'a trailer is not named in x-amz-trailer' });
  }
  return base64;
}

function isBase64(text: string, bytes: number): boolean {
  const decoded = Buffer.from(text, 'base64');
  return decoded.length === bytes && decoded.toString('base64') === text;
}
