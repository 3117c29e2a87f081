// Block decoders of compressed text. They work on addresses of a memory that belongs to them alone, and trust nothing they
// read: an input may be over-read by up to 256 bytes, an output over-written by up to 64, and nothing else.
export { bzip2Crc, bzip2End, bzip2Intact, bzip2Open, bzip2Output } from './bzip2';
export { crc32c, xxh32, xxh32Start } from './checksums';
export { lz4Block } from './lz4';
export { snappyBlock } from './snappy';
