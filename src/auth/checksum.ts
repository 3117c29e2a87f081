/** The checksums a client may send for a body, as x-amz-checksum-* headers or trailers. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c, crc64nvme } from './crc.ts';

/** A checksum in progress; `digest` ends it. CRCs are given in big-endian order, as S3 writes them. */
export interface Digest {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

const makers = {
  crc32: () => crc((bytes, value: number) => crc32(bytes, value), 0, bigEndian32),
  crc32c: () => crc(crc32c, 0, bigEndian32),
  crc64nvme: () => crc(crc64nvme, { high: 0, low: 0 }, ({ high, low }) => Buffer.concat([bigEndian32(high), bigEndian32(low)])),
  sha1: () => hash('sha1'),
  sha256: () => hash('sha256'),
  sha512: () => hash('sha512'),
  md5: () => hash('md5'),
} as const satisfies Record<string, () => Digest>;

export type ChecksumAlgorithm = keyof typeof makers;

export function isChecksumAlgorithm(name: string): name is ChecksumAlgorithm {
  return Object.hasOwn(makers, name);
}

export function createDigest(algorithm: ChecksumAlgorithm): Digest {
  return makers[algorithm]();
}

function hash(name: string): Digest {
  const state = createHash(name);
  return { update: (bytes) => void state.update(bytes), digest: () => state.digest() };
}

function crc<Value>(step: (bytes: Uint8Array, value: Value) => Value, start: Value, toBytes: (value: Value) => Buffer): Digest {
  let value = start;
  return {
    update: (bytes) => {
      value = step(bytes, value);
    },
    digest: () => toBytes(value),
  };
}

function bigEndian32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
