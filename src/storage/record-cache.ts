/** Records that were read out of sidecars lately: one small file less to be opened, read and parsed for each request. */
import fs from 'node:fs';
import { limits } from '../base/limits.ts';
import { type FileVersion, isSameVersion, isSettled } from './file-version.ts';

interface KeptRecord<SidecarRecord> {
  readonly sidecar: FileVersion;
  readonly record: SidecarRecord;
}

/** Other processes write sidecars too, so a record is believed only while the `stat` of its sidecar is what it was. */
export class RecordCache<SidecarRecord> {
  /** In order of insertion, so that the oldest is the first to go. */
  readonly #kept = new Map<string, KeptRecord<SidecarRecord>>();

  /** The record that was kept of the sidecar at `path`, which has not changed since. */
  get(path: string): SidecarRecord | undefined {
    const kept = this.#kept.get(path);
    if (kept === undefined) return undefined;
    const version = versionOfSidecar(path);
    if (version !== undefined && isSameVersion(version, kept.sidecar)) return kept.record;
    this.#kept.delete(path);
    return undefined;
  }

  /** Keeps a record, unless it is large or may not be known to have changed. `sidecar`: what its `stat` was before it was read. */
  keep(path: string, { ino, dev, size, mtimeNs, ctimeNs }: FileVersion, record: SidecarRecord): void {
    const sidecar = { ino, dev, size, mtimeNs, ctimeNs };
    if (size > limits.sidecar_kept_bytes_max || !isSettled(sidecar, Date.now())) return;
    const oldest = this.#kept.keys().next();
    if (this.#kept.size >= limits.sidecars_kept_max && !oldest.done) this.#kept.delete(oldest.value);
    this.#kept.set(path, { sidecar, record });
  }
}

/** Of a sidecar; undefined where there is none that may be looked at. */
export function versionOfSidecar(path: string): FileVersion | undefined {
  try {
    return fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
