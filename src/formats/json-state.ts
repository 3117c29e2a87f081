/** Where a scan of JSON stands between two records, as text that travels: an offset, and the states of the walk and the strict check there. */
import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { FRAME_BYTES, STATE_BYTES, STRICT_BYTES } from '../kernels/json-kernels.ts';
import type { Memory } from '../kernels/memory.ts';
import type { JsonState, StartState } from './scan.ts';

/** What the memory of the thread holds of a scan. */
export interface ScanState {
  readonly walk: Uint8Array;
  /** Empty where it is that between two root values, as always where the mode is not strict. */
  readonly strict: Uint8Array;
}

/** The state, to be kept before the walk goes on. */
export function captureState({ u32, u8, layout }: Memory): ScanState {
  const frames = u32[layout.json_state >> 2]!;
  const expected = u32[layout.json_strict >> 2]!;
  const depth = u32[(layout.json_strict >> 2) + 1]!;
  const strict_bytes = expected === 0 && depth === 0 ? 0 : STRICT_BYTES + Math.ceil(depth / 8);
  return {
    walk: u8.slice(layout.json_state, layout.json_state + STATE_BYTES + frames * FRAME_BYTES),
    strict: u8.slice(layout.json_strict, layout.json_strict + strict_bytes),
  };
}

export function stateText(offset: number, { walk, strict }: ScanState): JsonState {
  const isInitial = walk.length === STATE_BYTES && walk.every((byte) => byte === 0);
  const text = `json:${offset}:${isInitial ? '' : hex(walk)}` as const;
  return strict.length === 0 ? text : `${text}:${hex(strict)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Sets the state and answers its offset; null where the text tells none. */
export function restoreState({ u8, layout }: Memory, text: StartState | null): number | null {
  u8.fill(0, layout.json_state, layout.json_state + STATE_BYTES);
  u8.fill(0, layout.json_strict, layout.json_strict + STRICT_BYTES);
  const match = text === null ? null : /^json:(\d+):([0-9a-f]*)(?::([0-9a-f]+))?$/.exec(text);
  if (match === null) return null;
  const [walk, strict] = [Buffer.from(match[2]!, 'hex'), Buffer.from(match[3] ?? '', 'hex')];
  assert(walk.length <= STATE_BYTES + FRAME_BYTES * limits.path_steps_max, 'a state has a frame for each step at most');
  assert(strict.length <= STRICT_BYTES + limits.json_depth_max / 8, 'a strict state has a bit for each open bracket at most');
  u8.set(walk, layout.json_state);
  u8.set(strict, layout.json_strict);
  return Number(match[1]);
}
