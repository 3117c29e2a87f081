/** Standard output at the pace of whoever reads it, and the form the answer takes there. */
import type { Writable } from 'node:stream';
import type { OutputSerialization } from '../formats/serialization.ts';
import { CsvRows, csvLine } from './csv-rows.ts';
import { PlainError, reasonOf } from './failure.ts';
import { Table } from './table.ts';

export type OutputKind = 'table' | 'csv' | 'tsv' | 'json';

/** What is asked of the engine for an answer of this kind. */
export function serializationOf(kind: OutputKind): OutputSerialization {
  if (kind === 'json') return { JSON: {} };
  return { CSV: kind === 'tsv' ? { FieldDelimiter: '\t' } : {} };
}

/** The reader of standard output has gone away: no error, there is nothing left to do. */
export class ClosedPipe extends Error {}

/** Writes one after the other, each awaited, so that memory stays flat and nothing is lost when the process exits. */
export class PacedWriter {
  readonly #stream: Writable;
  #error: NodeJS.ErrnoException | null = null;
  /** Called before each write: whatever shares the terminal gets out of the way. */
  beforeWrite: () => void = () => {};
  /** Called when the reader goes away, whether something is being written or not. */
  onClosed: () => void = () => {};

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#error ??= error;
      this.onClosed();
    });
  }

  /** Resolves when the system has taken the text. Raises `ClosedPipe`, or `PlainError` for the system's error. */
  async write(data: string | Uint8Array): Promise<void> {
    if (data.length === 0) return;
    this.beforeWrite();
    await new Promise<void>((resolve) => {
      if (this.#error !== null) resolve();
      else this.#stream.write(data, () => resolve());
    });
    if (this.#error === null) return;
    throw this.#error.code === 'EPIPE' ? new ClosedPipe() : new PlainError(`cannot write the answer: ${reasonOf(this.#error)}`);
  }
}

export interface OutputOptions {
  readonly kind: OutputKind;
  readonly header: boolean;
  /** Columns a table may take. */
  readonly width: number;
  readonly columns: readonly string[] | null;
}

/** Takes the blocks of an answer and writes them in its form. */
export interface AnswerWriter {
  /** Rows written; null where they are not counted here. */
  readonly rows: number | null;
  block(records: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

export function answerWriter(writer: PacedWriter, options: OutputOptions): AnswerWriter {
  return options.kind === 'table' ? new TableWriter(writer, options) : new RecordWriter(writer, options);
}

class RecordWriter implements AnswerWriter {
  readonly rows = null;
  readonly #writer: PacedWriter;
  /** Written with the first record, or at the end: a query that fails before prints nothing. */
  #heading: string;

  constructor(writer: PacedWriter, { kind, header, columns }: OutputOptions) {
    this.#writer = writer;
    this.#heading = kind === 'json' || !header || columns === null ? '' : csvLine(columns, kind === 'tsv' ? '\t' : ',');
  }

  async block(records: Uint8Array): Promise<void> {
    await this.end();
    await this.#writer.write(records);
  }

  async end(): Promise<void> {
    const heading = this.#heading;
    this.#heading = '';
    await this.#writer.write(heading);
  }
}

const page_rows = 200;
/** The first page waits this long for rows to decide widths by. */
const page_ms = 500;

class TableWriter implements AnswerWriter {
  rows = 0;
  readonly #writer: PacedWriter;
  readonly #table: Table;
  readonly #rows = new CsvRows();
  #waiting: string[][] = [];
  #first = true;
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | null = null;

  constructor(writer: PacedWriter, { columns, width }: OutputOptions) {
    this.#writer = writer;
    this.#table = new Table(columns, width);
  }

  async block(records: Uint8Array): Promise<void> {
    await this.#add(this.#rows.push(records));
    if (!this.#first) await this.#flush();
    this.#timer ??= setTimeout(() => {
      this.#flush().catch((error: unknown) => {
        this.#failure = { error };
      });
    }, page_ms);
  }

  async end(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#add(this.#rows.end());
    await this.#flush();
    await this.#writer.write(`${this.#table.end()}${this.rows.toLocaleString('en-US')} ${this.rows === 1 ? 'row' : 'rows'}\n`);
  }

  async #add(rows: readonly string[][]): Promise<void> {
    for (const row of rows) {
      this.#waiting.push(row);
      if (this.#waiting.length >= page_rows) await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    await this.#flushing.catch(() => {});
    if (this.#failure !== null) throw this.#failure.error;
    const rows = this.#waiting;
    if (rows.length === 0 && !this.#first) return;
    this.#waiting = [];
    this.#first = false;
    this.rows += rows.length;
    this.#flushing = this.#writer.write(this.#table.page(rows));
    await this.#flushing;
  }
}
