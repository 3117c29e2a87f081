/** Schemas of Parquet: types of both generations, lists and maps of all ages, and what is no tree. */
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import { readSchema, typedSchemaOf } from '../src/formats/parquet/schema.ts';

/** A schema element in Thrift; `of`: its members. */
interface Spec {
  readonly name: string;
  readonly repetition?: 0 | 1 | 2;
  readonly type?: number;
  readonly width?: number;
  readonly converted?: number;
  readonly logical?: object;
  readonly of?: readonly Spec[];
  readonly scale?: number;
  readonly precision?: number;
}

function elementsOf(spec: Spec): object[] {
  const { name, repetition = 0, type, width, converted, logical, of, scale, precision } = spec;
  const element = {
    field_1: of === undefined ? (type ?? 1) : undefined,
    field_2: width,
    field_3: repetition,
    field_4: Buffer.from(name),
    field_5: of?.length,
    field_6: converted,
    field_7: scale,
    field_8: precision,
    field_10: logical,
  };
  return [element, ...(of ?? []).flatMap(elementsOf)];
}

const schemaOf = (...of: Spec[]) => readSchema(elementsOf({ name: 'root', of }));

t.test('lists and maps of all ages', async (t) => {
  const LIST = 3;
  const MAP = 1;
  const MAP_KEY_VALUE = 2;
  const leaf = (name: string, optional = false) => ({ kind: 'leaf', name, optional, leaf: 0 });
  const only = (spec: Spec): unknown => schemaOf(spec).roots[0];

  // The examples of the format's page on logical types, "backward-compatibility rules".
  const three = { name: 'list', repetition: 2, of: [{ name: 'element', repetition: 1 }] } as const;
  t.match(only({ name: 'l', repetition: 1, converted: LIST, of: [three] }), {
    kind: 'list',
    optional: true,
    element: leaf('element', true),
  });
  t.match(only({ name: 'l', logical: { field_3: {} }, of: [three] }), { kind: 'list', optional: false, element: leaf('element', true) });
  t.match(only({ name: 'l', converted: LIST, of: [{ name: 'element', repetition: 2 }] }), { kind: 'list', element: leaf('element') });
  const pair = { name: 'element', repetition: 2, of: [{ name: 'a' }, { name: 'b' }] } as const;
  t.match(only({ name: 'l', converted: LIST, of: [pair] }), {
    kind: 'list',
    element: { kind: 'struct', optional: false, children: [{ name: 'a' }, { name: 'b' }] },
  });
  for (const name of ['array', 'l_tuple']) {
    const wrapped = { name, repetition: 2, of: [{ name: 'str' }] } as const;
    t.match(
      only({ name: 'l', converted: LIST, of: [wrapped] }),
      { kind: 'list', element: { kind: 'struct', children: [leaf('str')] } },
      name,
    );
  }
  const inner = { name: 'array', repetition: 2, converted: LIST, of: [{ name: 'array', repetition: 2 }] } as const;
  t.match(only({ name: 'l', converted: LIST, of: [inner] }), {
    kind: 'list',
    element: { kind: 'list', optional: false, element: leaf('array') },
  });
  const repeatedOnly = { name: 'list', repetition: 2, of: [{ name: 'x', repetition: 2 }] } as const;
  t.match(only({ name: 'l', converted: LIST, of: [repeatedOnly] }), {
    kind: 'list',
    element: { kind: 'struct', children: [{ kind: 'list', element: leaf('x') }] },
  });
  t.match(only({ name: 'r', repetition: 2 }), { kind: 'list', optional: false, element: leaf('r') });
  t.match(only({ name: 'r', repetition: 2, of: [{ name: 'a' }] }), { kind: 'list', element: { kind: 'struct', children: [leaf('a')] } });

  const entry = { name: 'key_value', repetition: 2, of: [{ name: 'key' }, { name: 'value', repetition: 1 }] } as const;
  for (const converted of [MAP, MAP_KEY_VALUE]) {
    const map = only({ name: 'm', repetition: 1, converted, of: [entry] });
    t.match(map, { kind: 'map', optional: true, key: leaf('key'), value: { kind: 'leaf', optional: true, leaf: 1 } });
  }
  const keys = { name: 'key_value', repetition: 2, of: [{ name: 'key' }] } as const;
  t.match(only({ name: 'm', converted: MAP, of: [keys] }), { kind: 'list', element: leaf('key') });

  const deep = schemaOf(
    { name: 'l', repetition: 1, converted: LIST, of: [three] },
    { name: 'r', repetition: 2, of: [{ name: 'a', repetition: 1 }] },
  );
  t.same(
    deep.leaves.map(({ path, definition_max, repetition_max }) => [path.join('.'), definition_max, repetition_max]),
    [
      ['l.list.element', 3, 1],
      ['r.a', 2, 1],
    ],
  );
});

