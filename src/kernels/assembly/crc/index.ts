// Reflected CRCs of up to 64 bits by tables (M. Kounavis and F. Berry, "A systematic approach to building high performance software-based
// CRC generators", 2005): what each byte of a step adds to the state at the step's end is looked up, so that only the state waits.

const step_bytes = 16;

// Writes a table of 256 states for each byte of a step, the last byte's first.
export function crcTables(tables: usize, polynomial: u64): void {
  for (let byte = 0; byte < 256; byte++) {
    let state = <u64>byte;
    for (let bit = 0; bit < 8; bit++) state = (state >> 1) ^ ((state & 1) === 0 ? 0 : polynomial);
    store<u64>(tables + (byte << 3), state);
  }
  for (let place = 256; place < step_bytes << 8; place++) {
    const state = load<u64>(tables + ((place - 256) << 3));
    store<u64>(tables + (place << 3), (state >> 8) ^ load<u64>(entry(tables, state << 3)));
  }
}

// Where a table whose entry is wanted begins, moved on by the entry's place: that of the byte in the bits 3 to 10.
// @ts-ignore: decorator
@inline
function entry(tables: usize, byte: u64): usize {
  return tables + (<usize>byte & 0x7f8);
}

// The state after `bytes` bytes.
export function crcOf(tables: usize, state: u64, from: usize, bytes: i32): u64 {
  for (; bytes >= step_bytes; bytes -= step_bytes, from += step_bytes) {
    const early = load<u64>(from) ^ state;
    const late = load<u64>(from, 8);
    state =
      load<u64>(entry(tables, early << 3), 15 << 11) ^
      load<u64>(entry(tables, early >> 5), 14 << 11) ^
      load<u64>(entry(tables, early >> 13), 13 << 11) ^
      load<u64>(entry(tables, early >> 21), 12 << 11) ^
      load<u64>(entry(tables, early >> 29), 11 << 11) ^
      load<u64>(entry(tables, early >> 37), 10 << 11) ^
      load<u64>(entry(tables, early >> 45), 9 << 11) ^
      load<u64>(entry(tables, early >> 53), 8 << 11) ^
      load<u64>(entry(tables, late << 3), 7 << 11) ^
      load<u64>(entry(tables, late >> 5), 6 << 11) ^
      load<u64>(entry(tables, late >> 13), 5 << 11) ^
      load<u64>(entry(tables, late >> 21), 4 << 11) ^
      load<u64>(entry(tables, late >> 29), 3 << 11) ^
      load<u64>(entry(tables, late >> 37), 2 << 11) ^
      load<u64>(entry(tables, late >> 45), 1 << 11) ^
      load<u64>(entry(tables, late >> 53), 0 << 11);
  }
  for (; bytes > 0; bytes--, from++) state = (state >> 8) ^ load<u64>(entry(tables, (state ^ load<u8>(from)) << 3));
  return state;
}
