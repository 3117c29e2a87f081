/** Continuation tokens: where the next page starts, in a form that invites nobody to make one up. */
import { SelectError } from '../base/errors.ts';

const mark = '1';

export function writeToken(startAfter: string): string {
  return Buffer.from(mark + startAfter).toString('base64url');
}

/** An empty token is none. @throws SelectError InvalidArgument (one that is not of our making) */
export function readToken(token: string | undefined): string | undefined {
  if (token === undefined || token === '') return undefined;
  const text = Buffer.from(token, 'base64url').toString();
  if (!text.startsWith(mark) || writeToken(text.slice(mark.length)) !== token) {
    throw new SelectError('InvalidArgument', { reason: 'The continuation token provided is incorrect' });
  }
  return text.slice(mark.length);
}
