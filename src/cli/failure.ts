/** Errors as a person at a terminal reads them: one line, and under it the SQL with a caret where it went wrong. */
import { getSystemErrorMap } from 'node:util';
import { SelectError } from '../base/errors.ts';
import { displayWidth } from './text-width.ts';

/** A query that a server refused or ended: its code and text as they came. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Something outside of the query does not work: a file that cannot be read, an address in use. The message is all there is to say. */
export class PlainError extends Error {
  override readonly name = 'PlainError';
}

/** Lines for standard error. `sql`: what the error's position refers to. */
export function describeError(error: unknown, sql: string, columns = 100): string {
  if (error instanceof PlainError) return `s3lect: ${error.message}\n`;
  if (error instanceof SelectError || error instanceof RemoteError) {
    // why: what a server sends is not to be trusted with the terminal.
    const message = error.message.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, MESSAGE_UNITS_MAX);
    const cause = error instanceof SelectError && error.code === 'InternalError' ? internalCause(error) : '';
    return `s3lect: ${error.code}: ${message}\n${caret(sql, positionOf(error), columns)}${cause}`;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `s3lect: this is a bug of s3lect: ${text}\n`;
}

/** The words of the operating system for an error of its own, without path and call; any other error's message. */
export function reasonOf(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message ?? String(error);
}

const MESSAGE_UNITS_MAX = 2000;

interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points). */
  readonly column: number;
}

function internalCause({ cause }: SelectError): string {
  return cause instanceof Error ? `${cause.stack ?? cause.message}\n` : '';
}

function positionOf(error: SelectError | RemoteError): Position | null {
  if (error instanceof SelectError) {
    const { line, column } = error.params;
    return typeof line === 'number' && typeof column === 'number' ? { line, column } : null;
  }
  const match = /at line (\d+), column (\d+)/.exec(error.message);
  return match === null ? null : { line: Number(match[1]), column: Number(match[2]) };
}

/** The line of the SQL, cut around the position where it is long, and a caret below. */
function caret(sql: string, position: Position | null, columns: number): string {
  if (position === null) return '';
  const line = sql.split(/\r\n|\r|\n/)[position.line - 1];
  const characters = [...(line ?? '')];
  if (line === undefined || position.column > characters.length + 1) return '';
  const at = position.column - 1;
  const start = characters.length < columns ? 0 : Math.max(0, at - Math.floor(columns / 2));
  const printable = (from: number, to: number): string =>
    characters
      .slice(from, to)
      .join('')
      .replace(/[\p{Cc}\p{Cf}]/gu, ' ');
  return `${printable(start, start + columns - 1)}\n${' '.repeat(displayWidth(printable(start, at)))}^\n`;
}
