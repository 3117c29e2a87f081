// The module: one entry, one .wasm. The interface and its meaning: ../kernels.ts
export { areas, dialect } from './state';
export { csvIndex, csvLocate, csvRecords, flags, recordsEnds, recordsNext, recordsTrimmed } from './csv';
export { readNumbers } from './number';
export { selectContaining, selectIn, selectLike, selectNumber, selectPresent, selectText } from './select';
export { caseTexts, compareTexts, concatTexts, inTexts, likeTexts, substringTexts, textLengths, trimTexts } from './text';
export { utf8Error } from './utf8';
export { readTimes, readValues } from './values';
export { writeBlocked, writeCsv, writeJson, writeRecords, writtenEnd, writtenRows } from './write';
