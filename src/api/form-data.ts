/**
 * A form as browsers post it (multipart/form-data, RFC 7578), read as it arrives: the fields in memory, up to a bound, and the file
 * behind them as a stream. What follows the file is read and left.
 */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';

export interface Form {
  /** By lower-case name, without the file; of a repeated one the last. */
  readonly fields: ReadonlyMap<string, string>;
  /** As the sender's machine calls it, without folders. */
  readonly filename: string;
  /** The bytes of the file, to be iterated once. */
  readonly file: AsyncIterable<Uint8Array>;
}

/** The boundary that a Content-Type names; undefined if it is of no form. */
export function boundaryOf(contentType: string): string | undefined {
  const [, quoted, plain] =
    /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

/**
 * Reads up to the file.
 * @throws SelectError MalformedPOSTRequest, MaxPostPreDataLengthExceeded, InvalidArgument (no file); the stream of the file raises
 * MalformedPOSTRequest where it has no end
 */
export async function readForm(source: AsyncIterable<Uint8Array>, boundary: string): Promise<Form> {
  const input = new Input(source);
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  // The first delimiter needs no line before it; what stands there is no part.
  input.prepend(Buffer.from('\r\n'));
  await input.until(delimiter);
  const fields = new Map<string, string>();
  for (;;) {
    const end = (await input.until(Buffer.from('\r\n'))).toString('latin1');
    if (end.startsWith('--')) throw new SelectError('InvalidArgument', { reason: 'POST requires exactly one file upload per request' });
    if (end.trim() !== '') throw malformed('a boundary is followed by something else');
    const { name, filename } = readHead(await input.head());
    if (name === 'file') return { fields, filename, file: input.stream(delimiter) };
    fields.set(name, (await input.until(delimiter)).toString());
  }
}

function readHead(lines: readonly string[]): { readonly name: string; readonly filename: string } {
  const disposition = lines.find((line) => /^content-disposition\s*:/i.test(line)) ?? '';
  const name = parameter(disposition, 'name');
  if (!/^[^:]+:\s*form-data\s*;/i.test(disposition) || name === undefined) throw malformed('a part has no name');
  return { name: name.toLowerCase(), filename: (parameter(disposition, 'filename') ?? '').replace(/^.*[/\\]/s, '') };
}

/** Quoted, with `\"` or, as browsers send it, `%22` for a quotation mark; or as it is. */
function parameter(disposition: string, name: string): string | undefined {
  const [, quoted, plain] = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 'i').exec(disposition) ?? [];
  return quoted?.replace(/\\(["\\])/g, '$1').replaceAll('%22', '"') ?? plain;
}

function malformed(reason: string): SelectError {
  return new SelectError('MalformedPOSTRequest', { reason });
}

class Input {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);
  /** Bytes of fields and their heads so far. */
  #taken = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  prepend(bytes: Buffer): void {
    this.#held = Buffer.concat([bytes, this.#held]);
  }

  /** What stands before a mark, which is passed over. */
  async until(mark: Buffer): Promise<Buffer> {
    for (let from = 0; ; ) {
      const found = this.#held.indexOf(mark, from);
      if (found >= 0) {
        const before = this.#held.subarray(0, found);
        this.#held = this.#held.subarray(found + mark.length);
        this.#count(found + mark.length);
        return before;
      }
      this.#check(this.#held.length);
      from = Math.max(0, this.#held.length - mark.length + 1);
      if (!(await this.#more())) throw malformed('it has no end');
    }
  }

  /** The lines of a part's head, as UTF-8. */
  async head(): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const line = (await this.until(Buffer.from('\r\n'))).toString();
      if (line === '') return lines;
      lines.push(line);
    }
  }

  /** What stands before a mark, in pieces; then everything to the end is read. */
  async *stream(mark: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const found = this.#held.indexOf(mark);
        const sure = found >= 0 ? found : Math.max(0, this.#held.length - mark.length + 1);
        if (sure > 0) yield this.#held.subarray(0, sure);
        this.#held = this.#held.subarray(sure);
        if (found >= 0) break;
        if (!(await this.#more())) throw malformed('the file has no end');
      }
      while (await this.#more()) this.#held = Buffer.alloc(0);
    } finally {
      await this.#pieces.return?.();
    }
  }

  #count(bytes: number): void {
    this.#taken += bytes;
    this.#check(0);
  }

  #check(bytes: number): void {
    const { post_form_bytes_max: bytes_max } = limits;
    if (this.#taken + bytes > bytes_max) throw new SelectError('MaxPostPreDataLengthExceeded', { bytes_max });
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#pieces.next();
    if (done === true) return false;
    this.#held = this.#held.length === 0 ? Buffer.from(value.buffer, value.byteOffset, value.length) : Buffer.concat([this.#held, value]);
    return true;
  }
}
