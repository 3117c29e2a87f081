/** Pages as the format allows them and as it does not: what is read of them, or the error that says where. */
import t, { type Test as Tap } from 'tap';
import { type ErrorCode, SelectError } from '../src/base/errors.ts';
import { limits } from '../src/base/limits.ts';
import { readPageHeader } from '../src/formats/parquet/page-header.ts';
import { thriftBytes } from './support/parquet.ts';
import {
  byteArrays,
  codes,
  dataPage,
  dictionaryPage,
  type Element,
  fileOfPages,
  indexPage,
  int32s,
  int96s,
  levels,
  optionalInt32,
  optionalInt96,
  optionalText,
  requiredInt32,
  requiredText,
} from './support/parquet-pages.ts';
import { plain, plainValue, scanRows, simd } from './support/parquet-scan.ts';

/** The values of a file's only column, or the error: by both kernels. */
function valuesOf(bytes: Uint8Array): unknown {
  const [fast, slow] = [simd, plain].map((thread) => {
    try {
      return scanRows(bytes, { thread }).map(({ values }) => plainValue(values[0]));
    } catch (error) {
      if (error instanceof SelectError) return error.toValue();
      throw error;
    }
  });
  if (JSON.stringify(fast) !== JSON.stringify(slow)) throw new Error(`kernels differ: ${JSON.stringify([fast, slow])}`);
  return fast;
}

t.test('what stands between data pages is passed over', async (t) => {
  const pages = [
    indexPage(int32s(7, 8, 9)),
    dataPage(int32s(1, 2), { values: 2 }),
    dataPage(new Uint8Array(0), { values: 0 }),
    indexPage(new Uint8Array(0)),
    dataPage(int32s(3), { values: 1 }),
  ];
  t.same(valuesOf(fileOfPages(requiredInt32, 3, pages)), ['1', '2', '3']);
});

t.test('a chunk may go from a dictionary to plain values', async (t) => {
  const pages = [
    dictionaryPage(byteArrays('zero', 'one', 'é'), 3),
    dataPage(Buffer.concat([levels([2, 1], [1, 0], [1, 1]), codes(2, [1, 2], [2, 0])]), { values: 4, encoding: 8 }),
    dataPage(Buffer.concat([levels([1, 0], [2, 1]), byteArrays('', 'last')]), { values: 3 }),
    dataPage(levels([2, 0]), { values: 2, encoding: 2 }),
  ];
  t.same(valuesOf(fileOfPages(optionalText, 9, pages)), ['é', 'zero', null, 'zero', null, '', 'last', null, null]);
});

t.test('levels in the deprecated encoding', async (t) => {
  // why: its first bit is the highest.
  const pages = [dataPage(Buffer.concat([Uint8Array.of(0b10110000), int32s(5, 6, 7)]), { values: 5, definition_encoding: 4 })];
  t.same(valuesOf(fileOfPages(optionalInt32, 5, pages)), ['5', null, '6', '7', null]);
});

t.test('checksums are compared where there are any', async (t) => {
  const page = (crc: 'right' | 'wrong'): Uint8Array => dataPage(int32s(1, 2), { values: 2, crc });
  t.same(valuesOf(fileOfPages(requiredInt32, 2, [page('right')])), ['1', '2']);
  refused(t, 'the checksum of a page is wrong', [page('wrong')]);
});

