/** Memory outside of the heap, given back without waiting for the collector of garbage, which learns of it late and then works for nothing. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';

/** Detaches the buffers of `parts`, which nobody else may use, and frees them. */
export function freeMemory(parts: readonly Uint8Array[]): void {
  if (parts.length > 0) nowhere.postMessage(null, [...new Set(parts.map(({ buffer }) => buffer as ArrayBuffer))]);
}

/** What is moved through a port whose other end is closed is gone. */
const nowhere = closedPort();

function closedPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.close();
  return port2;
}
