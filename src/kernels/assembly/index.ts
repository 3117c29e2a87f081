// The module: one entry, one .wasm. The interface and its meaning: ../kernels.ts
export { areas, dialect } from './state';
export { crossCells, crossCodes, makeCells, writeCells } from './cells';
export { csvLocate, csvRecords, recordsEnds, recordsNext, recordsTrimmed } from './csv';
export { csvIndex, flags } from './csv-index';
export { selectContaining, selectIn, selectLike, selectNumber, selectPresent, selectText } from './select';
export { caseTexts, compareTexts, concatTexts, inTexts, likeTexts, substringTexts, textLengths, trimTexts } from './text';
export { utf8Error } from './utf8';
export { compareNumbers, readTimes, readValues } from './values';
export { writeBlocked, writeCsv, writeJson, writeRecords, writtenEnd, writtenRows } from './write';
export { jsonError } from './json-check';
export { jsonAreas, jsonControlAt, jsonEncodingAt } from './json-index';
export { jsonLocate } from './json-locate';
export { jsonContaining, jsonOthers, jsonStrings } from './json-select';
export { jsonPath, jsonWalk, walkIndex, walkNext, walkStatus } from './json-walk';
export { jsonStrict } from './json-strict';
export { jsonBlocked, jsonWriteColumns, jsonWriteCsv, jsonWriteCsvRecords, jsonWriteRecords, jsonWrittenEnd, jsonWrittenRows } from './json-write';

// Where this module's own data end.
export function dataEnd(): usize {
  return __heap_base;
}
