/**
 * The reporter that `test.mjs` gives to tap: its `jsonstream`, by another name. With a reporter that tap knows by name it drops what
 * test files write to standard error, and with it why one of them crashed.
 */
// biome-ignore lint/style/noDefaultExport: tap asks for it
export { JSONStream as default } from '@tapjs/reporter';
