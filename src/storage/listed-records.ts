/**
 * What lists say of the files of a directory beside their `stat`, remembered by their places among its names: 39 bytes a file, and no
 * sidecar to be opened by the next list. It is the same for as long as the file is: what changes it makes a new file (`publish.ts`).
 */
import type { FileIdentity } from './file-version.ts';
import { compareUtf8 } from './listing.ts';
import type { ListedObject } from './object.ts';

export type ListedRecord = Pick<ListedObject, 'etag' | 'storageClass' | 'checksum'>;

type Kind = Omit<ListedRecord, 'etag'>;

/** Objects of a directory are of few kinds. Of those that are of others, and of larger ones, nothing is remembered. */
const kinds_max = 63;
const size_max = 2n ** 32n - 1n;

const md5_bytes = 16;

export class ListedRecords {
  readonly #inos: BigUint64Array;
  readonly #mtimesNs: BigInt64Array;
  readonly #sizes: Uint32Array;
  readonly #md5s: Buffer;
  readonly #partCounts: Uint16Array;
  /** One more than the index of a kind; 0 where nothing is remembered. */
  readonly #kindNumbers: Uint8Array;
  readonly #kinds: Kind[];

  /** Room for so many files. */
  constructor(count: number, kinds: Kind[] = []) {
    this.#inos = new BigUint64Array(count);
    this.#mtimesNs = new BigInt64Array(count);
    this.#sizes = new Uint32Array(count);
    this.#md5s = Buffer.alloc(count * md5_bytes);
    this.#partCounts = new Uint16Array(count);
    this.#kindNumbers = new Uint8Array(count);
    this.#kinds = kinds;
  }

  /** What is remembered of the file at a place; undefined of another one. */
  get(at: number, { ino, mtimeNs, size }: FileIdentity): ListedRecord | undefined {
    const kind = this.#kinds[(this.#kindNumbers[at] ?? 0) - 1];
    if (kind === undefined || this.#inos[at] !== ino || this.#mtimesNs[at] !== mtimeNs || this.#sizes[at] !== Number(size))
      return undefined;
    const md5 = this.#md5s.toString('hex', at * md5_bytes, (at + 1) * md5_bytes);
    const partCount = this.#partCounts[at];
    const { storageClass, checksum } = kind;
    return { etag: partCount === 0 ? `"${md5}"` : `"${md5}-${partCount}"`, storageClass, checksum };
  }

  /** `record`: with an ETag of S3's form, which is an MD5 and may have a number of parts. */
  set(at: number, { ino, mtimeNs, size }: FileIdentity, { etag, ...kind }: ListedRecord): void {
    this.#kindNumbers[at] = size <= size_max ? this.#kindNumber(kind) : 0;
    this.#inos[at] = ino;
    this.#mtimesNs[at] = mtimeNs;
    this.#sizes[at] = Number(size);
    this.#md5s.write(etag.slice(1, 1 + 2 * md5_bytes), at * md5_bytes, 'hex');
    this.#partCounts[at] = Number(etag.slice(2 + 2 * md5_bytes, -1));
  }

  /** What is remembered of these names, at their places among others. Both are in order. */
  movedTo(names: readonly string[], from: readonly string[]): ListedRecords {
    const moved = new ListedRecords(names.length, this.#kinds);
    let old = 0;
    for (const [at, name] of names.entries()) {
      while (old < from.length && compareUtf8(from[old] as string, name) < 0) old++;
      if (from[old] === name) moved.#copy(at, this, old++);
    }
    return moved;
  }

  #copy(at: number, from: ListedRecords, place: number): void {
    this.#inos[at] = from.#inos[place] as bigint;
    this.#mtimesNs[at] = from.#mtimesNs[place] as bigint;
    this.#sizes[at] = from.#sizes[place] as number;
    this.#md5s.set(from.#md5s.subarray(place * md5_bytes, (place + 1) * md5_bytes), at * md5_bytes);
    this.#partCounts[at] = from.#partCounts[place] as number;
    this.#kindNumbers[at] = from.#kindNumbers[place] as number;
  }

  #kindNumber(kind: Kind): number {
    const { storageClass, checksum } = kind;
    const isThis = (other: Kind): boolean =>
      other.storageClass === storageClass && other.checksum?.algorithm === checksum?.algorithm && other.checksum?.type === checksum?.type;
    const known = this.#kinds.findIndex(isThis);
    if (known >= 0) return known + 1;
    return this.#kinds.length === kinds_max ? 0 : this.#kinds.push(kind);
  }
}
