/** A program as workers get it: serialized once, in memory that all of them read. */
import { deserialize, serialize } from 'node:v8';
import type { Program } from './task.ts';

export function encodeProgram(program: Program): SharedArrayBuffer {
  const bytes = serialize(program);
  const shared = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(shared).set(bytes);
  return shared;
}

export function decodeProgram(shared: SharedArrayBuffer): Program {
  return deserialize(new Uint8Array(shared)) as Program;
}
