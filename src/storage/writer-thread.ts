/** The entry of a writer thread. */
import { MessageChannel, parentPort } from 'node:worker_threads';
import { SelectError } from '../base/errors.ts';
import { type Job, perform } from './writer-job.ts';

/** An error as plain data: a class does not survive the way to the other thread. */
export type ThrownValue =
  | { readonly catalogued: ReturnType<SelectError['toValue']> }
  | {
      readonly message: string;
      readonly code: string | undefined;
      readonly syscall: string | undefined;
      readonly stack: string | undefined;
    };

export type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly thrown: ThrownValue });

parentPort?.on('message', ({ id, job }: { readonly id: number; readonly job: Job }) => {
  parentPort?.postMessage(replyTo(id, job));
  if ('pieces' in job) free(job.pieces);
});

/** Nobody is at the other end: what is sent there is gone at once, where a collection would come only after tens of megabytes. */
const nowhere = new MessageChannel();
nowhere.port2.close();
nowhere.port1.unref();

function free(pieces: readonly Uint8Array[]): void {
  nowhere.port1.postMessage(null, [...new Set(pieces.map(({ buffer }) => buffer as ArrayBuffer))]);
}

function replyTo(id: number, job: Job): Reply {
  try {
    return { id, result: perform(job) };
  } catch (error) {
    return { id, thrown: thrownValueOf(error) };
  }
}

function thrownValueOf(error: unknown): ThrownValue {
  if (error instanceof SelectError) return { catalogued: error.toValue() };
  const { message, code, syscall, stack } = error as NodeJS.ErrnoException;
  return { message, code, syscall, stack };
}
