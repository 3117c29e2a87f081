/** Tags of buckets and objects as XML, in both directions, and what S3 allows them to be. */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { parseXml, type XmlElement } from './request-xml.ts';
import { element, textElement } from './xml-answer.ts';

export type Tags = Readonly<Record<string, string>>;

/**
 * Reads the body of PutBucketTagging or PutObjectTagging.
 * @throws SelectError MalformedXML, and what `tagsFrom` raises
 */
export function parseTagging(document: Uint8Array, tags_max: number): Tags {
  const root = parseXml(document);
  const [set, ...others] = root.children.filter(({ name }) => name === 'TagSet');
  if (root.name !== 'Tagging' || set === undefined || others.length > 0) throw malformed('it is not one TagSet in a Tagging');
  return tagsOf(set, tags_max);
}

/**
 * Reads an element that holds tags.
 * @throws SelectError MalformedXML, and what `tagsFrom` raises
 */
export function tagsOf({ children }: XmlElement, tags_max: number): Tags {
  return tagsFrom(
    children.map((tag) => [memberOf(tag, 'Key'), memberOf(tag, 'Value')]),
    tags_max,
  );
}

/** @throws SelectError BadRequest (too many), InvalidTag (what a tag cannot be, or two of one key) */
export function tagsFrom(pairs: readonly (readonly [key: string, value: string])[], tags_max: number): Tags {
  if (pairs.length > tags_max) throw new SelectError('BadRequest', { reason: `there can be ${tags_max} tags at most` });
  // why: without a prototype, `__proto__` is a key like any other.
  const tags: Record<string, string> = Object.create(null);
  for (const [key, value] of pairs) {
    if (key === '' || key.length > limits.tag_key_units_max || !allowed.test(key)) throw invalid('The TagKey you have provided is invalid');
    if (value.length > limits.tag_value_units_max || !allowed.test(value)) throw invalid('The TagValue you have provided is invalid');
    if (key in tags) throw invalid('Cannot provide multiple Tags with the same key');
    if (/^aws:/i.test(key)) throw invalid('System tags cannot be added or changed by a request');
    tags[key] = value;
  }
  return tags;
}

/** The content of a Tagging element. */
export function tagSetXml(tags: Tags): string {
  const entries = Object.entries(tags).map(([key, value]) => element('Tag', textElement('Key', key) + textElement('Value', value)));
  return element('TagSet', entries.join(''));
}

/** Source: the S3 user guide's "letters, spaces, and numbers representable in UTF-8, and + - = . _ : / @". */
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function memberOf({ name, children }: XmlElement, member: string): string {
  const found = children.filter((child) => child.name === member);
  if (name !== 'Tag' || found.length !== 1) throw malformed('a Tag is not one Key and one Value');
  return found[0]?.text ?? '';
}

function malformed(reason: string): SelectError {
  return new SelectError('MalformedXML', { reason });
}

function invalid(reason: string): SelectError {
  return new SelectError('InvalidTag', { reason });
}
