/** The schema of a Parquet file: its flat list of elements as a tree, with lists and maps of all ages understood. */
import { SelectError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { TypedColumn, TypedSchema } from '../../vector/schema.ts';
import { logicalTypeOf, sqlTypeOf } from './logical.ts';
import type { Leaf, ParquetNode, ParquetSchema, PhysicalType } from './metadata.ts';
import { intOf, structOf, type ThriftStruct, textOf } from './thrift.ts';

/** `elements`: the schema as the footer lists it, depth first. @throws {SelectError} ParquetParsingError, OverMaxColumn */
export function readSchema(elements: readonly ThriftStruct[]): ParquetSchema {
  const builder = new SchemaBuilder(elements);
  const root = builder.group(0);
  if (builder.next !== elements.length) throw corrupt('Schema: it has more elements than its groups have members.');
  return { roots: root.children.map(nodeOf), leaves: builder.leaves };
}

/** What SQL sees of it. */
export function typedSchemaOf({ roots, leaves }: ParquetSchema): TypedSchema {
  return { kind: 'typed', columns: roots.map((node) => typedColumnOf(node, leaves)) };
}

/** The leaves below a node, in order. */
export function leavesOf(node: ParquetNode): number[] {
  switch (node.kind) {
    case 'leaf':
      return [node.leaf];
    case 'struct':
      return node.children.flatMap(leavesOf);
    case 'list':
      return leavesOf(node.element);
    case 'map':
      return [...leavesOf(node.key), ...leavesOf(node.value)];
  }
}

function typedColumnOf(node: ParquetNode, leaves: readonly Leaf[]): TypedColumn {
  switch (node.kind) {
    case 'leaf': {
      const leaf = leaves[node.leaf]!;
      return { name: node.name, type: sqlTypeOf(leaf.physical, leaf.logical), fields: [] };
    }
    case 'struct':
      return { name: node.name, type: 'struct', fields: node.children.map((child) => typedColumnOf(child, leaves)) };
    case 'list':
      return { name: node.name, type: 'list', fields: [] };
    case 'map':
      return { name: node.name, type: 'struct', fields: [] };
  }
}

const physicalTypes: readonly PhysicalType[] = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
];

const OPTIONAL = 1;
const REPEATED = 2;

/** An element with its members. */
interface Element {
  readonly name: string;
  readonly repetition: number;
  /** -1: a group. */
  readonly leaf: number;
  readonly annotation: 'list' | 'map' | null;
  readonly children: readonly Element[];
}

interface Place {
  readonly path: readonly string[];
  readonly definition: number;
  readonly repetition: number;
}

class SchemaBuilder {
  readonly leaves: Leaf[] = [];
  readonly #elements: readonly ThriftStruct[];
  /** The first element not yet taken. */
  next = 0;

  constructor(elements: readonly ThriftStruct[]) {
    this.#elements = elements;
  }

  group(depth: number, place: Place = { path: [], definition: 0, repetition: 0 }): Element {
    const element = this.#elements[this.next++];
    if (element === undefined) throw corrupt('Schema: its groups have more members than it has elements.');
    const name = textOf(element.field_4) ?? '';
    const repetition = depth === 0 ? 0 : (intOf(element.field_3) ?? 0);
    if (repetition < 0 || repetition > REPEATED) throw corrupt(`Schema: element ${name} has an unknown repetition.`);
    const inner: Place = {
      path: depth === 0 ? [] : [...place.path, name],
      definition: place.definition + (repetition === 0 ? 0 : 1),
      repetition: place.repetition + (repetition === REPEATED ? 1 : 0),
    };
    const count = intOf(element.field_5) ?? 0;
    const isLeaf = element.field_1 !== undefined && count === 0;
    // why: a group without members has no levels in the file, so which of its rows are NULL stands nowhere.
    if (count < 0 || (count === 0 && !isLeaf && depth > 0)) throw corrupt(`Schema: group ${inner.path.join('.')} has no members.`);
    if (depth > limits.parquet_nesting_max) throw corrupt(`Schema: it is nested deeper than ${limits.parquet_nesting_max} levels.`);
    const children: Element[] = [];
    for (let index = 0; index < count; index++) children.push(this.group(depth + 1, inner));
    return {
      name,
      repetition,
      leaf: isLeaf ? this.#leaf(element, inner) : -1,
      annotation: isLeaf ? null : annotationOf(element),
      children,
    };
  }

