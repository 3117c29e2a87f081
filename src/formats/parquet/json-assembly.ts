/**
 * Puts nested values together from their leaves, as JSON. Which lists and groups are NULL or empty, and where elements begin, the
 * levels of the entries tell; where a node is not there, each leaf below it has one entry that says so.
 */
import type { JsonBuffer } from './json-buffer.ts';
import type { ParquetNode } from './metadata.ts';
import type { ChunkErrors } from './scan-space.ts';

/** The entries of a leaf, gone through from row to row. */
export interface LeafEntries {
  /** Levels of the entry; a repetition of -1: there are no more. */
  readonly repetition: number;
  readonly definition: number;
  readonly errors: ChunkErrors;
  /** For errors. */
  readonly offset: number;
  /** Goes to the first entry of `row`. */
  seek(row: number): void;
  /** Goes to the next entry. */
  advance(): void;
}

/** Writes the value of the entry. `quoted`: as a string, whatever it is. */
export interface LeafTexts {
  write(into: JsonBuffer, quoted: boolean): void;
}

/** A leaf, and what writes its values. */
export interface AssemblyLeaf {
  readonly cursor: LeafEntries;
  readonly tokens: LeafTexts;
}

export interface NodeWriter {
  /** The leaves below the node; the levels of the first stand for it. */
  readonly leaves: readonly LeafEntries[];
  /** Whether the value at the cursors is NULL. */
  isNull(): boolean;
  /** Writes the value at the cursors, and goes behind it. */
  write(into: JsonBuffer): void;
  /** The same as the key of a map. */
  writeKey(into: JsonBuffer): void;
}

/** `definition`, `repetition`: the levels at which what contains the node is there. */
export function nodeWriter(node: ParquetNode, leaves: (leaf: number) => AssemblyLeaf, definition: number, repetition: number): NodeWriter {
  const there = definition + Number(node.optional);
  switch (node.kind) {
    case 'leaf':
      return leafWriter(leaves(node.leaf), there);
    case 'struct': {
      const members = node.children.map((child) => nodeWriter(child, leaves, there, repetition));
      const names = node.children.map(({ name }, index) => Buffer.from(`${index === 0 ? '' : ','}${JSON.stringify(name)}:`));
      return groupWriter(members, there, (into) => writeMembers(into, names, members));
    }
    case 'list': {
      const element = nodeWriter(node.element, leaves, there + 1, repetition + 1);
      const write = (into: JsonBuffer): void => element.write(into);
      return groupWriter([element], there, (into) => writeRepeated(into, '[]', element.leaves, there, repetition, write));
    }
    case 'map': {
      const key = nodeWriter(node.key, leaves, there + 1, repetition + 1);
      const value = nodeWriter(node.value, leaves, there + 1, repetition + 1);
      const write = (into: JsonBuffer): void => {
        key.writeKey(into);
        into.byte(COLON);
        value.write(into);
      };
      const entries = [...key.leaves, ...value.leaves];
      return groupWriter([key, value], there, (into) => writeRepeated(into, '{}', entries, there, repetition, write));
    }
  }
}

function leafWriter({ cursor, tokens }: AssemblyLeaf, there: number): NodeWriter {
  const write = (into: JsonBuffer, quoted: boolean): void => {
    if (cursor.definition < there) into.bytes(quoted ? NULL_KEY : NULL);
    else tokens.write(into, quoted);
    cursor.advance();
  };
  return {
    leaves: [cursor],
    isNull: () => cursor.definition < there,
    write: (into) => write(into, false),
    writeKey: (into) => write(into, true),
  };
}

/** `write` writes a value that is there. */
function groupWriter(members: readonly NodeWriter[], there: number, writeValue: (into: JsonBuffer) => void): NodeWriter {
  const leaves = members.flatMap((member) => member.leaves);
  const first = leaves[0]!;
  const isNull = (): boolean => first.definition < there;
  const write = (into: JsonBuffer): void => {
    if (isNull()) {
      into.bytes(NULL);
      pass(leaves);
    } else writeValue(into);
  };
  const writeKey = (into: JsonBuffer): void => {
    const from = into.at;
    write(into);
    into.quote(from);
  };
  return { leaves, isNull, write, writeKey };
}

function writeMembers(into: JsonBuffer, names: readonly Buffer[], members: readonly NodeWriter[]): void {
  into.byte(OPEN_BRACE);
  for (let index = 0; index < members.length; index++) {
    into.bytes(names[index]!);
    members[index]!.write(into);
  }
  into.byte(CLOSE_BRACE);
}

/** What repeats within a node that is there at level `there`, each by `write`. */
function writeRepeated(
  into: JsonBuffer,
  brackets: '[]' | '{}',
  leaves: readonly LeafEntries[],
  there: number,
  repetition: number,
  write: (into: JsonBuffer) => void,
): void {
  const first = leaves[0]!;
  into.byte(brackets.charCodeAt(0));
  if (first.definition <= there) pass(leaves);
  else {
    write(into);
    while (first.repetition > repetition && !into.full) {
      into.byte(COMMA);
      write(into);
    }
  }
  into.byte(brackets.charCodeAt(1));
}

function pass(leaves: readonly LeafEntries[]): void {
  for (const leaf of leaves) leaf.advance();
}

const NULL = Buffer.from('null');
const NULL_KEY = Buffer.from('"null"');
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
