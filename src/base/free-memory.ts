/** Memory outside of the heap, given back without waiting for the collector of garbage, which learns of it late and then works for nothing. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';

/** Detaches the buffers of `parts`, which nobody else may use, and frees them. */
export function freeMemory(parts: readonly Uint8Array[]): void {
  if (parts.length > 0) nowhere.postMessage(null, [...new Set(parts.map(({ buffer }) => buffer as ArrayBuffer))]);
}

/**
 * Has the C library keep about as much of the memory that is freed, for what is allocated next: GNU's takes the largest block that was
 * freed for the measure of that (mallopt(3), on M_MMAP_THRESHOLD). With another library nothing comes of it.
 */
export function keepFreedMemory(bytes: number): void {
  freeMemory([new Uint8Array(bytes)]);
}

/** What is moved through a port whose other end is closed is gone. */
const nowhere = closedPort();

function closedPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.close();
  return port2;
}
