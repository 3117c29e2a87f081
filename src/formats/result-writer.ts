/** The writer of a query's output. A new output format is a line here. */
import { csvWriter, type RecordWriter } from './csv-write.ts';
import type { OutputFormat } from './format.ts';
import { jsonWriter } from './json-write.ts';

export function resultWriter(output: OutputFormat): RecordWriter {
  return output.format === 'csv' ? csvWriter(output) : jsonWriter(output);
}
