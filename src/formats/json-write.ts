/** Writes result records as compact JSON objects, from SQL values of any type. */
import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { jsonText } from '../vector/text.ts';
import { putBytes, putText, type RecordWriter } from './csv-write.ts';
import type { JsonOutput } from './format.ts';

/** Keys stand in column order, equal names included; MISSING leaves its key out, NULL is `null`; text stays UTF-8. */
export function jsonWriter(output: JsonOutput): RecordWriter {
  const recordDelimiter = encoder.encode(output.recordDelimiter);
  const keyOf = keyEncoder();
  return {
    write(names, values, into, at, end) {
      let to = putBytes(OPEN, into, at, end);
      let empty = true;
      for (let i = 0; i < values.length && to >= 0; i++) {
        const token = jsonText(values[i]);
        if (token === undefined) continue;
        const name = names[i];
        assert(name !== undefined, 'every value has a name');
        if (!empty) to = putBytes(COMMA, into, to, end);
        if (to >= 0) to = putBytes(keyOf(name), into, to, end);
        if (to >= 0) to = putText(token, into, to, end);
        empty = false;
      }
      if (to >= 0) to = putBytes(CLOSE, into, to, end);
      return to < 0 ? -1 : putBytes(recordDelimiter, into, to, end);
    },
  };
}

const encoder = new TextEncoder();
const OPEN = encoder.encode('{');
const COMMA = encoder.encode(',');
const CLOSE = encoder.encode('}');

/** Encoded `"name":` by name, kept between records. */
function keyEncoder(): (name: string) => Uint8Array {
  const keys = new Map<string, Uint8Array>();
  return (name) => {
    let key = keys.get(name);
    if (key === undefined) {
      if (keys.size >= limits.columns_max) keys.clear();
      key = encoder.encode(`${JSON.stringify(name)}:`);
      keys.set(name, key);
    }
    return key;
  };
}
