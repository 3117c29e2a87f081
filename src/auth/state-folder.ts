/**
 * The state on disk: `users.json` and a file for each bucket of which something is kept, in a folder that only its owner can enter.
 * It is made with the first thing to be kept.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join, resolve } from 'node:path';
import { limits } from '../base/limits.ts';
import { removeDurably, temporaryMark, WatchedFile, writeDurably } from './durable-file.ts';
import type { BucketChange, BucketSettings, State, User, UserCredentials } from './state.ts';
import { mergeSettings } from './state.ts';
import type { UserIndex } from './state-users.ts';
import { indexUsers, noUsers, readUsers, usersFile } from './state-users.ts';

export interface FolderStateOptions {
  readonly folder: string;
  /** Folder of buckets' files below it: servers of different folders may have buckets of the same name. */
  readonly bucketsFolder?: string;
}

export class FolderState implements State {
  readonly #folder: string;
  readonly #bucketsFolder: string;
  readonly #users: WatchedFile<UserIndex>;
  /** In order of insertion, so that the oldest is the first to go. */
  readonly #buckets = new Map<string, WatchedFile<BucketSettings>>();
  #writing: Promise<unknown> = Promise.resolve();

  /** Raises an error that says what is wrong with a folder that is there, and the system's error. */
  static open({ folder, bucketsFolder = 'buckets' }: FolderStateOptions): FolderState {
    const path = resolve(folder);
    if (fs.existsSync(path)) checkPrivate(path);
    const state = new FolderState(path, join(path, bucketsFolder));
    // A damaged file is to be seen now.
    state.#users.get();
    return state;
  }

  private constructor(folder: string, bucketsFolder: string) {
    this.#folder = folder;
    this.#bucketsFolder = bucketsFolder;
    this.#users = new WatchedFile(join(folder, usersFile), (text) => indexUsers(readUsers(text)), noUsers);
  }

  lookup(accessKey: string): UserCredentials | undefined {
    return this.#users.get().byAccessKey.get(accessKey);
  }

  userById(id: string): User | undefined {
    return this.#users.get().byId.get(id);
  }

  bucket(bucket: string): BucketSettings {
    let file = this.#buckets.get(bucket);
    if (file === undefined) {
      const oldest = this.#buckets.keys().next();
      if (this.#buckets.size >= limits.bucket_settings_cached_max && !oldest.done) this.#buckets.delete(oldest.value);
      file = new WatchedFile(this.#pathOf(bucket), (text) => readSettings(bucket, text), none);
      this.#buckets.set(bucket, file);
    }
    return file.get();
  }

  async changeBucket(bucket: string, change: BucketChange): Promise<void> {
    await this.#inTurn(async () => {
      makePrivateFolder(this.#folder);
      makePrivateFolder(this.#bucketsFolder);
      const settings = mergeSettings(this.bucket(bucket), change);
      await writeDurably(this.#pathOf(bucket), `${JSON.stringify({ version: 1, bucket, settings })}\n`);
    });
  }

  async forgetBucket(bucket: string): Promise<void> {
    await this.#inTurn(() => removeDurably(this.#pathOf(bucket)));
  }

  /** One change at a time: each begins with what the one before has left. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(change);
    this.#writing = done.catch(() => {});
    return done;
  }

  #pathOf(bucket: string): string {
    // why: a folder's name may be no file's name with the ending, or differ in case alone.
    const name = /^[a-z0-9][a-z0-9.-]{0,62}$/.test(bucket) ? bucket : `_${createHash('sha256').update(bucket).digest('hex')}`;
    return join(this.#bucketsFolder, `${name}.json`);
  }
}

/** Makes a folder, and those above it, for its owner alone; answers its path. */
export function makePrivateFolder(folder: string): string {
  const path = resolve(folder);
  if (fs.existsSync(path)) checkPrivate(path);
  else fs.mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

const none: BucketSettings = {};

function readSettings(bucket: string, text: string): BucketSettings {
  const parsed = JSON.parse(text) as { version?: unknown; bucket?: unknown; settings?: unknown };
  const { settings } = parsed;
  if (parsed.version !== 1 || parsed.bucket !== bucket || typeof settings !== 'object' || settings === null) {
    throw new Error(`what the state folder keeps of the bucket ${bucket} is damaged`);
  }
  return settings;
}

/** A folder that others may enter is made private where it is empty or ours; any other may be shared on purpose, and is refused. */
function checkPrivate(path: string): void {
  const stats = fs.statSync(path);
  if (!stats.isDirectory()) throw new Error('it is no folder');
  if (process.platform === 'win32' || (stats.mode & 0o077) === 0) return;
  const foreign = fs.readdirSync(path).find((name) => !isOurs(name));
  if (foreign !== undefined) throw new Error(`others may enter it, and it holds ${foreign}: choose another, or chmod 700 it`);
  fs.chmodSync(path, 0o700);
}

function isOurs(name: string): boolean {
  return name === usersFile || name === '.users.lock' || /^buckets(-[0-9a-f]+)?$/.test(name) || name.startsWith(temporaryMark);
}
