/** SQL text to an optimized plan: what the engine asks of this folder. */
import { headerOf, type InputSchema } from '../vector/schema.ts';
import { bind } from './bind.ts';
import { optimize } from './optimize.ts';
import { parse } from './parse.ts';
import type { Plan } from './plan.ts';

/** Compiles a query. Raises the Lexer, Parse and binding codes with their position; nothing of the data is read. */
export function compileQuery(text: string, schema: InputSchema): Plan {
  return optimize(bind(parse(text), schema));
}

/** Names of the output's columns; null where `*` stands for fields that have no names and no known number. */
export function outputColumns(plan: Plan, schema: InputSchema): string[] | null {
  const { items } = plan.projection;
  const header = headerOf(schema);
  const names: string[] = [];
  for (const item of items) {
    if (!('kind' in item) || item.kind === 'expression') names.push(item.name);
    else if (header === null) return null;
    else names.push(...header);
  }
  return names;
}
