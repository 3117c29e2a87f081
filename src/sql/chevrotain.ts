/**
 * Chevrotain from its own bundle. Its entry is several hundred modules of lodash, whose loading takes longer than all else there is
 * to start; its package has the bundle beside them, but exports only the entry.
 */
import type * as Chevrotain from 'chevrotain';

const bundle = new URL('../chevrotain.mjs', import.meta.resolve('chevrotain'));

export const { createToken, EmbeddedActionsParser, Lexer } = (await import(bundle.href)) as typeof Chevrotain;
