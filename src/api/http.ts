/** Requests and answers without a server: all that `api` sees of HTTP, but for the adapter that makes and sends them. */
import type { Pieces } from '../base/pieces.ts';
import type { RequestReport } from './report.ts';

export interface ApiRequest {
  readonly method: string;
  /** As on the request line up to the `?`, percent-encoded; one character a byte. */
  readonly rawPath: string;
  /** As on the request line after the `?`; empty if there is none. */
  readonly rawQuery: string;
  /** Lower-case names; repeated headers joined with a comma. An object without a prototype: any name is a header's name. */
  readonly headers: Readonly<Record<string, string>>;
  /** To be taken once, if at all; to ask for the first piece answers `Expect: 100-continue`. */
  readonly body: Pieces;
  /** The peer's address. */
  readonly remote: string;
  /** Over TLS. */
  readonly secure: boolean;
  /** Of TLS, as `1.3`. */
  readonly tlsVersion: string | undefined;
  /** Aborted once the client is gone. */
  readonly signal: AbortSignal;
  /** To be filled in with what becomes known. */
  readonly report: RequestReport;
  /** Has `run` called once the answer has been sent to its end, or the client is gone. */
  onOver(run: () => void): void;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  /**
   * Pieces of an iterable leave one HTTP chunk each; an empty piece sends the headers, if they still wait, and says that the answer
   * is alive. A piece of `flush_bytes` and more may lie in memory that is used again once the next is asked for. An iterable that
   * throws breaks the connection. `return` is called unless iteration came to its end.
   */
  readonly body: null | Uint8Array | AsyncIterable<Uint8Array>;
}

export type Handler = (request: ApiRequest) => Promise<ApiResponse>;

/** Headers by lower-case name, out of names and values in turn. */
export function headersOf(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : `${earlier},${value}`;
  }
  return headers;
}
