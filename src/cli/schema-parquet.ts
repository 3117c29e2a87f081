/** The report on a Parquet file: all of it is in the footer. */
import { messageOf, SelectError } from '../base/errors.ts';
import { extremeText } from '../formats/parquet/bounds.ts';
import { readRowGroup } from '../formats/parquet/footer.ts';
import { nameOf, sqlTypeOf } from '../formats/parquet/logical.ts';
import type { ColumnChunk, Leaf, ParquetFooter, ParquetNode } from '../formats/parquet/metadata.ts';
import type { InputSerialization } from '../formats/serialization.ts';
import { footerOfFile } from './parquet-file.ts';
import { formatBytes } from './progress.ts';
import { count, type Report } from './schema-report.ts';

export async function parquetReport(path: string, serialization: InputSerialization): Promise<Report> {
  const footer = await footerOfFile(path);
  const { schema, rows, writer, size, groups } = footer;
  const leaves = schema.leaves.map((leaf, index) => leafReport(footer, leaf, index));
  const columns = schema.roots.flatMap((root) => nodeRows(root, leaves, 0));
  const groupReports = groups.map((group, index) => ({ index, ...group, ...groupSizes(footer, index) }));
  return {
    heading: [
      `Parquet, ${formatBytes(size)}: ${count(rows)} rows in ${count(groups.length)} row ${groups.length === 1 ? 'group' : 'groups'}`,
      ...(writer === '' ? [] : [`written by ${writer}`]),
      `InputSerialization ${JSON.stringify(serialization)}`,
    ],
    tables: [
      { title: 'Columns', columns: columnHeadings, rows: columns },
      {
        title: 'Row groups',
        columns: ['#', 'rows', 'first byte', 'stored', 'decompressed'],
        rows: groupReports.map(({ index, rows: own, offset, compressed_bytes, uncompressed_bytes }) => [
          String(index),
          count(own),
          String(offset),
          formatBytes(compressed_bytes),
          formatBytes(uncompressed_bytes),
        ]),
      },
    ],
    json: {
      format: 'parquet',
      bytes: size,
      rows,
      writer,
      input_serialization: serialization,
      columns: schema.roots.map((root) => nodeJson(root, leaves)),
      row_groups: groupReports,
    },
  };
}

const columnHeadings = ['column', 'type', 'stored as', 'codec', 'encodings', 'stored', 'decompressed', 'nulls', 'min', 'max', 'indexes'];

interface LeafReport {
  readonly type: string;
  readonly physical: string;
  readonly logical: string;
  readonly codecs: readonly string[];
  readonly encodings: readonly string[];
  readonly compressed_bytes: number;
  readonly uncompressed_bytes: number;
  /** Null where some row group does not say. */
  readonly nulls: number | null;
  readonly min: string | null;
  readonly max: string | null;
  readonly bloom_filter: boolean;
  readonly page_index: boolean;
  /** Why it cannot be queried. */
  readonly unreadable: string | null;
}

function leafReport(footer: ParquetFooter, leaf: Leaf, index: number): LeafReport {
  const chunks = footer.groups.flatMap((_, group) => readableChunk(footer, group, index) ?? []);
  const nulls = chunks.map(({ statistics }) => statistics?.nulls ?? null);
  const error = footer.unreadable[index] ?? null;
  return {
    type: sqlTypeOf(leaf.physical, leaf.logical),
    physical: leaf.width > 0 ? `${leaf.physical}(${leaf.width})` : leaf.physical,
    logical: nameOf(leaf.logical),
    codecs: distinct(chunks.map(({ codec }) => codec)),
    encodings: distinct(chunks.flatMap(({ encodings }) => encodings)),
    compressed_bytes: sum(chunks.map(({ pages }) => pages.bytes)),
    uncompressed_bytes: sum(chunks.map(({ uncompressed_bytes }) => uncompressed_bytes)),
    nulls: nulls.includes(null) ? null : sum(nulls as number[]),
    min: extremeText(bounded(chunks, 'min'), leaf, 'min'),
    max: extremeText(bounded(chunks, 'max'), leaf, 'max'),
    bloom_filter: chunks.some(({ bloomFilter }) => bloomFilter !== null),
    page_index: chunks.some(({ columnIndex, offsetIndex }) => columnIndex !== null && offsetIndex !== null),
    unreadable: error === null ? null : `${error.code}: ${messageOf(error)}`,
  };
}

function readableChunk(footer: ParquetFooter, group: number, leaf: number): ColumnChunk | null {
  try {
    return readRowGroup(footer, group, [leaf]).chunks[0] ?? null;
  } catch (error) {
    if (error instanceof SelectError) return null;
    throw error;
  }
}

/** Bounds of the row groups that have values; null where there is none. */
function bounded(chunks: readonly ColumnChunk[], side: 'min' | 'max'): (Uint8Array | null)[] {
  return chunks.filter(({ statistics, values }) => statistics?.nulls !== values).map(({ statistics }) => statistics?.[side] ?? null);
}

/** A row for each column and, indented, for what is within it. */
function nodeRows(node: ParquetNode, leaves: readonly LeafReport[], depth: number): string[][] {
  const name = `${'  '.repeat(depth)}${node.name}`;
  if (node.kind === 'leaf') return leaves.slice(node.leaf, node.leaf + 1).map((leaf) => leafRow(name, leaf));
  return [[name, node.kind], ...childrenOf(node).flatMap((child) => nodeRows(child, leaves, depth + 1))];
}

function leafRow(name: string, leaf: LeafReport): string[] {
  const storedAs = leaf.logical === '' || leaf.logical === 'BYTES' ? leaf.physical : `${leaf.physical} ${leaf.logical}`;
  const indexes = [...(leaf.page_index ? ['pages'] : []), ...(leaf.bloom_filter ? ['bloom filter'] : [])];
  return [
    name,
    leaf.type,
    leaf.unreadable === null ? storedAs : `${storedAs}, not readable: ${leaf.unreadable}`,
    leaf.codecs.join(' '),
    leaf.encodings.join(' '),
    formatBytes(leaf.compressed_bytes),
    formatBytes(leaf.uncompressed_bytes),
    leaf.nulls === null ? '' : count(leaf.nulls),
    shortened(leaf.min ?? ''),
    shortened(leaf.max ?? ''),
    indexes.join(' '),
  ];
}

function nodeJson(node: ParquetNode, leaves: readonly LeafReport[]): object {
  const { name, optional } = node;
  if (node.kind === 'leaf') return { name, optional, ...leaves[node.leaf] };
  return { name, type: node.kind, optional, fields: childrenOf(node).map((child) => nodeJson(child, leaves)) };
}

function childrenOf(node: Exclude<ParquetNode, { kind: 'leaf' }>): readonly ParquetNode[] {
  if (node.kind === 'struct') return node.children;
  return node.kind === 'list' ? [node.element] : [node.key, node.value];
}

function groupSizes(footer: ParquetFooter, index: number): { readonly compressed_bytes: number; readonly uncompressed_bytes: number } {
  const chunks = footer.schema.leaves.flatMap((_, leaf) => readableChunk(footer, index, leaf) ?? []);
  return {
    compressed_bytes: sum(chunks.map(({ pages }) => pages.bytes)),
    uncompressed_bytes: sum(chunks.map(({ uncompressed_bytes }) => uncompressed_bytes)),
  };
}

const BOUND_UNITS_MAX = 32;

function shortened(text: string): string {
  return text.length <= BOUND_UNITS_MAX ? text : `${text.slice(0, BOUND_UNITS_MAX)}…`;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

const distinct = (words: readonly string[]): string[] => [...new Set(words)];
