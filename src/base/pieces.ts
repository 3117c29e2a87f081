/** Bytes that come in pieces, to be taken once: by iteration, or handed on. */
export interface Pieces extends AsyncIterable<Uint8Array> {
  /**
   * Hands each piece on as it comes, and resolves when there are no more. Raises what the pieces or `take` raise.
   * why: a step of iteration takes a dozen promises by the time it has come through all that look at the pieces.
   */
  deliver?(take: TakePiece): Promise<void>;
}

/** Hands pieces to `take` one after the other, in whichever way they come. */
export async function deliverAll(pieces: Pieces, take: TakePiece): Promise<void> {
  if (pieces.deliver !== undefined) await pieces.deliver(take);
  else for await (const piece of pieces) await take(piece);
}

/** While it answers a promise there comes no further piece. */
export type TakePiece = (piece: Uint8Array) => void | Promise<void>;
