/** The header in front of each page of a column chunk. */
import { ThriftReader, thriftType } from './page-thrift.ts';

export type PageKind = 'data' | 'data-v2' | 'dictionary' | 'index';

export interface PageHeader {
  readonly kind: PageKind;
  /** Bytes of the header itself. */
  readonly header_bytes: number;
  /** Bytes behind the header, levels among them, as stored and as decompressed. */
  readonly compressed_bytes: number;
  readonly uncompressed_bytes: number;
  /** CRC-32 of the stored bytes; null: the writer has not said. */
  readonly crc: number | null;
  /** NULLs among them. Of a dictionary its entries. */
  readonly values: number;
  /** How the values are encoded: a number of `encoding`, or one we do not know. */
  readonly encoding: number;
  /** How the levels of a `data` page are encoded. */
  readonly definition_encoding: number;
  readonly repetition_encoding: number;
  /** Of a `data-v2` page: its levels stand uncompressed in front of the values. */
  readonly definition_bytes: number;
  readonly repetition_bytes: number;
  readonly rows: number;
  readonly nulls: number;
  readonly is_compressed: boolean;
}

/** Encodings as page headers number them. */
export const encoding = {
  plain: 0,
  plain_dictionary: 2,
  rle: 3,
  bit_packed: 4,
  delta_binary_packed: 5,
  delta_length_byte_array: 6,
  delta_byte_array: 7,
  rle_dictionary: 8,
  byte_stream_split: 9,
} as const;

const KINDS: readonly PageKind[] = ['data', 'index', 'dictionary', 'data-v2'];

/**
 * Reads the header at `at`. `incomplete`: it does not end before `end`. A text says what is wrong with it: a field missing, or a
 * number that cannot be.
 */
export function readPageHeader(bytes: Uint8Array, at: number, end: number): PageHeader | 'incomplete' | { readonly wrong: string } {
  const reader = new ThriftReader(bytes, at, end);
  const draft = emptyDraft();
  let type = -1;
  let seen = 0;
  reader.struct((id, fieldType) => {
    if (fieldType === thriftType.i32 && id >= 1 && id <= 4) {
      seen |= 1 << id;
      const value = reader.int();
      if (id === 1) type = value;
      else if (id === 2) draft.uncompressed_bytes = value;
      else if (id === 3) draft.compressed_bytes = value;
      else draft.crc = value >>> 0;
    } else if (fieldType === thriftType.struct && id >= 5 && id <= 8) {
      seen |= 1 << id;
      const fields = id === 8 ? V2_FIELDS : FIELDS;
      reader.struct((inner, innerType) => readNumber(reader, draft, fields[inner], innerType), 1);
    } else return false;
    return true;
  });
  if (reader.overrun) return 'incomplete';
  if (reader.malformed) return { wrong: 'its header is malformed' };
  draft.header_bytes = reader.at - at;
  return finish(draft, type, seen);
}

type Draft = { -readonly [name in keyof PageHeader]: PageHeader[name] };

const emptyDraft = (): Draft => ({
  kind: 'data',
  header_bytes: 0,
  uncompressed_bytes: -1,
  compressed_bytes: -1,
  crc: null,
  values: -1,
  encoding: -1,
  definition_encoding: -1,
  repetition_encoding: -1,
  definition_bytes: -1,
  repetition_bytes: -1,
  rows: -1,
  nulls: -1,
  is_compressed: true,
});

/** Numbers in the structs of data pages and dictionaries, by field. */
const FIELDS = [undefined, 'values', 'encoding', 'definition_encoding', 'repetition_encoding'] as const;
const V2_FIELDS = [undefined, 'values', 'nulls', 'rows', 'encoding', 'definition_bytes', 'repetition_bytes', 'is_compressed'] as const;

function readNumber(reader: ThriftReader, draft: Draft, name: (typeof FIELDS)[number] | (typeof V2_FIELDS)[number], type: number): boolean {
  if (name === 'is_compressed') {
    draft.is_compressed = type !== thriftType.false;
    return type === thriftType.true || type === thriftType.false;
  }
  if (name === undefined || type !== thriftType.i32) return false;
  draft[name] = reader.int();
  return true;
}

function finish(draft: Draft, type: number, seen: number): PageHeader | { readonly wrong: string } {
  const kind = KINDS[type];
  if (kind === undefined) return { wrong: `its type is ${type}` };
  if (draft.compressed_bytes < 0 || draft.uncompressed_bytes < 0) return { wrong: 'its size is missing or negative' };
  if (kind !== 'index') {
    // why: fields 5, 7 and 8 are those of data, dictionary and data-v2.
    const struct = kind === 'data' ? 5 : kind === 'dictionary' ? 7 : 8;
    if ((seen & (1 << struct)) === 0) return { wrong: 'its header has nothing about its values' };
    if (draft.values < 0 || draft.encoding < 0) return { wrong: 'its number of values or encoding is missing or negative' };
  }
  if (kind === 'data-v2') {
    const { rows, nulls, values, definition_bytes, repetition_bytes } = draft;
    const levels = definition_bytes + repetition_bytes;
    if (definition_bytes < 0 || repetition_bytes < 0 || levels > Math.min(draft.compressed_bytes, draft.uncompressed_bytes))
      return { wrong: 'the size of its levels is missing or larger than the page' };
    if (rows < 0 || nulls < 0 || rows > values || nulls > values) return { wrong: 'its number of rows or NULLs cannot be' };
  }
  draft.kind = kind;
  return draft;
}
