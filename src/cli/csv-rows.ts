/** The rows of CSV as we ask for it (comma, `"` quotes doubled inside, LF), for the table. */

/** Takes pieces of CSV cut anywhere, even within a character, and gives whole records. */
export class CsvRows {
  readonly #decoder = new TextDecoder();
  #rest = '';

  /** The records that end within this piece. */
  push(piece: Uint8Array): string[][] {
    return this.#rows(this.#decoder.decode(piece, { stream: true }), false);
  }

  /** A last record without its delimiter. */
  end(): string[][] {
    return this.#rows(this.#decoder.decode(), true);
  }

  #rows(text: string, last: boolean): string[][] {
    const all = this.#rest + text;
    const rows: string[][] = [];
    let start = 0;
    while (start < all.length) {
      const row: string[] = [];
      const end = readRecord(all, start, row);
      if (end === null && !last) break;
      rows.push(row);
      start = end ?? all.length;
    }
    this.#rest = all.slice(start);
    return rows;
  }
}

/** A record of names, quoted where needed. */
export function csvLine(fields: readonly string[], delimiter: string): string {
  const quoted = fields.map((field) => (field.includes(delimiter) || /["\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field));
  return `${quoted.join(delimiter)}\n`;
}

/** Appends the fields of the record at `start` to `row`; returns where the next begins, or null when this one does not end. */
function readRecord(text: string, start: number, row: string[]): number | null {
  let at = start;
  for (;;) {
    const quoted = text[at] === '"';
    const end = quoted ? closingQuote(text, at + 1) : fieldEnd(text, at);
    row.push(quoted ? text.slice(at + 1, end).replaceAll('""', '"') : text.slice(at, end));
    at = quoted ? end + 1 : end;
    if (text[at] !== ',') return text[at] === '\n' ? at + 1 : null;
    at++;
  }
}

function fieldEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== ',' && text[at] !== '\n') at++;
  return at;
}

function closingQuote(text: string, from: number): number {
  let at = from;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return text.length;
    if (text[quote + 1] !== '"') return quote;
    at = quote + 2;
  }
}
