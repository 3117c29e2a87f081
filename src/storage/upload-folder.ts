/**
 * A multipart upload on the disk: a folder under `.s3lect/uploads` of its bucket.
 *
 *   upload.json   the key, and what was said of the object to be
 *   data          parts of equal size, each in its slot, so that most uploads are whole without being copied
 *   slots         the size of a slot in bytes, decided once
 *   claim-N       slot N has, or had, a writer; nobody else may ever write there
 *   sealed        no more slots are claimed
 *   own-X         a part that has no slot: of another size, sent twice, or while the upload is being completed
 *   part-N        what part N is and where it lies; replaced at once when the part is sent again
 *
 * Nothing of it is held in memory, so an upload outlives its server. Records are believed only in the form written here.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { limits } from '../base/limits.ts';
import { isPlainDirectory, makeDirectory, syncDirectory } from './directory.ts';
import { errnoOf } from './fs-errors.ts';
import { hiddenFolder } from './key-path.ts';
import type { PartInfo, UploadChecksum, UploadInfo } from './multipart.ts';
import type { ObjectDescription } from './object.ts';
import { describe } from './object.ts';
import { readSmallFile, readSmallJson } from './small-file.ts';
import { isChecksumKind, isCount, isDescription, isHeaderText, isObject } from './stored-form.ts';
import { createTemporary, createTemporaryFolder, removeTemporary } from './temporary.ts';
import { isUploadId } from './upload-list.ts';

/** What an upload was created with. */
export interface UploadRecord {
  readonly key: string;
  readonly initiated_ms: number;
  readonly description: ObjectDescription;
  readonly checksum: UploadChecksum | undefined;
  readonly initiator: string | undefined;
}

export interface StoredPart extends PartInfo {
  /** The name of the file in the folder. */
  readonly file: string;
  /** Where in the file the part begins. */
  readonly start: number;
}

export const dataFile = 'data';

/** Makes an upload durable. Raises `NoSuchBucket`. */
export async function createUploadFolder(bucketDirectory: string, uploadId: string, record: UploadRecord): Promise<UploadFolder> {
  const temporary = await createTemporaryFolder(bucketDirectory);
  const file = await fs.promises.open(join(temporary, 'upload.json'), 'wx');
  try {
    const { description, ...rest } = record;
    await file.writeFile(JSON.stringify({ version: formVersion, ...rest, ...description }));
    await file.sync();
  } finally {
    await file.close();
  }
  const uploads = uploadsDirectory(bucketDirectory);
  makeDirectory(uploads);
  const path = join(uploads, uploadId);
  fs.renameSync(temporary, path);
  for (const directory of [path, uploads, join(bucketDirectory, hiddenFolder)]) await syncDirectory(directory);
  return new UploadFolder(bucketDirectory, uploadId, record);
}

/** The upload of an id, if there is one. */
export function openUploadFolder(bucketDirectory: string, uploadId: string): UploadFolder | undefined {
  if (!isUploadId(uploadId)) return undefined;
  const path = join(uploadsDirectory(bucketDirectory), uploadId);
  const form = isPlainDirectory(path) ? readForm(join(path, 'upload.json')) : undefined;
  if (form === undefined || typeof form['key'] !== 'string' || !isCount(form['initiated_ms']) || !isDescription(form)) return undefined;
  const checksum = isChecksumKind(form['checksum']) ? form['checksum'] : undefined;
  const initiator = isHeaderText(form['initiator']) ? form['initiator'] : undefined;
  const record = { key: form['key'], initiated_ms: form['initiated_ms'], description: describe(form), checksum, initiator };
  return new UploadFolder(bucketDirectory, uploadId, record);
}

/** The ids of all uploads of a bucket. */
export function uploadIdsIn(bucketDirectory: string): string[] {
  const uploads = uploadsDirectory(bucketDirectory);
  return isPlainDirectory(uploads) ? fs.readdirSync(uploads).filter(isUploadId) : [];
}

export class UploadFolder {
  readonly bucketDirectory: string;
  readonly path: string;
  readonly record: UploadRecord;
  readonly info: UploadInfo;

  constructor(bucketDirectory: string, uploadId: string, record: UploadRecord) {
    this.bucketDirectory = bucketDirectory;
    this.path = join(uploadsDirectory(bucketDirectory), uploadId);
    this.record = record;
    this.info = {
      key: record.key,
      uploadId,
      initiatedAt: new Date(record.initiated_ms),
      storageClass: record.description.storageClass,
      checksum: record.checksum,
      initiator: record.initiator,
    };
  }

  /** The folder of all uploads of the bucket. */
  get parent(): string {
    return uploadsDirectory(this.bucketDirectory);
  }

  /** Whether no part came for so long that the upload is taken for abandoned. */
  get isAbandoned(): boolean {
    const stats = fs.lstatSync(this.path, { throwIfNoEntry: false });
    return stats !== undefined && Date.now() - stats.mtimeMs > limits.upload_idle_ms_max;
  }

  pathOf(file: string): string {
    return join(this.path, file);
  }

  /** Numbers of the parts there are, ascending. */
  partNumbers(): number[] {
    return this.#numbersOf(/^part-([1-9]\d{0,4})$/);
  }

