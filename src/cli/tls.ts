/** The certificate of a server and its key, out of files that are replaced from time to time while it runs. */
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { PlainError, reasonOf } from './failure.ts';
import { UsageError } from './option-values.ts';

/** In PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

export interface TlsFiles {
  readonly certPath: string;
  readonly keyPath: string;
}

/** Null where none are given. Raises `UsageError`. */
export function tlsFilesOf({
  tlsCert,
  tlsKey,
}: {
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
}): TlsFiles | null {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined) throw new UsageError('--tls-cert and --tls-key: one needs the other');
  return { certPath: tlsCert, keyPath: tlsKey };
}

/** Raises `PlainError` where they cannot be read or do not belong together. */
export function readTls({ certPath, keyPath }: TlsFiles): TlsPair {
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new PlainError(`cannot read ${path}: ${reasonOf(error)}`);
    }
  };
  const pair = { cert: read(certPath), key: read(keyPath) };
  try {
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new PlainError(`${certPath} and ${keyPath} are no certificate and its key: ${reasonOf(error)}`);
  }
}

/** Has `use` called with each pair that replaces the present one, and `report` with what keeps one from being used. Holds no process open. */
export function watchTls(files: TlsFiles, use: (pair: TlsPair) => void, report: (error: unknown) => void): { stop(): void } {
  let seen = identityOf(files);
  const look = (): void => {
    const found = identityOf(files);
    // why: one of the two may be about to follow; a file that is absent is one.
    if (found === seen || found.includes('absent')) return;
    seen = found;
    try {
      use(readTls(files));
    } catch (error) {
      report(error);
    }
  };
  const timer = setInterval(look, interval_ms).unref();
  return { stop: () => clearInterval(timer) };
}

const interval_ms = 1000;

function identityOf({ certPath, keyPath }: TlsFiles): string {
  return [certPath, keyPath]
    .map((path) => {
      const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
      return stats === undefined ? 'absent' : `${stats.ino} ${stats.mtimeNs} ${stats.size}`;
    })
    .join(', ');
}
