import type { JsonKernels } from './json-kernels.ts';
import type { Memory } from './memory.ts';
export function referenceJson(_memory: Memory): JsonKernels {
  return {} as JsonKernels;
}
