/**
 * JSON as policies need it: a name that is given twice is an error and not the last of the two, nesting is bounded, and an error says
 * where it is. Two readers of one policy must not see two policies.
 */

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** Raises what `fail` makes of the reason. */
export function parseStrictJson(text: string, fail: (reason: string) => Error): JsonValue {
  const reader = new Reader(text, fail);
  const value = reader.value(0);
  reader.end();
  return value;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

const depth_max = 16;

class Reader {
  readonly #text: string;
  readonly #fail: (reason: string) => Error;
  #at = 0;

  constructor(text: string, fail: (reason: string) => Error) {
    this.#text = text;
    this.#fail = fail;
  }

  value(depth: number): JsonValue {
    if (depth > depth_max) throw this.#error('it is nested too deeply');
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
    }
    const [word] = this.#match(/true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y) ?? [];
    if (word === undefined) throw this.#error('a value is expected');
    return JSON.parse(word) as JsonValue;
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#error('nothing may follow');
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, JsonValue>();
    this.#at += 1;
    if (this.#skip('}')) return members;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#error('a name in quotes is expected');
      const name = this.#string();
      if (members.has(name)) throw this.#error(`${JSON.stringify(name.slice(0, 64))} is given twice`);
      if (!this.#skip(':')) throw this.#error('":" is expected');
      members.set(name, this.value(depth + 1));
    } while (this.#skip(','));
    if (!this.#skip('}')) throw this.#error('"," or "}" is expected');
    return members;
  }

  #array(depth: number): readonly JsonValue[] {
    const values: JsonValue[] = [];
    this.#at += 1;
    if (this.#skip(']')) return values;
    do values.push(this.value(depth + 1));
    while (this.#skip(','));
    if (!this.#skip(']')) throw this.#error('"," or "]" is expected');
    return values;
  }

  #string(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
    const [literal] = this.#match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y) ?? [];
    if (literal === undefined) throw this.#error('a string is not well-formed');
    return JSON.parse(literal) as string;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  #skip(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    this.#match(/[ \t\r\n]*/y);
  }

  #error(reason: string): Error {
    const before = this.#text.slice(0, this.#at).split('\n');
    return this.#fail(`the JSON is not valid at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${reason}`);
  }
}
