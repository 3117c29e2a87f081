/**
 * What the main thread knows of objects that are durable in the log of a writer thread only (`upload-log.ts`). Before anything that is not
 * logged itself changes one, the log is settled: it would else bring back after a crash what has been replaced or deleted since.
 */
import { limits } from '../base/limits.ts';
import { withStorageErrors } from './fs-errors.ts';
import { bootId } from './log-records.ts';
import type { ObjectMetadata } from './metadata.ts';
import type { Place } from './publish.ts';
import type { LoggedIn } from './upload-log.ts';
import type { SettleJob } from './writer-job.ts';
import { type WriterThread, writerThread } from './writers.ts';

/** Whether an upload of `size` bytes that is verified goes to a log. */
export function isForLog({ bucketDirectory, key }: Place, metadata: ObjectMetadata, pieces: readonly Uint8Array[]): boolean {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  if (size > limits.logged_upload_bytes_max || bootId === undefined) return false;
  const isWorthIt = isBusy(bucketDirectory);
  rateOf(bucketDirectory).count++;
  return (
    isWorthIt &&
    // Units of UTF-16, of at most three bytes.
    JSON.stringify({ key, metadata }).length <= limits.logged_line_bytes_max / 4
  );
}

function logWith(path: string): HeldLog | undefined {
  for (const log of held) if (log.paths.has(path)) return log;
  return undefined;
}

/** The thread for an upload to the object at a path; where it is not the one in whose log that object is, no log has it any more. */
export async function threadFor(path: string, { isLogged }: { readonly isLogged: boolean }): Promise<WriterThread> {
  const holder = logWith(path)?.thread;
  if (isLogged && holder !== undefined && !holder.hasEnded) return holder;
  await settled(path);
  return writerThread();
}

/** An upload to a place is durable in the log of a thread. */
export function noteLogged(thread: WriterThread, place: Place, { epoch, settledEpoch }: LoggedIn): void {
  let log: HeldLog | undefined;
  for (const one of held) {
    if (one.thread !== thread || one.place.bucketDirectory !== place.bucketDirectory) continue;
    if (one.epoch === epoch) log = one;
    else if (one.epoch <= settledEpoch) held.delete(one);
  }
  log ??= { thread, place, epoch, since_ms: Date.now(), paths: new Set() };
  log.paths.add(place.path);
  held.add(log);
  logging.add(thread);
  startTimer();
}

/** An upload that was to be logged has failed: its record may be in the log all the same. */
export function noteDoubtful(thread: WriterThread, place: Place): void {
  noteLogged(thread, place, { epoch: Number.POSITIVE_INFINITY, settledEpoch: 0 });
}

/** Makes all durable where it belongs, and removes the logs: what other programs do from now on is not undone. Raises the catalogued errors. */
export async function settleAll(): Promise<void> {
  const threads = [...logging];
  logging.clear();
  await Promise.all(threads.map((thread) => settle(thread, { ends: true })));
}

function startTimer(): void {
  timer ??= setInterval(settleOld, limits.upload_settle_ms).unref();
}

/** Resolves once no log has an object at this path. Raises the catalogued errors of a disk that fails. */
export async function settled(path: string): Promise<void> {
  for (let log = logWith(path); log !== undefined; log = logWith(path)) {
    await settle(log.thread, { ends: false, bucketDirectory: log.place.bucketDirectory });
  }
}

/** Objects in the log of a thread for a bucket that are settled together. */
interface HeldLog {
  readonly thread: WriterThread;
  readonly place: Place;
  readonly epoch: number;
  readonly since_ms: number;
  readonly paths: Set<string>;
}

const held = new Set<HeldLog>();
/** Threads that may have logs. */
const logging = new Set<WriterThread>();
let timer: NodeJS.Timeout | undefined;

async function settle(thread: WriterThread, { ends, bucketDirectory }: Omit<SettleJob, 'kind'>): Promise<void> {
  const isChosen = ({ place }: HeldLog): boolean => bucketDirectory === undefined || place.bucketDirectory === bucketDirectory;
  const settling = [...held].filter((log) => log.thread === thread && isChosen(log));
  try {
    await withStorageErrors(() => thread.run({ kind: 'settle', ends, bucketDirectory }));
  } catch (error) {
    if (!thread.hasEnded) throw error;
    for (const { place } of settling) {
      const { bucket, bucketDirectory, links } = place;
      const job = { kind: 'recover', bucket, bucketDirectory, links, endedThread: thread.id } as const;
      await withStorageErrors(() => writerThread().run(job));
    }
  }
  for (const log of settling) held.delete(log);
}

/** Nobody is asked to wait for what is done here; what fails is tried again. */
function settleOld(): void {
  const ends = ![...rates.keys()].some(isBusy);
  for (const thread of logging) {
    const isOld = [...held].some((log) => log.thread === thread && log.since_ms < Date.now() - limits.upload_settle_ms);
    if (!ends && !isOld) continue;
    // why: at once, since it may log again before it has answered.
    if (ends) logging.delete(thread);
    settle(thread, { ends }).catch(() => {
      logging.add(thread);
      startTimer();
    });
  }
  if (logging.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

/** Small uploads of a second that began then, and of the one before. */
interface Rate {
  from_ms: number;
  count: number;
  before: number;
}

/** By the directory of the bucket. */
const rates = new Map<string, Rate>();

/** Whether so many small uploads come to a bucket that a log is worth its making. */
function isBusy(bucketDirectory: string): boolean {
  const { count, before } = rateOf(bucketDirectory);
  return Math.max(count, before) >= limits.logged_uploads_per_second_min;
}

function rateOf(bucketDirectory: string): Rate {
  const now_ms = Date.now();
  let rate = rates.get(bucketDirectory);
  if (rate === undefined) {
    if (rates.size >= limits.bucket_settings_cached_max) rates.clear();
    rate = { from_ms: now_ms, count: 0, before: 0 };
    rates.set(bucketDirectory, rate);
  }
  const passed_ms = now_ms - rate.from_ms;
  if (passed_ms >= 1000) {
    rate.before = passed_ms < 2000 ? rate.count : 0;
    rate.count = 0;
    rate.from_ms = now_ms;
  }
  return rate;
}
