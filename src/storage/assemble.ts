/** How the parts of an upload become one file: mostly in place, since they lie in their slots already; copied where they do not. */
import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { SelectError } from '../base/errors.ts';
import type { Completion } from './completion.ts';
import type { FileIdentity } from './file-version.ts';
import { createTemporary, writeFully } from './temporary.ts';
import type { StoredPart, UploadFolder } from './upload-folder.ts';
import { dataFile } from './upload-folder.ts';

export interface AssembledFile {
  /** A name of the file that may be renamed away. */
  readonly path: string;
  readonly identity: FileIdentity;
  readonly lastModified: Date;
  /** Removes what is not needed once the file is published, or was refused. */
  discard(): Promise<void>;
}

/**
 * The parts in a row as a durable file. Parts stay where they are until then, and are still all there if this fails or the process is
 * killed: in place, nothing is written but to where no part lies.
 */
export async function assemble(folder: UploadFolder, completion: Completion<StoredPart>, signal?: AbortSignal): Promise<AssembledFile> {
  const places = placesOf(completion.parts);
  folder.seal();
  if (isInPlace(folder, places)) {
    const path = folder.pathOf(dataFile);
    const handle = await open(path, fs.constants.O_RDWR | fs.constants.O_NOFOLLOW);
    return finish(folder, places, { path, handle, discard: async () => {} }, signal);
  }
  const temporary = await createTemporary(folder.bucketDirectory);
  return finish(folder, places, temporary, signal);
}

/** A part and where in the object it goes. */
interface PlacedPart {
  readonly part: StoredPart;
  readonly at: number;
}

function placesOf(parts: readonly StoredPart[]): PlacedPart[] {
  let at = 0;
  return parts.map((part) => {
    const placed = { part, at };
    at += part.size;
    return placed;
  });
}

/**
 * Whether `data` can become the object: it holds a part at the place of the object where it belongs, none that is not asked for, and
 * every slot that was ever taken holds such a part, so nobody writes there any more.
 */
function isInPlace(folder: UploadFolder, places: readonly PlacedPart[]): boolean {
  const inSlots = places.filter(({ part }) => part.file === dataFile);
  if (inSlots.length === 0 || inSlots.some(({ part, at }) => part.start !== at)) return false;
  const numbers = new Set(inSlots.map(({ part }) => part.number));
  return folder.claims().every((number) => numbers.has(number));
}

interface Target {
  readonly path: string;
  readonly handle: FileHandle;
  discard(): Promise<void>;
}

async function finish(folder: UploadFolder, places: readonly PlacedPart[], target: Target, signal?: AbortSignal): Promise<AssembledFile> {
  const { path, handle } = target;
  const inPlace = path === folder.pathOf(dataFile);
  try {
    for (const { part, at } of places) if (!inPlace || part.file !== dataFile) await copyPart(folder, part, handle, at, signal);
    const last = places.at(-1);
    const size = last === undefined ? 0 : last.at + last.part.size;
    await handle.truncate(size);
    const now = new Date();
    await handle.utimes(now, now);
    await handle.sync();
    const stats = await handle.stat({ bigint: true });
    if (inPlace) await handle.close();
    return { path, identity: stats, lastModified: stats.mtime, discard: () => target.discard() };
  } catch (error) {
    if (inPlace) await handle.close();
    await target.discard();
    throw error;
  }
}

const copyBytes = 1024 * 1024;

async function copyPart(
  folder: UploadFolder,
  { file, start, size }: StoredPart,
  target: FileHandle,
  at: number,
  signal?: AbortSignal,
): Promise<void> {
  const source = await open(folder.pathOf(file), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(copyBytes, size));
    for (let done = 0; done < size; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, size - done), start + done);
      if (bytesRead === 0) throw new SelectError('InternalError', {}, { cause: new Error('a part is shorter than it was when it came') });
      await writeFully(target, buffer.subarray(0, bytesRead), at + done);
      done += bytesRead;
    }
  } finally {
    await source.close();
  }
}
