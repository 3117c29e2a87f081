/** Kernels of a thread: both implementations over one memory, made once and kept. */
import { workerData } from 'node:worker_threads';
import { limits } from '../base/limits.ts';
import { Constants } from './constants.ts';
import type { Kernels } from './kernels.ts';
import { createMemory, type Memory } from './memory.ts';
import { referenceKernels } from './reference.ts';
import { compileModules, type Modules, simdKernels } from './simd.ts';

export interface ThreadKernels {
  readonly memory: Memory;
  readonly constants: Constants;
  readonly simd: Kernels;
  readonly reference: Kernels;
}

let modules: Modules | undefined;

/** The modules, compiled once per process: a worker gets them in its `workerData`. */
export function loadModules(): Modules {
  const handedOver = (workerData as { modules?: Modules } | null)?.modules;
  modules ??= handedOver ?? compileModules();
  return modules;
}

let kernels: (ThreadKernels & { readonly record_bytes_max: number }) | undefined;

/** The kernels of this thread, for records of up to `record_bytes_max`; made again only when a query needs longer records. */
export function threadKernels(record_bytes_max: number): ThreadKernels {
  if (kernels === undefined || kernels.record_bytes_max < record_bytes_max) {
    const bytes_max = Math.max(record_bytes_max, limits.record_bytes_max);
    const memory = createMemory(bytes_max);
    kernels = {
      record_bytes_max: bytes_max,
      memory,
      constants: new Constants(memory),
      simd: simdKernels(loadModules(), memory),
      reference: referenceKernels(memory),
    };
  }
  return kernels;
}
