/** Where the body of an upload goes in the local store: gathered here, written and digested by a writer thread. */
import { type ChecksumAlgorithm, checksumOf } from '../auth/checksum.ts';
import { limits } from '../base/limits.ts';
import type { BodySink, Digests } from './body.ts';
import { withStorageErrors } from './fs-errors.ts';
import type { UploadFile, WriteResult } from './writer-job.ts';
import { type UploadThread, type WriterThread, writerThreadForUpload } from './writers.ts';

export interface FileSinkOptions {
  readonly file: UploadFile;
  readonly algorithms: readonly ChecksumAlgorithm[];
  /** Bytes announced. */
  readonly size: number | undefined;
  /** The memory of pieces is ours. */
  readonly movesPieces: boolean;
}

/** Of a large upload at most one batch waits for the thread while the next is gathered, and one more is under way. */
export class FileSink implements BodySink {
  readonly #options: FileSinkOptions;
  /** Names the upload to its thread. */
  readonly #upload = nextUpload++;
  #thread: WriterThread | undefined;
  #release = (): void => {};
  #pieces: Uint8Array[] = [];
  #gathered_bytes = 0;
  #received_bytes = 0;
  #lastBatch: Promise<WriteResult> | undefined;
  /** Those that failed stay under way: the next piece is to learn of it. */
  #batchesUnderWay = 0;
  #digests: Promise<Digests> | undefined;
  /** Its digests are formed here. */
  #isSmall = false;
  #isOver = false;

  constructor(options: FileSinkOptions) {
    this.#options = options;
    sinksOpen++;
  }

  write(piece: Uint8Array): void | Promise<void> {
    this.#pieces.push(piece);
    this.#gathered_bytes += piece.length;
    this.#received_bytes += piece.length;
    const { size } = this.#options;
    if (this.#received_bytes === size && this.#received_bytes > limits.small_upload_bytes_max) {
      // Its end is in sight: the digests come with the last batch.
      this.#digests ??= this.#formDigests();
    } else if (this.#gathered_bytes >= batchBytes()) {
      const before = this.#batchesUnderWay === 0 ? undefined : this.#lastBatch;
      const batch = this.#send(false);
      if (this.#isSentAhead()) return;
      // Where many uploads wait for the threads, none sends a batch ahead.
      const awaited = batchBytes() < limits.upload_batch_bytes_max ? batch : before;
      return awaited?.then(() => {});
    }
  }

  /** Nothing of it waits for the thread: uploads end one after the other where the next is at hand as a whole. */
  #isSentAhead(): boolean {
    const { size = Number.POSITIVE_INFINITY } = this.#options;
    return size <= Math.min(limits.upload_ahead_bytes_max, limits.upload_batches_bytes / Math.max(1, sinksOpen));
  }

  end(): Promise<Digests> {
    this.#digests ??= this.#formDigests();
    return this.#digests;
  }

  /** Writes what was gathered, also of a small body. */
  async flush(): Promise<void> {
    if (this.#pieces.length > 0) await this.#send(false);
  }

  /** Once it has ended: takes what was written of a file that is to be made, its descriptor, and else the pieces. */
  async takeAll(): Promise<{ readonly fd: number | undefined; readonly pieces: Uint8Array[]; readonly moved: ArrayBuffer[] }> {
    const last = await this.#lastBatch;
    // Its thread may publish it, where that keeps no other upload waiting.
    if (sinksOpen === 1) this.#release();
    return { fd: last?.file?.fd, ...this.#take() };
  }

  #take(): { readonly pieces: Uint8Array[]; readonly moved: ArrayBuffer[] } {
    const pieces = this.#options.movesPieces ? this.#pieces.map(owned) : this.#pieces.map((piece) => new Uint8Array(piece));
    this.#pieces = [];
    this.#gathered_bytes = 0;
    return { pieces, moved: pieces.map(({ buffer }) => buffer as ArrayBuffer) };
  }

  /** Ends it; what the thread still knows of it is given up, unless that is `over`. */
  async close({ isOver }: { readonly isOver: boolean }): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    sinksOpen--;
    this.#release();
    if (isOver || this.#thread === undefined) return;
    const last = await this.#lastBatch?.catch(() => undefined);
    await this.#thread.run({ kind: 'discard', upload: this.#upload, file: last?.file });
  }

  #takeThread(): UploadThread {
    const taken = writerThreadForUpload(sinksOpen);
    this.#thread = taken.thread;
    this.#release = () => {
      this.#release = () => {};
      taken.release();
    };
    return taken;
  }

  #formDigests(): Promise<Digests> {
    const { algorithms } = this.#options;
    this.#isSmall = this.#thread === undefined && this.#received_bytes <= limits.small_upload_bytes_max;
    if (this.#isSmall) return Promise.resolve(new Map(algorithms.map((name) => [name, checksumOf(name, this.#pieces)])));
    const digests = this.#send(true).then((result) => new Map(result.digests));
    // why: it may fail before anybody asks.
    digests.catch(() => {});
    return digests;
  }

  #send(isLast: boolean): Promise<WriteResult> {
    const { file, algorithms } = this.#options;
    const taken = this.#thread === undefined ? this.#takeThread() : undefined;
    const begin = taken && { file, algorithms: this.#isSmall ? [] : algorithms, isAlone: taken.isAlone, uploads: sinksOpen };
    const thread = this.#thread as WriterThread;
    const { pieces, moved } = this.#take();
    const before = this.#lastBatch;
    const batch = withStorageErrors(async () => {
      const written = thread.run({ kind: 'write', upload: this.#upload, begin, pieces, isLast }, moved);
      written.catch(() => {});
      // The first that fails is the one to tell.
      await before;
      return written;
    });
    this.#batchesUnderWay++;
    batch.then(
      () => this.#batchesUnderWay--,
      () => {},
    );
    this.#lastBatch = batch;
    return batch;
  }
}

let nextUpload = 0;
let sinksOpen = 0;

/** Smaller where many uploads are under way. */
function batchBytes(): number {
  const { upload_batches_bytes, upload_batch_bytes_min, upload_batch_bytes_max } = limits;
  return Math.max(upload_batch_bytes_min, Math.min(upload_batch_bytes_max, upload_batches_bytes / Math.max(1, sinksOpen)));
}

/** The piece in memory of its own, in which nothing else lies. */
function owned(piece: Uint8Array): Uint8Array {
  return piece.length === piece.buffer.byteLength && piece.buffer instanceof ArrayBuffer ? piece : new Uint8Array(piece);
}
