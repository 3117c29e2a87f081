/** Where a scan of JSON stands between two records, as text that travels: an offset, and the state of the walk there. */
import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { FRAME_BYTES, STATE_BYTES } from '../kernels/json-kernels.ts';
import type { Memory } from '../kernels/memory.ts';
import type { JsonState, StartState } from './scan.ts';

/** The walk's state, to be kept before it goes on. */
export function captureState({ u32, u8, layout }: Memory): Uint8Array {
  const frames = u32[layout.json_state >> 2]!;
  return u8.slice(layout.json_state, layout.json_state + STATE_BYTES + frames * FRAME_BYTES);
}

export function stateText(offset: number, state: Uint8Array): JsonState {
  const isInitial = state.length === STATE_BYTES && state.every((byte) => byte === 0);
  return `json:${offset}:${isInitial ? '' : Buffer.from(state).toString('hex')}`;
}

/** Sets the walk's state and answers its offset; null where the text tells none. */
export function restoreState({ u8, layout }: Memory, text: StartState | null): number | null {
  u8.fill(0, layout.json_state, layout.json_state + STATE_BYTES);
  const match = text === null ? null : /^json:(\d+):([0-9a-f]*)$/.exec(text);
  if (match === null) return null;
  const state = Buffer.from(match[2]!, 'hex');
  assert(state.length <= STATE_BYTES + FRAME_BYTES * limits.path_steps_max, 'a state has a frame for each step at most');
  u8.set(state, layout.json_state);
  return Number(match[1]);
}
