/** Text of frames: fields over bytes in the memory. Computed text goes to the room for it; what does not fit is in doubt. */
import { valueCode } from '../../kernels/value-kernels.ts';
import type { LikePattern } from '../../vector/like.ts';
import { ownTexts } from './frame.ts';
import { framesOf, type Machine, type TypedNode } from './node.ts';

/** Bytes that constants of an expression may need beside those of its texts, with room to spare. */
const CONSTANT_BYTES = 256;

/** A column of text, where it is. */
export function textColumn(machine: Machine, slot: number): TypedNode {
  return {
    kind: 'text',
    frames: 1,
    run(scan, _rows, at) {
      const frame = machine.frames[at]!;
      frame.fields = scan.fields(slot);
      frame.step = 8;
    },
  };
}

/** One text for all rows; null without room. */
export function textConstant(machine: Machine, text: string): TypedNode | null {
  const { constants, frames } = machine;
  const bytes = Buffer.from(text);
  if (machine.room < bytes.length + CONSTANT_BYTES) return null;
  const field = constants.fields([bytes]);
  return {
    kind: 'text',
    frames: 1,
    run(_scan, _rows, at) {
      frames[at]!.fields = field;
      frames[at]!.step = 0;
    },
  };
}

/** LIKE; null without room for the pattern. */
export function likeText(machine: Machine, operand: TypedNode, pattern: LikePattern, negated: boolean): TypedNode | null {
  const bytes = pattern.reduce((sum, piece) => sum + 16 + (typeof piece === 'object' ? Buffer.byteLength(piece.text) : 0), CONSTANT_BYTES);
  if (machine.room < bytes) return null;
  const program = machine.constants.likeProgram(pattern);
  return {
    kind: 'truth',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const { fields, step, states } = machine.frames[at]!;
      machine.kernels.likeTexts(fields, step, rows.byteOffset, rows.length, program, Number(negated), states.byteOffset);
    },
  };
}

/** IN of texts; null without room for them. */
export function inTexts(machine: Machine, operand: TypedNode, texts: readonly string[], negated: boolean): TypedNode | null {
  const members = [...new Set(texts)].map((text) => Buffer.from(text));
  if (machine.room < members.reduce((sum, text) => sum + 32 + text.length, CONSTANT_BYTES)) return null;
  const set = machine.constants.textSet(members);
  return {
    kind: 'truth',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const { fields, step, states } = machine.frames[at]!;
      machine.kernels.inTexts(fields, step, rows.byteOffset, rows.length, set, members.length, Number(negated), states.byteOffset);
    },
  };
}

/** UPPER and LOWER. */
export function changeCase(machine: Machine, operand: TypedNode, upper: boolean): TypedNode {
  return {
    kind: 'text',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const frame = machine.frames[at]!;
      const { fields, step, words } = frame;
      const { texts, texts_end } = machine;
      machine.texts = machine.kernels.caseTexts(
        fields,
        step,
        rows.byteOffset,
        rows.length,
        Number(upper),
        words.byteOffset,
        texts,
        texts_end,
      );
      ownTexts(frame);
    },
  };
}

/** SUBSTRING with constants; `length` is not negative, null for the rest of the text. */
export function substringText(machine: Machine, operand: TypedNode, start: number, length: number | null): TypedNode {
  const u32_max = 2 ** 32 - 1;
  const first = Math.max(start, 1);
  const skip = Math.min(first - 1, u32_max);
  const take = length === null ? u32_max : Math.min(Math.max(start + length - first, 0), u32_max);
  return {
    kind: 'text',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const frame = machine.frames[at]!;
      machine.kernels.substringTexts(frame.fields, frame.step, rows.byteOffset, rows.length, skip, take, frame.words.byteOffset);
      ownTexts(frame);
    },
  };
}

/** TRIM with a constant set of ASCII characters; null for others. */
export function trimText(machine: Machine, operand: TypedNode, characters: string, leading: boolean, trailing: boolean): TypedNode | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  if (!/^[\x00-\x7f]*$/.test(characters) || machine.room < CONSTANT_BYTES) return null;
  const set = machine.constants.take(128);
  for (const character of characters) machine.memory.u8[set + character.charCodeAt(0)] = 1;
  const sides = Number(leading) + 2 * Number(trailing);
  return {
    kind: 'text',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const frame = machine.frames[at]!;
      machine.kernels.trimTexts(frame.fields, frame.step, rows.byteOffset, rows.length, set, sides, frame.words.byteOffset);
      ownTexts(frame);
    },
  };
}

/** `||`. */
export function concatTexts(machine: Machine, left: TypedNode, right: TypedNode): TypedNode {
  return {
    kind: 'text',
    frames: framesOf([left, right]),
    run(scan, rows, at) {
      left.run(scan, rows, at);
      right.run(scan, rows, at + 1);
      const a = machine.frames[at]!;
      const b = machine.frames[at + 1]!;
      const { texts, texts_end, kernels } = machine;
      machine.texts = kernels.concatTexts(
        a.fields,
        a.step,
        b.fields,
        b.step,
        rows.byteOffset,
        rows.length,
        a.words.byteOffset,
        texts,
        texts_end,
      );
      ownTexts(a);
    },
  };
}

/** CHAR_LENGTH. */
export function textLength(machine: Machine, operand: TypedNode): TypedNode {
  return {
    kind: 'number',
    frames: operand.frames,
    run(scan, rows, at) {
      operand.run(scan, rows, at);
      const frame = machine.frames[at]!;
      const { fields, step, values, states } = frame;
      const seen = machine.kernels.textLengths(fields, step, rows.byteOffset, rows.length, values.byteOffset, states.byteOffset);
      frame.code = valueCode.int;
      frame.clean = seen === 0;
    },
  };
}
