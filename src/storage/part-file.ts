/** Where a part is written to: its slot among the parts of equal size, or a file of its own. */
import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { ChecksumAlgorithm } from '../auth/checksum.ts';
import { type BodyRequest, type ReceivedBody, receiveBody } from './body.ts';
import { FileSink } from './file-sink.ts';
import type { UploadFolder } from './upload-folder.ts';
import { dataFile } from './upload-folder.ts';

export interface PartFile {
  /** The file's name in the folder of the upload. */
  readonly name: string;
  /** Where in the file the part begins. */
  readonly start: number;
  /** Writes the body there. Raises what `receiveBody` raises. */
  receive(request: BodyRequest, algorithm: ChecksumAlgorithm | undefined): Promise<ReceivedBody>;
  /** Makes what was written durable. */
  sync(): Promise<void>;
  /** The part has a record: it stays. */
  keep(): void;
  /** Ends the writing; what was not kept is given up. */
  close(): Promise<void>;
}

/** `size`: bytes announced; a part of unknown size has no slot. Raises the system's errors, ENOENT when the upload is gone. */
export async function openPartFile(folder: UploadFolder, number: number, size: number | undefined): Promise<PartFile> {
  const slot = size === undefined ? undefined : folder.claimSlot(number, size);
  const name = slot === undefined ? folder.newOwnFile() : dataFile;
  const giveUp = (): void => (slot === undefined ? folder.removeOwnFile(name) : folder.releaseSlot(number));
  const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_EXCL } = fs.constants;
  let handle: FileHandle;
  try {
    handle = await open(folder.pathOf(name), O_WRONLY | O_CREAT | O_NOFOLLOW | (slot === undefined ? O_EXCL : 0));
  } catch (error) {
    giveUp();
    throw error;
  }
  const start = slot ?? 0;
  let sink: FileSink | undefined;
  let isKept = false;
  return {
    name,
    start,
    async receive(request, algorithm) {
      const received = await receiveBody(request, algorithm, (algorithms) => {
        const file = { fd: handle.fd, position: start };
        sink = new FileSink({ file, algorithms, size: request.size, movesPieces: request.body.givesMemory === true });
        return sink;
      });
      await sink?.flush();
      return received;
    },
    sync: () => handle.sync(),
    keep: () => {
      isKept = true;
    },
    async close() {
      try {
        // why: a descriptor that is closed under a write may by then be another file.
        await sink?.close({ isOver: false });
        await handle.close();
      } finally {
        // why: only now can nobody write there any more.
        if (!isKept) giveUp();
      }
    },
  };
}