t.test('pages that cannot be are refused, with their place and column', async (t) => {
  const three = dataPage(int32s(1, 2, 3), { values: 3 });
  refused(t, 'its pages hold 3 rows of 5', [three], { rows: 5 });
  refused(t, "its pages hold more rows than the row group's 5", [three, three], { rows: 5 });
  refused(t, 'a page cannot be read, its values are cut off', [dataPage(int32s(1), { values: 2 })]);
  refused(t, 'a page is longer than its column chunk', [dataPage(int32s(1, 2), { values: 2, compressed_bytes: 9 })]);
  refused(t, 'a page that is not compressed has two sizes', [dataPage(int32s(1, 2), { values: 2, uncompressed_bytes: 9 })]);
  refused(t, 'a dictionary stands behind other pages', [dataPage(int32s(1), { values: 1 }), dictionaryPage(int32s(1), 1)]);
  refused(t, 'the levels of a page are cut off', [dataPage(Uint8Array.of(200, 0, 0, 0, 4, 1), { values: 2 })], { element: optionalInt32 });
  refused(t, 'the levels of a page are cut off or too high', [dataPage(Buffer.concat([levels([2, 2]), int32s(1, 2)]), { values: 2 })], {
    element: optionalInt32,
  });
  refused(t, 'a page cannot be read, a value is cut off', [dataPage(byteArrays('one').subarray(0, 6), { values: 1 })], {
    element: requiredText,
    rows: 1,
  });
  const coded = (page: Uint8Array) => [dictionaryPage(int32s(10, 20), 2), dataPage(page, { values: 2, encoding: 8 })];
  const codesLost = 'the dictionary codes of a page are cut off or beyond the dictionary';
  refused(t, codesLost, coded(codes(2, [2, 2])));
  refused(t, codesLost, coded(codes(1, [1, 1])));
  refused(t, codesLost, coded(codes(1, [2, 1])).slice(1));
  refused(t, 'a page cannot be read, the width of its dictionary codes is missing or cannot be', coded(new Uint8Array(0)));
  refused(t, 'a page cannot be read, the width of its dictionary codes is missing or cannot be', coded(Uint8Array.of(33, 4, 0)));
  refused(t, 'the dictionary is too short for 3 entries', [
    dictionaryPage(int32s(10, 20), 3),
    dataPage(codes(1, [2, 1]), { values: 2, encoding: 8 }),
  ]);
  refused(
    t,
    'the dictionary ends in the middle of an entry',
    [dictionaryPage(byteArrays('ab').subarray(0, 5), 1), dataPage(codes(1, [2, 0]), { values: 2, encoding: 8 })],
    {
      element: requiredText,
    },
  );
});

t.test('encodings that are unknown, or none of the type', async (t) => {
  const page = (encoding: number) => [dataPage(int32s(1, 2), { values: 2, encoding })];
  refused(t, 'INT32 in encoding 7', page(7), { code: 'UnsupportedParquetType' });
  refused(t, 'INT32 in encoding 77', page(77), { code: 'UnsupportedParquetType' });
  refused(t, 'BYTE_ARRAY in encoding 5', page(5), { code: 'UnsupportedParquetType', element: requiredText });
  refused(t, 'levels in encoding 5', [dataPage(int32s(1, 2), { values: 2, definition_encoding: 5 })], {
    code: 'UnsupportedParquetType',
    element: optionalInt32,
  });
});

t.test('text that is no UTF-8 is refused where it is read, and only there', async (t) => {
  const page = dataPage(byteArrays('ok', Uint8Array.of(0xff, 0x41)), { values: 2 });
  const file = fileOfPages(requiredText, 2, [page]);
  const error = valuesOf(file);
  t.match(error, { code: 'InvalidTextEncoding', params: { offset: 4, hint: 'Column c.' } });
  const like = { kind: 'like', slot: 0, pattern: [{ text: 'o' }, 'any-run'], negated: false } as const;
  t.same(
    scanRows(file, { predicates: [like] }).map(({ values }) => values[0]),
    ['ok'],
  );
});

t.test('what a page claims is not believed before there is room for it', async (t) => {
  const huge = 2 ** 31 - 1;
  refused(t, 'do not fit the memory for decoding', [dataPage(Uint8Array.of(1, 2, 3), { values: 2, uncompressed_bytes: huge })], {
    codec: 1,
    code: 'OverMaxParquetBlockSize',
  });
  const many = dataPage(Buffer.concat([levels([huge >> 1, 0])]), { values: huge >> 1 });
  refused(t, 'do not fit the memory for decoding', [many], { element: optionalInt32, rows: huge >> 1, code: 'OverMaxParquetBlockSize' });
  refused(t, 'the dictionary is too short', [dictionaryPage(int32s(1), huge), dataPage(codes(1, [2, 0]), { values: 2, encoding: 8 })]);
  const lengths = dataPage(Uint8Array.of(128, 1, 4, 2, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0), { values: 2, encoding: 6 });
  refused(t, 'a value is cut off', [lengths], { element: requiredText });
});

t.test('a long header is read to its end, and one without an end is not', async (t) => {
  const header = (bytes: number): Uint8Array =>
    thriftBytes({
      field_1: 0,
      field_2: 4,
      field_3: 4,
      field_5: {
        field_1: 1,
        field_2: 0,
        field_3: 3,
        field_4: 3,
        field_5: { field_1: new Uint8Array(bytes), field_2: new Uint8Array(bytes) },
      },
    });
  t.same(valuesOf(fileOfPages(requiredInt32, 1, [Buffer.concat([header(50_000), int32s(9)])])), ['9']);
  const nested = Buffer.alloc(40, 0x1c);
  refused(t, 'its header is malformed', [nested], { rows: 1 });
  refused(t, 'the header of a page is cut off', [Uint8Array.of(0x18, 0xff, 0xff, 0xff, 0xff, 0x0f)], { rows: 1 });
});

