/**
 * XML request bodies. `sax` in strict mode keeps raw CR LF and decodes numeric references, which the delimiters of a Select
 * request need; what it lets pass and S3 does not (document types, depth, foreign attributes) is refused here.
 */
import sax from 'sax';
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { InputSerialization, OutputSerialization, ScanRangeMember } from '../formats/serialization.ts';

export interface SelectRequest {
  readonly expression: string;
  readonly expressionType: 'SQL';
  readonly input: InputSerialization;
  readonly output: OutputSerialization;
  readonly scanRange: ScanRangeMember | undefined;
  readonly requestProgress: boolean;
}

/** An element with either children (then `text` is empty) or text, kept to the character. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/**
 * Reads the body of SelectObjectContent. The serializations are as sent: `resolveInput` and its like check their values.
 * @throws SelectError EmptyRequestBody, MalformedXML, MissingRequiredParameter, InvalidExpressionType, InvalidScanRange.
 */
export function parseSelectRequest(body: Uint8Array): SelectRequest {
  const root = parseXml(body);
  // why: the second name is that of older documentation, and of MinIO.
  if (root.name !== 'SelectObjectContentRequest' && root.name !== 'SelectRequest') throw malformed('the root element is not known');
  const members = readStructure(root, selectRequest);
  const { Expression, ExpressionType, InputSerialization, OutputSerialization } = members;
  if (!Expression) throw new SelectError('MissingRequiredParameter', { parameter: 'Expression' });
  if (!ExpressionType) throw new SelectError('MissingRequiredParameter', { parameter: 'ExpressionType' });
  if (ExpressionType.toUpperCase() !== 'SQL') throw new SelectError('InvalidExpressionType');
  if (InputSerialization === undefined) throw new SelectError('MissingRequiredParameter', { parameter: 'InputSerialization' });
  if (OutputSerialization === undefined) throw new SelectError('MissingRequiredParameter', { parameter: 'OutputSerialization' });
  return {
    expression: Expression,
    expressionType: 'SQL',
    input: InputSerialization,
    output: OutputSerialization,
    scanRange: members.ScanRange,
    requestProgress: members.RequestProgress?.Enabled ?? false,
  };
}

/**
 * A document as a tree, namespaces set aside.
 * @throws SelectError EmptyRequestBody, MalformedXML (not well-formed or not UTF-8, too large or deep, a document type,
 * attributes other than namespaces and `xsi:type`, text beside elements).
 */
export function parseXml(body: Uint8Array): XmlElement {
  if (body.length === 0) throw new SelectError('EmptyRequestBody');
  if (body.length > limits.request_xml_bytes_max) throw malformed(`it is longer than ${limits.request_xml_bytes_max} bytes`);
  const tree = new TreeBuilder();
  tree.parse(decodeText(body));
  return tree.root();
}

type Kind = 'text' | 'boolean' | 'offset';
interface Shape {
  readonly [member: string]: Kind | Shape;
}

/** What an element of a shape reads as. */
type Structure<S extends Shape> = {
  -readonly [Member in keyof S]?: S[Member] extends Shape
    ? Structure<S[Member]>
    : S[Member] extends 'boolean'
      ? boolean
      : S[Member] extends 'offset'
        ? number
        : string;
};

/** Source: the published service model, spelled as there. */
const selectRequest = {
  Expression: 'text',
  ExpressionType: 'text',
  RequestProgress: { Enabled: 'boolean' },
  InputSerialization: {
    CSV: {
      FileHeaderInfo: 'text',
      Comments: 'text',
      QuoteEscapeCharacter: 'text',
      RecordDelimiter: 'text',
      FieldDelimiter: 'text',
      QuoteCharacter: 'text',
      AllowQuotedRecordDelimiter: 'boolean',
    },
    CompressionType: 'text',
    JSON: { Type: 'text' },
    Parquet: {},
  },
  OutputSerialization: {
    CSV: {
      QuoteFields: 'text',
      QuoteEscapeCharacter: 'text',
      RecordDelimiter: 'text',
      FieldDelimiter: 'text',
      QuoteCharacter: 'text',
    },
    JSON: { RecordDelimiter: 'text' },
  },
  ScanRange: { Start: 'offset', End: 'offset' },
} as const satisfies Shape;

