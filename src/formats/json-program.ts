/** Paths as the programs of the JSON kernels, in the constants of a thread. */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Constants } from '../kernels/constants.ts';
import { NO_COLUMN, stepKind } from '../kernels/json-kernels.ts';
import type { PathStep } from '../vector/path.ts';

/** The path of FROM: u32 steps, then four words each. @throws {SelectError} MaxOperatorsExceeded */
export function sourceProgram(constants: Constants, source: readonly PathStep[]): number {
  checkLength(source);
  return constants.u32s([source.length, ...source.flatMap((step) => stepWords(constants, step))]);
}

/** A set of columns found in one walk. `columns` are numbered in the order given. @throws {SelectError} MaxOperatorsExceeded */
export function locateProgram(constants: Constants, paths: readonly (readonly PathStep[])[]): number {
  const root = new Node();
  paths.forEach((path, column) => {
    checkLength(path);
    let node = root;
    path.forEach((step, index) => {
      const branch = node.branch(step);
      if (index + 1 < path.length) node = branch.below ??= new Node();
      else branch.column ??= column;
    });
  });
  return root.encode(constants);
}

interface Branch {
  readonly step: PathStep;
  column: number | null;
  below: Node | null;
}

class Node {
  readonly #branches = new Map<string, Branch>();

  branch(step: PathStep): Branch {
    const key = JSON.stringify(step);
    let branch = this.#branches.get(key);
    if (branch === undefined) {
      branch = { step, column: null, below: null };
      this.#branches.set(key, branch);
    }
    return branch;
  }

  /** Answers the address of the node. */
  encode(constants: Constants): number {
    const branches = [...this.#branches.values()];
    const below = branches.map((branch) => branch.below?.encode(constants) ?? 0);
    const words = branches.flatMap(({ step, column }, index) => [...stepWords(constants, step), column ?? NO_COLUMN, below[index]!]);
    return constants.u32s([branches.length, ...words]);
  }
}

function stepWords(constants: Constants, step: PathStep): [number, number, number, number] {
  switch (step.kind) {
    case 'member': {
      const [address, length] = nameConstant(constants, step.name, step.exact);
      return [step.exact ? stepKind.exact : stepKind.fold, address, length, /["\\]/.test(step.name) ? ESCAPED : length];
    }
    case 'index':
      return [stepKind.index, 0, 0, Math.min(step.index, 0xffffffff)];
    case 'elements':
      return [stepKind.elements, 0, 0, 0];
    case 'members':
      return [stepKind.members, 0, 0, 0];
  }
}

/** A name as kernels compare it: padded to 16 bytes, and behind it as many to be or-ed to the text, which fold the case of letters. */
function nameConstant(constants: Constants, name: string, exact: boolean): [address: number, length: number] {
  const bytes = Buffer.from(exact ? name : name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
  const padded = (bytes.length + 15) & ~15;
  const block = Buffer.alloc(2 * padded);
  block.set(bytes);
  for (const [index, byte] of bytes.entries()) block[padded + index] = !exact && byte >= A && byte <= Z ? 0x20 : 0;
  return [constants.bytes(block), bytes.length];
}

/** The length of a name that no key has as it is: it begins or ends elsewhere, or says something else. */
const ESCAPED = 0xffffffff;
const A = 0x61;
const Z = 0x7a;

function checkLength(path: readonly PathStep[]): void {
  if (path.length > limits.path_steps_max) throw new SelectError('MaxOperatorsExceeded', { max: limits.path_steps_max });
}