  #leaf(element: ThriftStruct, { path, definition, repetition }: Place): number {
    const column = path.join('.');
    const physical = physicalTypes[intOf(element.field_1) ?? -1];
    if (physical === undefined) throw new SelectError('UnsupportedParquetType', { type: 'unknown', hint: `Column ${column}.` });
    const width = physical === 'FIXED_LEN_BYTE_ARRAY' ? (intOf(element.field_2) ?? 0) : 0;
    if (physical === 'FIXED_LEN_BYTE_ARRAY' && (width <= 0 || width > limits.record_bytes_max)) {
      throw corrupt(`Column ${column}: its values have a fixed length of ${width} bytes.`);
    }
    if (this.leaves.length >= limits.columns_max) throw new SelectError('OverMaxColumn', { columns_max: limits.columns_max });
    const logical = logicalTypeOf(column, {
      physical,
      width,
      logical: structOf(element.field_10),
      converted: intOf(element.field_6),
      scale: intOf(element.field_7),
      precision: intOf(element.field_8),
    });
    return this.leaves.push({ path, physical, width, logical, definition_max: definition, repetition_max: repetition }) - 1;
  }
}

const CONVERTED_MAP = 1;
const CONVERTED_MAP_KEY_VALUE = 2;
const CONVERTED_LIST = 3;

function annotationOf(element: ThriftStruct): 'list' | 'map' | null {
  const logical = structOf(element.field_10);
  const converted = intOf(element.field_6);
  if (logical?.field_3 !== undefined || converted === CONVERTED_LIST) return 'list';
  if (logical?.field_2 !== undefined || converted === CONVERTED_MAP || converted === CONVERTED_MAP_KEY_VALUE) return 'map';
  return null;
}

function nodeOf(element: Element): ParquetNode {
  // A repeated field outside of LIST and MAP is a list that is never NULL, of elements that are never NULL.
  if (element.repetition === REPEATED) return { kind: 'list', name: element.name, optional: false, element: contentOf(element, false) };
  return contentOf(element, element.repetition === OPTIONAL);
}

/** The node of an element but for its being repeated. */
function contentOf(element: Element, optional: boolean): ParquetNode {
  const { name, children } = element;
  if (element.leaf >= 0) return { kind: 'leaf', name, optional, leaf: element.leaf };
  const inner = children.length === 1 && children[0]!.repetition === REPEATED ? children[0]! : null;
  if (element.annotation === 'list' && inner !== null) return { kind: 'list', name, optional, element: listElement(name, inner) };
  if (element.annotation === 'map' && inner !== null && inner.children.length === 2) {
    return { kind: 'map', name, optional, key: nodeOf(inner.children[0]!), value: nodeOf(inner.children[1]!) };
  }
  // A map without values is the set of its keys.
  if (element.annotation === 'map' && inner?.children.length === 1)
    return { kind: 'list', name, optional, element: nodeOf(inner.children[0]!) };
  return { kind: 'struct', name, optional, children: children.map(nodeOf) };
}

/** The rules of the format's page on logical types: whether the repeated field is the element or only wraps it. */
function listElement(list: string, repeated: Element): ParquetNode {
  const [only] = repeated.children;
  const wraps =
    only !== undefined &&
    repeated.children.length === 1 &&
    only.repetition !== REPEATED &&
    repeated.annotation === null &&
    repeated.name !== 'array' &&
    repeated.name !== `${list}_tuple`;
  return wraps ? nodeOf(only) : contentOf(repeated, false);
}

const corrupt = (hint: string): SelectError => new SelectError('ParquetParsingError', { hint });
