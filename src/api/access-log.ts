/**
 * The access log: one line of JSON a request, written beside the requests. It holds no secret: of a signature the identity,
 * of a query its hash, of the query string nothing.
 */
import { closeSync, openSync } from 'node:fs';
import { pino } from 'pino';
import { limits } from '../base/limits.ts';
import type { Observer, RequestReport } from './report.ts';

export interface AccessLog {
  readonly observe: Observer;
  /** Opens its file anew, for programs that move it away when it has grown. */
  reopen(): void;
  /** Writes what is left, as far as it can be. */
  close(): Promise<void>;
}

/**
 * `where`: `stdout`, or the path of a file, which is made or added to.
 * `onFailure`: told once when lines begin to be lost: the disk is full, or nobody reads.
 * @throws the system's error for a file that cannot be opened
 */
export function openAccessLog(where: string, onFailure: (error: Error) => void): AccessLog {
  const isFile = where !== 'stdout';
  // why: the log opens its file later, when nobody is there to be told that it cannot.
  if (isFile) closeSync(openSync(where, 'a', mode));
  const destination = pino.destination({
    dest: isFile ? where : 1,
    sync: false,
    append: true,
    mode,
    // A reader that has stopped must not fill the memory: lines are dropped then.
    maxLength: limits.access_log_bytes_max,
  });
  let hasFailed = false;
  let isClosed = false;
  const failed = (error: Error): void => {
    if (!hasFailed) onFailure(error);
    hasFailed = true;
  };
  destination.on('error', failed);
  destination.on('drop', () => failed(new Error('lines are lost, because they are not taken as fast as they come')));
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } }, destination);
  return {
    observe(report) {
      if (isClosed) return;
      // Probes come every few seconds, and say something only when they fail.
      if (report.status < 400 && ['Health', 'Metrics'].includes(report.operation)) return;
      log[report.status >= 500 ? 'error' : 'info'](lineOf(report));
    },
    reopen() {
      if (isFile) destination.reopen();
    },
    async close() {
      isClosed = true;
      await ended(destination);
      // why: pino writes what is left when the process exits, and tries for ever where that fails.
      destination.destroy();
    },
  };
}

/** Who asked for what is not for everybody to see. */
const mode = 0o640;

/** Resolves when all is written, or will not be: a full disk or a reader that has stopped must not keep the server from stopping. */
function ended(destination: ReturnType<typeof pino.destination>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limits.access_log_close_ms);
    for (const event of ['close', 'error']) {
      destination.once(event, () => {
        clearTimeout(timer);
        resolve();
      });
    }
    destination.end();
  });
}

function lineOf({ began, select, isWhole, ...report }: RequestReport): object {
  const known = Object.entries(report).filter(([, value]) => value !== '' && value !== null);
  const rounded = known.map(([name, value]) => [name, typeof value === 'number' ? Math.round(1000 * value) / 1000 : value]);
  const line = { began: began.toISOString(), ...Object.fromEntries(rounded), ...(isWhole ? {} : { cut: true }) };
  if (select === null) return line;
  const { sql_sha256, stats } = select;
  const { scanned_bytes, processed_bytes, returned_bytes, rows } = stats;
  return { ...line, select: { sql_sha256, scanned_bytes, processed_bytes, returned_bytes, rows } };
}