function readStructure<S extends Shape>(element: XmlElement, shape: S): Structure<S> {
  if (element.text.trim() !== '') throw malformed(`${element.name} holds text instead of elements`);
  const members: Record<string, unknown> = {};
  for (const child of element.children) {
    const kind = Object.hasOwn(shape, child.name) ? shape[child.name] : undefined;
    if (kind === undefined) throw malformed(`${element.name} has an unknown element`);
    if (Object.hasOwn(members, child.name)) throw malformed(`${child.name} is repeated`);
    members[child.name] = typeof kind === 'object' ? readStructure(child, kind) : readValue(child, kind);
  }
  return members as Structure<S>;
}

function readValue({ name, text, children }: XmlElement, kind: Kind): string | number | boolean {
  if (children.length > 0) throw malformed(`${name} holds elements instead of text`);
  if (kind === 'text') return text;
  const value = text.trim();
  if (kind === 'boolean') {
    if (!/^(true|false)$/i.test(value)) throw malformed(`${name} is neither true nor false`);
    return value.toLowerCase() === 'true';
  }
  if (!/^[+-]?\d{1,19}$/.test(value)) throw new SelectError('InvalidScanRange', { reason: `${name} is not an integer` });
  return Number(value);
}

function decodeText(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw new SelectError('MalformedXML', { reason: 'it is not UTF-8' }, { cause });
  }
}

interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

class TreeBuilder {
  readonly #parser = sax.parser(true);
  readonly #open: OpenElement[] = [];
  #elements = 0;
  #root: XmlElement | undefined;

  constructor() {
    const parser = this.#parser;
    parser.onerror = (error) => {
      throw this.#refuse(error.message.split('\n', 1)[0] ?? '');
    };
    parser.ondoctype = () => {
      throw this.#refuse('a document type is not allowed');
    };
    parser.onsgmldeclaration = () => {
      throw this.#refuse('a declaration is not allowed');
    };
    parser.onopentag = (tag) => this.#openElement(tag);
    parser.onclosetag = () => this.#closeElement();
    parser.ontext = (text) => this.#addText(text);
    parser.oncdata = (text) => this.#addText(text);
  }

  parse(text: string): void {
    this.#parser.write(text).close();
  }

  root(): XmlElement {
    if (this.#root === undefined || this.#open.length > 0) throw malformed('the document has no root element');
    return this.#root;
  }

  #openElement({ name, attributes }: sax.Tag | sax.QualifiedTag): void {
    if (this.#root !== undefined) throw this.#refuse('a second root element follows the first');
    if (this.#open.length >= limits.request_xml_depth_max) throw this.#refuse(`it is deeper than ${limits.request_xml_depth_max}`);
    if (++this.#elements > limits.request_xml_elements_max) throw this.#refuse('it has too many elements');
    if (!Object.keys(attributes).every(isHarmless)) throw this.#refuse('an attribute is not allowed');
    this.#open.push({ name, text: '', children: [] });
  }

  #closeElement(): void {
    const element = this.#open.pop();
    if (element === undefined) throw this.#refuse('an end tag has no start tag');
    if (element.children.length > 0) {
      if (element.text.trim() !== '') throw this.#refuse('text stands beside elements');
      element.text = '';
    }
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }

  #addText(text: string): void {
    const element = this.#open.at(-1);
    if (element === undefined) return;
    if (/\p{Surrogate}/u.test(text)) throw this.#refuse('a character reference is not valid');
    element.text += text;
  }

  #refuse(reason: string): SelectError {
    return new SelectError('MalformedXML', { reason, line: this.#parser.line + 1, column: this.#parser.column + 1 });
  }
}

/** Namespaces, and the type of a grantee in an access control list. */
function isHarmless(attribute: string): boolean {
  return attribute === 'xmlns' || attribute.startsWith('xmlns:') || attribute === 'xsi:type';
}

const malformed = (reason: string): SelectError => new SelectError('MalformedXML', { reason });
