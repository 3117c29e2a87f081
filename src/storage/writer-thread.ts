/** The entry of a writer thread. */
import { parentPort } from 'node:worker_threads';
import { SelectError } from '../base/errors.ts';
import { freeMemory } from '../base/free-memory.ts';
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
  if ('pieces' in job) freeMemory(job.pieces);
});

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
