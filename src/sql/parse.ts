/** SQL text to syntax tree, under the limits that keep odd input harmless. */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { childrenOf, type Node, type Position, type Select } from './ast.ts';
import { parseTokens } from './grammar.ts';
import { nestingOf, tokenize } from './tokens.ts';

/**
 * Parses a query. Raises ExpressionTooLong, MaxOperatorsExceeded (nested or chained too deep) and the Lexer and Parse codes,
 * with 1-based line and column; nothing else, whatever the text.
 */
export function parse(text: string): Select {
  if (isTooLong(text)) throw new SelectError('ExpressionTooLong', { bytes_max: limits.expression_bytes_max });
  const tokens = tokenize(text);
  const deep = nestingOf(tokens, limits.expression_nesting_max);
  if (deep !== null) throw new SelectError('MaxOperatorsExceeded', { max: limits.expression_nesting_max, ...deep });
  const select = parseTokens(tokens, endOf(text));
  for (const root of rootsOf(select)) refuseDepth(root);
  return select;
}

function isTooLong(text: string): boolean {
  return text.length > limits.expression_bytes_max || Buffer.byteLength(text) > limits.expression_bytes_max;
}

function endOf(text: string): Position {
  const lines = text.split(/\r\n|\r|\n/);
  return { line: lines.length, column: [...(lines.at(-1) ?? '')].length + 1 };
}

function rootsOf({ items, where, limit }: Select): readonly Node[] {
  const selected = items === 'all' ? [] : items.flatMap((item) => (item.kind === 'expression' ? [item.expression] : []));
  return [...selected, ...[where, limit].filter((node) => node !== null)];
}

/**
 * Chains like `a || b || c` nest as deep as they are long without any parenthesis; what binds, compiles and evaluates
 * them recurses, so their depth is limited too. This walk itself must not recurse.
 */
function refuseDepth(root: Node): void {
  let level: Node[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limits.expression_depth_max) {
      throw new SelectError('MaxOperatorsExceeded', { max: limits.expression_depth_max, ...(level[0]?.at ?? {}) });
    }
    const next: Node[] = [];
    for (const node of level) for (const child of childrenOf(node)) next.push(child);
    level = next;
  }
}
