// From a JSON query's one text to the SQL of an engine.

/**
 * @param {string} sql see JsonPlan in json-queries.mjs
 * @param {{ source: string, record: string, member: (path: string[]) => string }} parts what stands for the braces
 */
export function fill(sql, { source, record, member }) {
  return sql.replaceAll(/\{([^}]+)\}/g, (_, name) => (name === 'source' ? source : name === 'record' ? record : member(name.split('.'))));
}

/**
 * The paths a query reads as the engine's nested type.
 * @template T
 * @param {Record<string, import('./json-queries.mjs').MemberType>} members types by path
 * @param {{ leaf: (type: import('./json-queries.mjs').MemberType) => T, object: (members: [string, T][]) => T }} make
 * @returns {[string, T][]} the top members and their types
 */
export function nested(members, { leaf, object }) {
  const tree = new Map();
  for (const [path, type] of Object.entries(members)) {
    const names = path.split('.');
    const last = names.pop();
    let node = tree;
    for (const name of names) {
      if (!node.has(name)) node.set(name, new Map());
      node = node.get(name);
    }
    node.set(last, type);
  }
  const typesOf = (node) => [...node].map(([name, below]) => [name, below instanceof Map ? object(typesOf(below)) : leaf(below)]);
  return typesOf(tree);
}
