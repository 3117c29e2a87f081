/** What can be wrong with compressed data, in the words of all codecs. */
import { SelectError } from '../../base/errors.ts';

/** The data are not of this codec at all. */
export function notApplicable(compression: string, hint?: string): SelectError {
  return new SelectError('InvalidCompressionFormat', hint === undefined ? { compression } : { compression, hint });
}

/** The data began well. */
export function damaged(compression: string, reason?: string): SelectError {
  const hint = `The ${compression} data is damaged${reason === undefined ? '' : `: ${reason}`}.`;
  return new SelectError('InvalidCompressionFormat', { compression, hint });
}

export function truncated(compression: string): SelectError {
  return new SelectError('TruncatedInput', { compression });
}

/** The data may be right, and are beyond what is decoded here. */
export function unsupported(compression: string, reason: string): SelectError {
  return new SelectError('InvalidCompressionFormat', { compression, hint: `${reason}.` });
}
