/** What a thread that keeps streams is asked, and what it answers. Plain data. */

export interface StreamTask {
  /** Names the stream; no two that are open have the same. */
  readonly stream: number;
  readonly first: boolean;
  /** More of the compressed bytes; null to go on with those given before. */
  readonly bytes: Uint8Array | null;
  /** Nothing more is wanted of the stream. */
  readonly close: boolean;
}

export interface StreamResult {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** There is more text to be had of the bytes given. */
  readonly more: boolean;
  /** The bytes given end where a frame does. */
  readonly complete: boolean;
  /** The number libzstd gives what is wrong behind `bytes`; null where nothing is. */
  readonly failure: number | null;
}

/** Compressed bytes of one task at most. */
export const stream_task_bytes_max = 256 * 1024;
