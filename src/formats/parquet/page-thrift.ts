/**
 * Thrift's compact protocol, read out of bytes that may be cut off or hostile: nothing is read past the end, no loop outlasts the
 * bytes, and nothing is made of what is skipped.
 */

/** Types on the wire that are told apart here. */
export const thriftType = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const;

const NESTING_MAX = 16;

export class ThriftReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  at: number;
  /** More was asked for than there is: what was read since counts for nothing. */
  overrun = false;
  /** The bytes are no Thrift. */
  malformed = false;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  get failed(): boolean {
    return this.overrun || this.malformed;
  }

  /**
   * Reads the fields of a struct. `field` is told the number and type of each and answers whether it has read its value; what it
   * has not is skipped.
   */
  struct(field: (id: number, type: number) => boolean, depth = 0): void {
    let id = 0;
    for (;;) {
      const head = this.#byte();
      if (head === 0 || this.failed) return;
      const type = head & 15;
      id = head >> 4 === 0 ? this.int() : id + (head >> 4);
      if (!field(id, type)) this.#skip(type, depth);
    }
  }

  /** An integer of any width; one beyond 53 bits is not exact. */
  int(): number {
    const value = this.#unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #unsigned(): number {
    let value = 0;
    let factor = 1;
    for (let digits = 0; digits < 10; digits++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    this.malformed = true;
    return 0;
  }

  #byte(): number {
    if (this.at < this.#end) return this.#bytes[this.at++]!;
    this.overrun = true;
    return 0;
  }

  #advance(bytes: number): void {
    if (bytes > this.#end - this.at) this.overrun = true;
    else this.at += bytes;
  }

  #skip(type: number, depth: number): void {
    switch (type) {
      case thriftType.true:
      case thriftType.false:
        return;
      case thriftType.byte:
        this.#advance(1);
        return;
      case thriftType.i16:
      case thriftType.i32:
      case thriftType.i64:
        this.#unsigned();
        return;
      case thriftType.double:
        this.#advance(8);
        return;
      case thriftType.binary:
        this.#advance(this.#unsigned());
        return;
      case thriftType.list:
      case thriftType.set:
      case thriftType.map:
      case thriftType.struct:
        if (depth === NESTING_MAX) this.malformed = true;
        else this.#skipNested(type, depth + 1);
        return;
      default:
        this.malformed = true;
    }
  }

  #skipNested(type: number, depth: number): void {
    if (type === thriftType.struct) this.struct(() => false, depth);
    else if (type === thriftType.map) {
      const size = this.#unsigned();
      const types = size === 0 ? 0 : this.#byte();
      for (let i = 0; i < size && !this.failed; i++) {
        this.#skipElement(types >> 4, depth);
        this.#skipElement(types & 15, depth);
      }
    } else {
      const head = this.#byte();
      const size = head >> 4 === 15 ? this.#unsigned() : head >> 4;
      for (let i = 0; i < size && !this.failed; i++) this.#skipElement(head & 15, depth);
    }
  }

  /** Truth values in collections have a byte, those of structs none. */
  #skipElement(type: number, depth: number): void {
    if (type === thriftType.true || type === thriftType.false) this.#advance(1);
    else this.#skip(type, depth);
  }
}
