/** What is known of one request when it is over: the access log and the metrics are written from it. */

export interface RequestReport {
  /** When the request's head had been read. */
  readonly began: Date;
  /** The peer's address. */
  readonly remote: string;
  readonly method: string;
  readonly userAgent: string;
  requestId: string;
  /** As the registry names it; empty where the request did not get so far. */
  operation: string;
  bucket: string;
  key: string;
  /** ARN of who asks; empty where that did not become known. */
  identity: string;
  /** 0: the client was gone before there was an answer. */
  status: number;
  /** The error's code, also of one that came after the status had been sent. */
  error: string;
  /** Of the bodies, as transferred. */
  received_bytes: number;
  sent_bytes: number;
  /** From `began` to the first byte of the answer; null where none was sent. */
  first_byte_ms: number | null;
  duration_ms: number;
  /** The answer was sent to its end. */
  isWhole: boolean;
  select: SelectReport | null;
}

export interface SelectReport {
  /** Tells queries apart, and shows nothing of them. */
  readonly sql_sha256: string;
  /** Grows while the query runs. */
  readonly stats: {
    readonly scanned_bytes: number;
    readonly processed_bytes: number;
    readonly returned_bytes: number;
    readonly rows: number;
  };
}

/** Told of every request once. Must not throw. */
export type Observer = (report: RequestReport) => void;

/** The report of a request that has just come in. */
export function newReport(request: Pick<RequestReport, 'remote' | 'method' | 'userAgent'>): RequestReport {
  return {
    began: new Date(),
    ...request,
    requestId: '',
    operation: '',
    bucket: '',
    key: '',
    identity: '',
    status: 0,
    error: '',
    received_bytes: 0,
    sent_bytes: 0,
    first_byte_ms: null,
    duration_ms: 0,
    isWhole: false,
    select: null,
  };
}