t.test('headers by themselves', async (t) => {
  const read = (fields: Record<string, unknown>) => {
    const bytes = thriftBytes(fields);
    for (let end = 0; end < bytes.length; end++) t.equal(readPageHeader(bytes, 0, end), 'incomplete');
    return readPageHeader(bytes, 0, bytes.length);
  };
  const v2 = { field_1: 3, field_2: 20, field_3: 10 };
  const struct = { field_1: 5, field_2: 1, field_3: 5, field_4: 8, field_5: 3, field_6: 1 };
  t.match(read({ ...v2, field_8: { ...struct, field_7: false } }), {
    kind: 'data-v2',
    values: 5,
    nulls: 1,
    is_compressed: false,
    crc: null,
  });
  t.match(read({ ...v2, field_4: -1, field_8: struct }), {
    is_compressed: true,
    crc: 0xffffffff,
    definition_bytes: 3,
    repetition_bytes: 1,
  });
  for (const [fields, wrong] of [
    [{ ...v2, field_8: { ...struct, field_5: 11 } }, 'the size of its levels is missing or larger than the page'],
    [{ ...v2, field_8: { ...struct, field_6: -1 } }, 'the size of its levels is missing or larger than the page'],
    [{ ...v2, field_8: { ...struct, field_2: 6 } }, 'its number of rows or NULLs cannot be'],
    [{ ...v2, field_8: { ...struct, field_1: -1 } }, 'its number of values or encoding is missing or negative'],
    [{ ...v2, field_5: struct }, 'its header has nothing about its values'],
    [{ ...v2, field_1: 4 }, 'its type is 4'],
    [{ ...v2, field_3: -1 }, 'its size is missing or negative'],
    [{}, 'its type is -1'],
  ] as const)
    t.same(read(fields), { wrong });
});

interface Refusal {
  readonly element?: Element;
  readonly rows?: number;
  readonly codec?: number;
  readonly code?: ErrorCode;
}

function refused(
  t: Pick<Tap, 'match' | 'ok'>,
  what: string,
  pages: readonly Uint8Array[],
  { element = requiredInt32, rows = 2, codec = 0, code = 'ParquetParsingError' }: Refusal = {},
): void {
  const file = fileOfPages(element, rows, pages, codec);
  const error = valuesOf(file);
  t.match(error, { code, params: { offset: Number } }, what);
  if (typeof error !== 'object' || error === null || !('code' in error)) return;
  const { message, params } = SelectError.fromValue(error as ReturnType<SelectError['toValue']>);
  t.ok(message.includes(what), `${message} says ${what}`);
  t.ok(message.includes('Column c'), message);
  const offset = Number(params['offset']);
  t.ok(offset >= 4 && offset < file.length && offset < limits.parquet_footer_bytes_max, `${offset} is in the file`);
}

const times = [
  [2_440_588, 1n],
  [1_721_426, 0n],
  [5_373_484, 86_399_999_999_999n],
  [2_547_339, 85_636_854_775_807n],
  [2_547_339, 85_636_854_775_806n],
  [2_547_340, -1n],
  [2_229_000, 3n],
  [2_440_588, -(2n ** 63n)],
] as const;
const moments = [
  '1970-01-01T00:00:00.000000001-00:00',
  '0001-01-01T00:00:00.000000000-00:00',
  '9999-12-31T23:59:59.999999999-00:00',
  '2262-04-11T23:47:16.854775807-00:00',
  '2262-04-11T23:47:16.854775806-00:00',
  '2262-04-11T23:59:59.999999999-00:00',
  '1390-09-10T00:00:00.000000003-00:00',
  '1677-09-21T00:12:43.145224192-00:00',
];

t.test('INT96 of all years, plain, by a dictionary and in lists', async (t) => {
  const count = times.length;
  const plainPage = dataPage(Buffer.concat([levels([count, 1], [1, 0]), int96s(...times)]), { values: count + 1 });
  t.same(valuesOf(fileOfPages(optionalInt96, count + 1, [plainPage])), [...moments, null]);
  const byCodes = [
    dictionaryPage(int96s(...times), count),
    dataPage(Buffer.concat([levels([1, 0], [3, 1]), codes(3, [1, 2], [2, 1])]), { values: 4, encoding: 8 }),
    dataPage(Buffer.concat([levels([2, 1]), int96s(times[5], times[6])]), { values: 2 }),
  ];
  t.same(valuesOf(fileOfPages(optionalInt96, 6, byCodes)), [null, moments[2], moments[1], moments[1], moments[5], moments[6]]);
});
