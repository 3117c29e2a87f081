// The module of Parquet's kernels: one entry, one .wasm, over the memory of the thread. The interface and its meaning:
// ../../parquet-kernels.ts and ../../column-kernels.ts
export { lz4, lz4Hadoop, snappy, zstd } from './codecs';
export { deltaInt32, deltaInt64 } from './delta';
export { floatPowers } from './float';
export {
  filterFloat32, filterFloat64, filterInt128, filterInt32, filterInt64, memberFloat64, memberInt128, memberInt64,
} from './filters';
export { hybridFilter, hybridOpen, hybridRefine, hybridTake, hybridUnpack, markTable } from './hybrid';
export { loadFloats, loadInts, loadTimes, loadTruths, tallyInts } from './load';
export { renderDecimals, renderFields, renderFloats, renderInts, renderTimes, renderTruths } from './render';
export { bytesBitmap, levelsBitmap, levelsBytes, levelsBytesPacked } from './levels';
export { bitRows, bytesRows, filterBits, present, rankAt, ranks, rowsAt } from './rows';
export { splitStreams } from './split';
export {
  fieldsBig128, fieldsBig64, takeBig128, takeBig64, takeBits, takeFixed, takeFloat16, takeFloat32, takeInt128, takeInt32, takeInt64,
  takeInt96, takeUint32, takeUint64,
} from './takes';
export {
  chainFields, chainOpen, chainTake, fieldsAre, fieldsContaining, fieldsUtf8, findBytes, lengthFields, prefixBytes, prefixFields,
} from './texts';

// Where this module's own data end: the caller's begin behind.
export function dataEnd(): usize {
  return __heap_base;
}
