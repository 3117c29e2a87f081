/** What a failing system call means to a client of the store. */
import { SelectError } from '../base/errors.ts';

/** The `errno` name of a failed system call, or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof SelectError || !(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether the error says that no regular file can be reached at the path. */
export function isAbsent(error: unknown): boolean {
  return absent.has(errnoOf(error) ?? '');
}

/** Whether a directory cannot be listed: it is not there, may not be read, or its path leads through a symbolic link. */
export function isUnreadable(error: unknown): boolean {
  return isAbsent(error) || errnoOf(error) === 'EACCES' || (error instanceof SelectError && error.code === 'AccessDenied');
}

/** Awaits `work`; a failed system call becomes its catalogued error. */
export async function withStorageErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error);
  }
}

/** The catalogued error for a failed system call; anything else passes unchanged. */
export function storageError(error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined || !(error instanceof Error) || !('syscall' in error)) return error;
  const options = { cause: error };
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new SelectError('StorageFull', {}, options);
    // More than a file of this file system, or of this process, may hold.
    case 'EFBIG':
      return new SelectError('EntityTooLarge', {}, options);
    case 'EROFS':
      return new SelectError('AccessDenied', { reason: 'the storage is read-only' }, options);
    case 'EACCES':
    case 'EPERM':
      return new SelectError('AccessDenied', { reason: 'the server has no permission on the file' }, options);
    case 'ENAMETOOLONG':
      return new SelectError('InvalidArgument', { reason: 'the key is too long for the file system' }, options);
    case 'EMFILE':
    case 'ENFILE':
      return new SelectError('SlowDown', {}, options);
    default:
      return new SelectError('InternalError', {}, options);
  }
}

/** ELOOP and EMLINK: a symbolic link under O_NOFOLLOW. ENXIO: a socket, or a FIFO without a reader. */
const absent: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK', 'ENXIO', 'ENODEV', 'ENAMETOOLONG']);
