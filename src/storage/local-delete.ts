/** Deletions in the local store: many at once are made durable together. */
import type { BigIntStats } from 'node:fs';
import fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { SelectError } from '../base/errors.ts';
import { checkDeletion } from './conditions.ts';
import { type Links, OpenDirectory, removeEmptyDirectories, symbolicLink, syncDirectory } from './directory.ts';
import { freeingAside, roomToFree } from './freeing.ts';
import { isAbsent, storageError } from './fs-errors.ts';
import { removeMetadata } from './metadata.ts';
import type { DeleteCondition, ListedObject } from './object.ts';
import type { Place } from './publish.ts';
import type { Publisher } from './publisher.ts';
import type { Deletion } from './store.ts';

/** Answers for each deletion the error it failed with. `infoOf`: what the file of a place is as an object. */
export async function deleteLocally(
  publisher: Publisher,
  deletions: readonly Deletion[],
  toPlace: (key: string) => Place,
  infoOf: (place: Place, stats: BigIntStats) => ListedObject,
): Promise<readonly (SelectError | undefined)[]> {
  const errors: (SelectError | undefined)[] = [];
  const changed = new Set<string>();
  for (const [index, { key, condition }] of deletions.entries()) {
    try {
      await roomToFree();
      const place = toPlace(key);
      const directory = await publisher.changing(place, async () => remove(place, condition, infoOf));
      if (directory !== undefined) changed.add(directory);
      errors.push(undefined);
    } catch (error) {
      const told = storageError(error);
      if (!(told instanceof SelectError)) throw told;
      errors.push(told);
    }
    if (index % deletionsPerTurn === deletionsPerTurn - 1) await setImmediate();
  }
  await Promise.all([...changed].map(syncDirectory));
  return errors;
}

const deletionsPerTurn = 32;

/** Removes the file of a key, if there is one; answers the directory whose entries are to be made durable. */
function remove(
  place: Place,
  condition: DeleteCondition | undefined,
  infoOf: (place: Place, stats: BigIntStats) => ListedObject,
): string | undefined {
  const directory = openIfPlain(place);
  if (directory === undefined) return undefined;
  try {
    const path = directory.pathOf(place.name);
    const stats = fileAt(path, place.links);
    if (stats === undefined) return undefined;
    if (condition !== undefined) checkDeletion(condition, infoOf(place, stats));
    freeingAside(path, () => fs.unlinkSync(path));
    removeMetadata(place.bucketDirectory, place.key);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  } finally {
    directory.close();
  }
  return removeEmptyDirectories(place.bucketDirectory, place.directory);
}

/** What a path names as an object. Of a link that is followed, and may lead nowhere, that is the file; removed is the link. */
function fileAt(path: string, links: Links): BigIntStats | undefined {
  const stats = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const named =
    links === 'followed' && stats?.isSymbolicLink() === true ? fs.statSync(path, { bigint: true, throwIfNoEntry: false }) : stats;
  return named?.isFile() === true ? named : undefined;
}

/**
 * Undefined where there is no such directory, or its path leads through a symbolic link, and no object is there.
 * Raises `AccessDenied` for what is read through a link.
 */
function openIfPlain({ directory, links }: Place): OpenDirectory | undefined {
  try {
    return new OpenDirectory(directory);
  } catch (error) {
    if (!isAbsent(error) && !(error instanceof SelectError && error.code === 'AccessDenied')) throw error;
    if (links === 'refused' || fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
    throw new SelectError('AccessDenied', { reason: symbolicLink });
  }
}
