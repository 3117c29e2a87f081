/** The entry of a writer thread. */
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { SelectError } from '../base/errors.ts';
import { freeMemory } from '../base/free-memory.ts';
import { limits } from '../base/limits.ts';
import { carryOutTogether } from './durable-work.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { settleLogs } from './put-job.ts';
import {
  areEnough,
  endUploads,
  type Job,
  perform,
  type SettleJob,
  takeIn,
  type WriteJob,
  type WriteResult,
  writePieces,
} from './writer-job.ts';

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

type WriteOrder = Order & { readonly job: WriteJob };

/** All that waits is taken at once, so that what can be done together is. */
parentPort?.on('message', (first: Order) => {
  let orders: Order[] = [];
  for (let next: Order | undefined = first; next !== undefined || orders.length > 0; next = waiting()) {
    for (; next !== undefined; next = waiting()) {
      if (next.job.kind === 'write') takeIn(next.job);
      orders.push(next);
    }
    orders = carryOut(orders);
    // why: a timer has no turn as long as others keep this thread busy.
    if (performance.now() > end_ms) end();
  }
  answer();
});

function waiting(): Order | undefined {
  return (parentPort && receiveMessageOnPort(parentPort))?.message;
}

/**
 * Carries out the first order to write, and others; answers those that are left. The orders of an upload stay in their order.
 * why: not one of every upload: all of them would end at the same time, and the other threads wait until then.
 */
function carryOut(orders: readonly Order[]): Order[] {
  const uploads = new Set<number>();
  let write: WriteOrder | undefined;
  const settles: (Order & { readonly job: SettleJob })[] = [];
  const others: (Order & { readonly job: Exclude<Job, WriteJob | SettleJob> })[] = [];
  const later: Order[] = [];
  for (const { id, job } of orders) {
    const isFirst = !('upload' in job && uploads.has(job.upload));
    if ('upload' in job) uploads.add(job.upload);
    if (job.kind === 'write' && write === undefined) write = { id, job };
    else if (job.kind === 'settle') settles.push({ id, job });
    else if (isFirst && job.kind !== 'write' && others.length < limits.writer_jobs_together_max) others.push({ id, job });
    else later.push({ id, job });
  }
  // It does not wait for the disk.
  if (write !== undefined) carryOutWrite(write);
  if (settles.length + others.length === 0) return later;
  answer();
  // By themselves: to what is carried out together logs have promised room.
  answer(
    settles.map(({ id, job }) =>
      replyOf(
        id,
        outcomeOf(() => settleLogs(job)),
      ),
    ),
  );
  // Each at once: who waits for it has the next request come while the others are seen to.
  carryOutTogether(
    others.map(({ job }) => perform(job)),
    (outcome, n) => answer([replyOf((others[n] as Order).id, outcome)]),
  );
  freeMemory(others.flatMap(({ job }) => (job.kind === 'put' ? job.pieces : [])));
  return later;
}

function carryOutWrite(order: WriteOrder): void {
  const written = outcomeOf(() => writePieces(order.job));
  if ('value' in written && written.value.isOver) {
    ending.push(order);
    if (areEnough(ending.map(({ job }) => job))) end();
    else waitToEnd();
  } else {
    replies.push(replyOf(order.id, 'error' in written ? written : { value: nothingYet }));
    if (replies.length === limits.writer_jobs_together_max) answer();
  }
}

const nothingYet: WriteResult = { digests: [], file: undefined };

/** The last orders of uploads that were written, and whose MD5 may be formed with that of others. */
const ending: WriteOrder[] = [];
let endLater: NodeJS.Timeout | undefined;
/** When the first of them has waited long enough. */
let end_ms = Number.POSITIVE_INFINITY;

function waitToEnd(): void {
  if (endLater !== undefined) return;
  endLater = setTimeout(end, limits.upload_digest_wait_ms);
  end_ms = performance.now() + limits.upload_digest_wait_ms;
}

function end(): void {
  clearTimeout(endLater);
  endLater = undefined;
  end_ms = Number.POSITIVE_INFINITY;
  const orders = ending.splice(0);
  const results = endUploads(orders.map(({ job }) => job));
  answer(orders.map(({ id }, n) => ({ id, result: results[n] })));
}

/** Replies to writes that are sent with the next, or when nothing is left to be done: each message wakes the main thread. */
const replies: Reply[] = [];

function answer(more: readonly Reply[] = []): void {
  replies.push(...more);
  if (replies.length > 0) parentPort?.postMessage(replies.splice(0));
}

function replyOf(id: number, outcome: Outcome<unknown>): Reply {
  return 'error' in outcome ? { id, thrown: thrownValueOf(outcome.error) } : { id, result: outcome.value };
}

function thrownValueOf(error: unknown): ThrownValue {
  if (error instanceof SelectError) return { catalogued: error.toValue() };
  const { message, code, syscall, stack } = error as NodeJS.ErrnoException;
  return { message, code, syscall, stack };
}
