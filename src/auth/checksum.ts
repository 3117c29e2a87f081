/** The checksums a client may send for a body, as x-amz-checksum-* headers or trailers, and those of objects made of parts. */
import { createHash, hash as hashAtOnce } from 'node:crypto';
import { type Crc, type CrcValue, combineCrcs, crcBytes, crcs } from './crc.ts';

/** A checksum in progress; `digest` ends it. CRCs are given in big-endian order, as S3 writes them. */
export interface Digest {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

const makers = {
  crc32: () => crc(crcs.crc32),
  crc32c: () => crc(crcs.crc32c),
  crc64nvme: () => crc(crcs.crc64nvme),
  sha1: () => hash('sha1'),
  sha256: () => hash('sha256'),
  sha512: () => hash('sha512'),
  md5: () => hash('md5'),
} as const satisfies Record<string, () => Digest>;

export type ChecksumAlgorithm = keyof typeof makers;

/** Of a multipart object: of all its bytes, or of the checksums of its parts. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** A checksum that a client sent, or that is kept of a part. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly base64: string;
}

export function isChecksumAlgorithm(name: string): name is ChecksumAlgorithm {
  return Object.hasOwn(makers, name);
}

export function createDigest(algorithm: ChecksumAlgorithm): Digest {
  return makers[algorithm]();
}

/** The checksum of bytes that are all at hand, in base64. */
export function checksumOf(algorithm: ChecksumAlgorithm, pieces: readonly Uint8Array[]): string {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1 && !Object.hasOwn(crcs, algorithm)) return hashAtOnce(algorithm, first, 'base64');
  const digest = createDigest(algorithm);
  for (const piece of pieces) digest.update(piece);
  return digest.digest().toString('base64');
}

/** Whether multipart objects can have checksums of this algorithm and type. */
export function canCombine(algorithm: ChecksumAlgorithm, type: ChecksumType): boolean {
  return type === 'FULL_OBJECT' ? Object.hasOwn(crcs, algorithm) : algorithm !== 'crc64nvme';
}

/** The checksum of an object made of parts, in base64; a composite one with the number of its parts, `-N`. */
export function combineChecksums(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly { readonly base64: string; readonly size: number }[],
): string {
  const digests = parts.map(({ base64, size }) => ({ digest: Buffer.from(base64, 'base64'), size }));
  if (type === 'FULL_OBJECT') return combineCrcs(crcs[algorithm as keyof typeof crcs], digests).toString('base64');
  const digest = createDigest(algorithm);
  for (const part of digests) digest.update(part.digest);
  return `${digest.digest().toString('base64')}-${parts.length}`;
}

function hash(name: string): Digest {
  const state = createHash(name);
  return { update: (bytes) => void state.update(bytes), digest: () => state.digest() };
}

function crc(kind: Crc): Digest {
  let value: CrcValue = 0;
  return {
    update: (bytes) => {
      value = kind.update(bytes, value);
    },
    digest: () => crcBytes(kind, value),
  };
}
