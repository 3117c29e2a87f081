/** Writing on threads that may wait. */
import fs from 'node:fs';

/** Where the next bytes of a file go. */
export interface FilePosition {
  readonly fd: number;
  position: number;
}

/** Writes all of the pieces, and moves the position behind them. Raises the system's errors. Blocks. */
export function writeFullyNow(file: FilePosition, pieces: readonly Uint8Array[]): void {
  let left = pieces.filter(({ length }) => length > 0);
  while (left.length > 0) {
    let done =
      left.length === 1
        ? fs.writeSync(file.fd, left[0] as Uint8Array, 0, undefined, file.position)
        : fs.writevSync(file.fd, left, file.position);
    file.position += done;
    left = left.flatMap((piece) => {
      const skipped = Math.min(done, piece.length);
      done -= skipped;
      return skipped === piece.length ? [] : [piece.subarray(skipped)];
    });
  }
}
