/** Plain twins of the kernels of Parquet pages, put together from their topics. */
import type { Memory } from './memory.ts';
import type { ParquetKernels } from './parquet-kernels.ts';
import { referenceCodecs } from './reference-parquet-codecs.ts';
import { referenceFilters } from './reference-parquet-filters.ts';
import { referenceLevels } from './reference-parquet-levels.ts';
import { referenceRows } from './reference-parquet-rows.ts';
import { referenceSearch } from './reference-parquet-search.ts';
import { referenceStreams } from './reference-parquet-streams.ts';
import { referenceBigTakes, referenceTakes } from './reference-parquet-takes.ts';
import { referenceTexts } from './reference-parquet-texts.ts';

/** Kernels of Parquet pages over `memory`. */
export function referenceParquet(memory: Memory): ParquetKernels {
  const view = new DataView(memory.wasm.buffer);
  return {
    ...referenceCodecs(memory.u8),
    ...referenceStreams(view),
    ...referenceLevels(view),
    ...referenceFilters(view),
    ...referenceRows(view),
    ...referenceTakes(view),
    ...referenceBigTakes(view),
    ...referenceTexts(memory),
    ...referenceSearch(memory),
  };
}