t.test('types, of both generations', async (t) => {
  const typed = (spec: Omit<Spec, 'name'>): unknown => {
    const schema = schemaOf({ name: 'x', ...spec });
    const [column] = typedSchemaOf(schema).columns;
    const { logical } = schema.leaves[0]!;
    return [column?.type, logical.kind, ...Object.values(logical).slice(1)];
  };
  const BINARY = 6;
  const FIXED = 7;
  t.same(typed({ type: 0 }), ['bool', 'none']);
  t.same(typed({ type: 2 }), ['int', 'none']);
  t.same(typed({ type: 3 }), ['timestamp', 'timestamp', 'nanos', false], 'INT96');
  t.same(typed({ type: 4 }), ['float', 'none']);
  t.same(typed({ type: BINARY }), ['string', 'bytes']);
  t.same(typed({ type: BINARY, converted: 0 }), ['string', 'text']);
  t.same(typed({ type: BINARY, logical: { field_4: {} } }), ['string', 'text'], 'ENUM');
  t.same(typed({ type: BINARY, logical: { field_13: {} } }), ['string', 'bytes'], 'BSON');
  t.same(typed({ type: 2, converted: 14 }), ['decimal', 'int', 64, false], 'UINT_64 is beyond INT');
  t.same(typed({ type: 1, converted: 11 }), ['int', 'int', 8, false]);
  t.same(typed({ type: 1, logical: { field_10: { field_1: 16, field_2: true } } }), ['int', 'int', 16, true]);
  t.same(typed({ type: 2, converted: 10 }), ['timestamp', 'timestamp', 'micros', true]);
  t.same(typed({ type: 2, logical: { field_8: { field_1: false, field_2: { field_3: {} } } } }), [
    'timestamp',
    'timestamp',
    'nanos',
    false,
  ]);
  t.same(typed({ type: 1, converted: 7 }), ['string', 'time', 'millis', true]);
  t.same(typed({ type: FIXED, width: 5, converted: 5, precision: 11, scale: 4 }), ['decimal', 'decimal', 4, 11]);
  t.same(typed({ type: BINARY, logical: { field_5: { field_1: 0, field_2: 38 } } }), ['decimal', 'decimal', 0, 38]);
  t.same(typed({ type: FIXED, width: 12, converted: 21 }), ['string', 'bytes'], 'INTERVAL');
  t.same(typed({ type: BINARY, logical: { field_17: {} } }), ['string', 'bytes'], 'a type of a later version');

  const refused = (spec: Omit<Spec, 'name'>): void => {
    t.throws(() => schemaOf({ name: 'x', ...spec }), { code: 'ParquetParsingError', message: /Column x: / }, JSON.stringify(spec));
  };
  refused({ type: 1, converted: 0 });
  refused({ type: 2, converted: 6 });
  refused({ type: FIXED, width: 0 });
  refused({ type: FIXED, width: 3, logical: { field_14: {} } });
  refused({ type: 1, converted: 5, precision: 3, scale: 4 });
  refused({ type: 1, converted: 5 });
  refused({ type: 1, logical: { field_10: { field_1: 24, field_2: true } } });
  t.throws(() => schemaOf({ name: 'x', type: 8 }), { code: 'UnsupportedParquetType' });
});

t.test('schemas that are no trees', async (t) => {
  const refused = (elements: object[], hint: RegExp): void => {
    t.throws(() => readSchema(elements), { code: 'ParquetParsingError', message: hint });
  };
  const leaf = elementsOf({ name: 'x' });
  refused([], /more members than it has elements/);
  refused(elementsOf({ name: 'root', of: [] }).concat(leaf), /more elements than its groups have members/);
  refused([{ field_4: Buffer.from('root'), field_5: 2 }, ...leaf], /more members than it has elements/);
  refused(
    [
      { field_4: Buffer.from('root'), field_5: 1 },
      { field_3: 0, field_4: Buffer.from('g') },
    ],
    /has no members/,
  );
  refused(
    [
      { field_4: Buffer.from('root'), field_5: 1 },
      { field_1: 1, field_3: 3, field_4: Buffer.from('x') },
    ],
    /unknown repetition/,
  );
  let nested: Spec = { name: 'x' };
  for (let depth = 0; depth < limits.parquet_nesting_max; depth++) nested = { name: 'g', of: [nested] };
  refused(elementsOf({ name: 'root', of: [nested] }), /nested deeper than/);
  const wide = Array.from({ length: limits.columns_max + 1 }, (_, n) => ({ name: `c${n}` }));
  t.throws(() => schemaOf(...wide), { code: 'OverMaxColumn' });
});
