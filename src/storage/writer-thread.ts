/** The entry of a writer thread. */
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { SelectError } from '../base/errors.ts';
import { freeMemory } from '../base/free-memory.ts';
import { type Job, perform, type WriteJob, writeTogether } from './writer-job.ts';

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

interface Order {
  readonly id: number;
  readonly job: Job;
}

/** All that waits is taken at once, so that what can be done together is. */
parentPort?.on('message', (first: Order) => {
  let orders = [first];
  while (orders.length > 0) {
    for (let next = waiting(); next !== undefined; next = waiting()) orders.push(next);
    orders = carryOut(orders);
  }
});

function waiting(): Order | undefined {
  return (parentPort && receiveMessageOnPort(parentPort))?.message;
}

/** Writes for every upload that waits for it, and one order of another kind; answers those that are left. The orders of an upload stay in their order. */
function carryOut(orders: readonly Order[]): Order[] {
  const uploads = new Set<number>();
  const together = new Map<WriteJob, number>();
  const later: Order[] = [];
  for (const order of orders) {
    const { id, job } = order;
    if (job.kind === 'write' && !uploads.has(job.upload)) together.set(job, id);
    else later.push(order);
    if ('upload' in job) uploads.add(job.upload);
  }
  if (together.size > 0) writeTogether([...together.keys()], (job, write) => answer(together.get(job) as number, write));
  const [next, ...others] = later;
  if (next === undefined || next.job.kind === 'write') return later;
  const { id, job } = next;
  answer(id, () => perform(job));
  if (job.kind === 'put') freeMemory(job.pieces);
  return others;
}

function answer(id: number, work: () => unknown): void {
  parentPort?.postMessage(replyTo(id, work));
}

function replyTo(id: number, work: () => unknown): Reply {
  try {
    return { id, result: work() };
  } catch (error) {
    return { id, thrown: thrownValueOf(error) };
  }
}

function thrownValueOf(error: unknown): ThrownValue {
  if (error instanceof SelectError) return { catalogued: error.toValue() };
  const { message, code, syscall, stack } = error as NodeJS.ErrnoException;
  return { message, code, syscall, stack };
}
