/** The registry of scalar functions. A function of a known topic is one entry in the topic's file. */
import { collectionFunctions } from './collection.ts';
import { conditionalFunctions } from './conditional.ts';
import type { FunctionEntry } from './function.ts';
import { textFunctions } from './text.ts';
import { timeFunctions } from './time.ts';

export { aggregates } from './aggregate.ts';
export type { CallContext, Example, FunctionEntry, Kernel, ParameterType } from './function.ts';

export const functions: readonly FunctionEntry[] = [...conditionalFunctions, ...textFunctions, ...timeFunctions, ...collectionFunctions];

/** The entry of a function by its name or an alias, in any case. */
export function findFunction(name: string): FunctionEntry | undefined {
  return byName.get(name.toUpperCase());
}

const byName: ReadonlyMap<string, FunctionEntry> = new Map(
  functions.flatMap((entry) => [entry.name, ...entry.aliases].map((name) => [name, entry] as const)),
);
