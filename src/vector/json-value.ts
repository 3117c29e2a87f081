/** A list or struct as its JSON text: valid, without insignificant whitespace, its tokens as they were written. */
export class JsonValue {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }

  get isList(): boolean {
    return this.json.startsWith('[');
  }
}