  /** Numbers of the slots that have, or had, a writer. */
  claims(): number[] {
    return this.#numbersOf(/^claim-([1-9]\d{0,4})$/);
  }

  part(number: number): StoredPart | undefined {
    const form = readForm(this.pathOf(`part-${number}`));
    if (form === undefined || !isPartForm(form)) return undefined;
    const { size, etag, modified_ms, checksum, file, start } = form;
    return { number, size, etag, lastModified: new Date(modified_ms), checksum, file, start };
  }

  /** Makes the record of a part durable, in place of an earlier one. Raises ENOENT when the upload is gone. */
  async writePart({ number, size, etag, lastModified, checksum, file, start }: StoredPart): Promise<void> {
    const temporary = await createTemporary(this.bucketDirectory);
    try {
      const form: PartForm = { version: formVersion, size, etag, modified_ms: lastModified.getTime(), checksum, file, start };
      await temporary.handle.writeFile(JSON.stringify(form));
      await temporary.handle.sync();
      fs.renameSync(temporary.path, this.pathOf(`part-${number}`));
      await syncDirectory(this.path);
    } finally {
      await temporary.discard();
    }
  }

  /**
   * Takes a slot for a part of so many bytes; answers where in `data` it begins, or undefined where the part needs a file of its own.
   * Between all processes, a slot is taken once, and none after the upload was sealed.
   */
  claimSlot(number: number, size: number): number | undefined {
    const slot_bytes = this.#slotBytes(number, size);
    if (slot_bytes === undefined || size === 0 || size > slot_bytes) return undefined;
    const start = (number - 1) * slot_bytes;
    if (start + size > limits.object_bytes_max || !this.#createMark(`claim-${number}`)) return undefined;
    // why: after the claim, as the one who seals looks at the claims after sealing: one of the two sees the other.
    if (!fs.existsSync(this.pathOf('sealed'))) return start;
    this.releaseSlot(number);
    return undefined;
  }

  /** Gives back a slot that is not written to any more and has no record. */
  releaseSlot(number: number): void {
    fs.rmSync(this.pathOf(`claim-${number}`), { force: true });
  }

  /** From here on no slot is taken, so what the claims of now say of `data` stays true. */
  seal(): void {
    this.#createMark('sealed');
  }

  /** A name for a file of a part's own. */
  newOwnFile(): string {
    return `own-${randomBytes(10).toString('hex')}`;
  }

  /** Removes a part's own file; of a part in a slot, nothing. */
  removeOwnFile(file: string): void {
    if (file !== dataFile) removeTemporary(this.pathOf(file));
  }

  /** The size of slots: decided by the first part that looks like one of many, for only the last may be of any size. */
  #slotBytes(number: number, size: number): number | undefined {
    const known = this.#readSlots();
    if (known !== undefined || size === 0 || (number > 1 && size % 4096 !== 0)) return known;
    const draft = this.pathOf(this.newOwnFile());
    fs.writeFileSync(draft, String(size), { flag: 'wx' });
    try {
      fs.linkSync(draft, this.pathOf('slots'));
    } catch (error) {
      // why: another was first; or the file system has no links, and then there are no slots.
      if (!['EEXIST', 'EPERM', 'ENOTSUP'].includes(errnoOf(error) ?? '')) throw error;
    } finally {
      fs.rmSync(draft, { force: true });
    }
    return this.#readSlots();
  }

  #readSlots(): number | undefined {
    const text = readSmallFile(this.pathOf('slots'), 16) ?? '';
    return /^[1-9]\d{0,12}$/.test(text) ? Number(text) : undefined;
  }

  /** Makes an empty file; answers whether it is new. */
  #createMark(name: string): boolean {
    try {
      fs.closeSync(fs.openSync(this.pathOf(name), 'wx'));
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  #numbersOf(pattern: RegExp): number[] {
    const numbers = fs.readdirSync(this.path).flatMap((name) => pattern.exec(name)?.[1] ?? []);
    return numbers.map(Number).sort((a, b) => a - b);
  }
}

const formVersion = 1;
const formBytesMax = 256 * 1024;

interface PartForm {
  readonly version: number;
  readonly size: number;
  readonly etag: string;
  readonly modified_ms: number;
  readonly checksum?: string | undefined;
  readonly file: string;
  readonly start: number;
}

function uploadsDirectory(bucketDirectory: string): string {
  return join(bucketDirectory, hiddenFolder, 'uploads');
}

function readForm(path: string): Record<string, unknown> | undefined {
  const form = readSmallJson(path, formBytesMax);
  return isObject(form) && form['version'] === formVersion ? form : undefined;
}

function isPartForm(form: Record<string, unknown>): form is Record<string, unknown> & PartForm {
  const { size, etag, modified_ms, checksum, file, start } = form;
  return (
    [size, modified_ms, start].every(isCount) &&
    typeof etag === 'string' &&
    /^"[0-9a-f]{32}"$/.test(etag) &&
    (checksum === undefined || (typeof checksum === 'string' && /^[\w+/]+=*$/.test(checksum))) &&
    typeof file === 'string' &&
    (file === dataFile || /^own-[0-9a-f]{20}$/.test(file))
  );
}
