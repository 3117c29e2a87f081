/**
 * Predicates on JSON tokens. Numbers are decided on number tokens, text on string tokens; a token of another type is left to the
 * filter, and so is a number of more digits than a double holds.
 */
import { type Kernels, NEEDLE_BYTES_MAX } from '../kernels/kernels.ts';
import type { ThreadKernels } from '../kernels/load.ts';
import type { Memory } from '../kernels/memory.ts';
import type { ScanPredicate } from '../vector/predicate.ts';
import { containedText, predicateKernel } from './predicate-kernels.ts';

/** Where a predicate runs; `texts`: fields for the texts of tokens. */
export interface PredicateScope {
  readonly kernels: Kernels;
  readonly memory: Memory;
  readonly texts: number;
}

export interface EncodedPredicate {
  readonly slot: number;
  /** Keeps rows of a selection and answers how many. */
  readonly run: (scope: PredicateScope, fields: number, selection: number, count: number, into: number) => number;
  readonly decides: boolean;
  /** Text to look for in the raw bytes before any column is located. */
  readonly needle: { readonly address: number; readonly length: number } | null;
}

export function encodePredicate({ constants }: ThreadKernels, predicate: ScanPredicate): EncodedPredicate {
  const { slot, kind } = predicate;
  const run = predicateKernel(constants, predicate);
  if (kind === 'number' || kind === 'present') {
    return {
      slot,
      run: ({ kernels }, fields, selection, count, into) => run(kernels, fields, selection, count, into),
      decides: kind === 'present',
      needle: null,
    };
  }
  const text = kind === 'like' && !predicate.negated ? containedText(predicate.pattern) : null;
  const needle = text === null ? null : Buffer.from(text);
  const searchable =
    needle !== null &&
    needle.length > 0 &&
    needle.length <= NEEDLE_BYTES_MAX &&
    !needle.some((byte) => byte < 0x20 || byte === QUOTE || byte === BACKSLASH);
  return {
    slot,
    decides: false,
    needle: searchable ? { address: constants.bytes(needle), length: needle.length } : null,
    run(scope, fields, selection, count, into) {
      const { kernels, memory, texts } = scope;
      const strings = kernels.json.jsonStrings(fields, selection, count, texts, into);
      const others = kernels.json.jsonOthers();
      // why: predicates may write the selection they read.
      const kept = run(kernels, texts, into, strings, into);
      return others === 0 ? kept : withUndecided(memory, selection, count, kept, into);
    },
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Adds the undecided rows of a selection to those that are kept, in order. */
function withUndecided({ u32, u8, layout }: Memory, selection: number, count: number, kept: number, into: number): number {
  const keeps = u32.slice(into >> 2, (into >> 2) + kept);
  let next = 0;
  let rows = 0;
  for (let i = 0; i < count; i++) {
    const row = selection === 0 ? i : u32[(selection >> 2) + i]!;
    const keep = next < kept && keeps[next] === row;
    if (keep) next++;
    if (keep || u8[layout.undecided + row] !== 0) u32[(into >> 2) + rows++] = row;
  }
  return rows;
}
