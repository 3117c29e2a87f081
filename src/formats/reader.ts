/** The registry of input formats: one line each. */
import { assert } from '../base/assert.ts';
import type { ThreadKernels } from '../kernels/load.ts';
import { csvReader } from './csv-scan.ts';
import type { InputFormat } from './format.ts';
import { jsonReader } from './json-scan.ts';
import type { ParquetSchema } from './parquet/metadata.ts';
import { parquetReader } from './parquet/scan.ts';
import type { Reader, ScanRequest } from './scan.ts';

/** Prepares to read objects of a format for one query on one thread. `parquet`: the schema of a Parquet object, else null. */
export function prepareReader(thread: ThreadKernels, input: InputFormat, parquet: ParquetSchema | null, request: ScanRequest): Reader {
  switch (input.format) {
    case 'csv':
      return csvReader(thread, input, request);
    case 'json':
      return jsonReader(thread, input, request);
    case 'parquet':
      assert(parquet !== null, 'a Parquet object is described before it is read');
      return parquetReader(thread, parquet, request);
  }
}
