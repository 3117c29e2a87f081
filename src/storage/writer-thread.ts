/** The entry of a writer thread. */
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { SelectError } from '../base/errors.ts';
import { freeMemory } from '../base/free-memory.ts';
import { limits } from '../base/limits.ts';
import { carryOutTogether, type Outcome, outcomeOf } from './durable-work.ts';
import { settleLogs } from './upload-log.ts';
import { type Job, perform, type SettleJob, type WriteJob, writeTogether } from './writer-job.ts';

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

export interface Order {
  readonly id: number;
  readonly job: Job;
}

/** All that waits is taken at once, so that what can be done together is. */
parentPort?.on('message', (first: readonly Order[]) => {
  let orders = [...first];
  while (orders.length > 0) {
    for (let next = waiting(); next !== undefined; next = waiting()) orders.push(...next);
    orders = carryOut(orders);
  }
});

function waiting(): readonly Order[] | undefined {
  return (parentPort && receiveMessageOnPort(parentPort))?.message;
}

/** Takes one order of every upload that waits for it, and others; answers those that are left. The orders of an upload stay in their order. */
function carryOut(orders: readonly Order[]): Order[] {
  const uploads = new Set<number>();
  const writes = new Map<WriteJob, number>();
  const settles = new Map<SettleJob, number>();
  const others: (Order & { readonly job: Exclude<Job, WriteJob | SettleJob> })[] = [];
  const later: Order[] = [];
  for (const order of orders) {
    const { id, job } = order;
    const isFirst = !('upload' in job && uploads.has(job.upload));
    if ('upload' in job) uploads.add(job.upload);
    if (isFirst && job.kind === 'write') writes.set(job, id);
    else if (job.kind === 'settle') settles.set(job, id);
    else if (isFirst && job.kind !== 'write' && others.length < limits.writer_jobs_together_max) others.push({ id, job });
    else later.push(order);
  }
  // The first do not wait for the disk.
  reply(writes.size === 0 ? [] : writeTogether([...writes.keys()], (job, write) => replyOf(writes.get(job) as number, outcomeOf(write))));
  // By themselves: to what is carried out together logs have promised room.
  reply(
    [...settles].map(([job, id]) =>
      replyOf(
        id,
        outcomeOf(() => settleLogs(job)),
      ),
    ),
  );
  const outcomes = carryOutTogether(others.map(({ job }) => perform(job)));
  reply(others.map(({ id }, n) => replyOf(id, outcomes[n] as Outcome<unknown>)));
  freeMemory(others.flatMap(({ job }) => (job.kind === 'put' ? job.pieces : [])));
  return later;
}

function reply(replies: readonly Reply[]): void {
  if (replies.length > 0) parentPort?.postMessage(replies);
}

function replyOf(id: number, outcome: Outcome<unknown>): Reply {
  return 'error' in outcome ? { id, thrown: thrownValueOf(outcome.error) } : { id, result: outcome.value };
}

function thrownValueOf(error: unknown): ThrownValue {
  if (error instanceof SelectError) return { catalogued: error.toValue() };
  const { message, code, syscall, stack } = error as NodeJS.ErrnoException;
  return { message, code, syscall, stack };
}
