/** Predicates on text, and which kernels decide them: the same for CSV fields and the texts of JSON strings. */
import { assert } from '../base/assert.ts';
import type { Constants } from '../kernels/constants.ts';
import { bound, type Kernels, numberReading, type TextBounds } from '../kernels/kernels.ts';
import type { ScanPredicate } from '../vector/predicate.ts';

/** Runs one predicate over a selection of `count` rows (address 0: all) and answers how many it keeps. */
export type RunPredicate = (kernels: Kernels, fields: number, selection: number, count: number, into: number) => number;

/** Encodes what the predicate compares with. Of these only `number` leaves rows undecided. */
export function predicateKernel(constants: Constants, predicate: ScanPredicate): RunPredicate {
  const { negated } = predicate;
  switch (predicate.kind) {
    case 'number': {
      const { low, high } = predicate;
      const reading =
        predicate.reading === 'int' ? numberReading.int : predicate.reading === 'untyped' ? numberReading.untyped : numberReading.decimal;
      return (kernels, fields, selection, count, into) => kernels.selectNumber(fields, selection, count, low, high, reading, negated, into);
    }
    case 'text': {
      const low = Buffer.from(predicate.low ?? '');
      const high = Buffer.from(predicate.high ?? '');
      const bounds: TextBounds = {
        low: constants.bytes(low),
        lowLength: low.length,
        lowBound: predicate.low === null ? bound.none : predicate.lowInclusive ? bound.inclusive : bound.exclusive,
        high: constants.bytes(high),
        highLength: high.length,
        highBound: predicate.high === null ? bound.none : predicate.highInclusive ? bound.inclusive : bound.exclusive,
      };
      return (kernels, fields, selection, count, into) => kernels.selectText(fields, selection, count, bounds, negated, into);
    }
    case 'like': {
      const program = constants.likeProgram(predicate.pattern);
      return (kernels, fields, selection, count, into) => kernels.selectLike(fields, selection, count, program, negated, into);
    }
    case 'in': {
      const texts = [...new Set(predicate.values)].map((value) => Buffer.from(value));
      const set = constants.textSet(texts);
      return (kernels, fields, selection, count, into) => kernels.selectIn(fields, selection, count, set, texts.length, negated, into);
    }
    case 'present':
      return (kernels, fields, selection, count, into) => kernels.selectPresent(fields, selection, count, negated, into);
    case 'range':
    case 'member':
    case 'null':
      assert(false, 'text has no typed columns');
  }
}

/** The text of `%text%`, or null. */
export function containedText(pattern: Extract<ScanPredicate, { kind: 'like' }>['pattern']): string | null {
  const [before, piece, after] = pattern;
  return pattern.length === 3 && before === 'any-run' && after === 'any-run' && typeof piece === 'object' ? piece.text : null;
}
