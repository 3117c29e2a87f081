/** One line on a terminal's standard error that says how far a query is. It is drawn late, redrawn calmly and leaves nothing behind. */
import process from 'node:process';
import type { WriteStream } from 'node:tty';

export interface ProgressState {
  readonly scanned_bytes: number;
  /** null: not known, as of a pipe. */
  readonly total_bytes: number | null;
  /** null: not known, as from a server. */
  readonly rows: number | null;
}

const first_ms = 400;
const every_ms = 100;
const bar_columns = 24;

export class Progress {
  readonly #stream: WriteStream;
  readonly #state: () => ProgressState;
  readonly #started = performance.now();
  readonly #timers: NodeJS.Timeout[] = [];
  /** However the process ends, the terminal is left clean. */
  readonly #onExit = (): void => this.clear();
  #drawn = false;

  constructor(stream: WriteStream, state: () => ProgressState) {
    this.#stream = stream;
    this.#state = state;
    process.once('exit', this.#onExit);
    this.#timers.push(
      setTimeout(() => {
        this.#draw();
        this.#timers.push(setInterval(() => this.#draw(), every_ms));
      }, first_ms),
    );
  }

  /** Wipes the line; it comes back with the next tick. */
  clear(): void {
    if (this.#drawn) this.#stream.write('\r\x1b[K');
    this.#drawn = false;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    process.removeListener('exit', this.#onExit);
    this.clear();
  }

  #draw(): void {
    const text = progressLine(this.#state(), (performance.now() - this.#started) / 1000);
    this.#stream.write(`\r${text.slice(0, this.#stream.columns - 1)}\x1b[K`);
    this.#drawn = true;
  }
}

/** The text of the line: `[#####     ] 42 %  1.23 GB/s  12,345 rows`. */
export function progressLine({ scanned_bytes, total_bytes, rows }: ProgressState, seconds: number): string {
  const parts: string[] = [];
  if (total_bytes === null || total_bytes === 0) parts.push(formatBytes(scanned_bytes));
  else {
    const share = Math.min(1, scanned_bytes / total_bytes);
    const filled = Math.round(share * bar_columns);
    parts.push(`[${'#'.repeat(filled)}${' '.repeat(bar_columns - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`);
  }
  parts.push(formatSpeed(scanned_bytes, seconds));
  if (rows !== null) parts.push(`${rows.toLocaleString('en-US')} rows`);
  return parts.join('  ');
}

/** Decimal units, as disks and the benchmarks count: `1.23 GB/s`. */
export function formatSpeed(bytes: number, seconds: number): string {
  return `${formatBytes(seconds > 0 ? bytes / seconds : 0)}/s`;
}

export function formatBytes(bytes: number): string {
  const [unit, size] = (
    [
      ['GB', 1e9],
      ['MB', 1e6],
      ['kB', 1e3],
    ] as const
  ).find(([, size]) => bytes >= size) ?? ['B', 1];
  return `${unit === 'B' ? Math.round(bytes) : (bytes / size).toFixed(2)} ${unit}`;
}
