/** Whether what was read from a file, which anybody may have written, has the form of what the store writes. */
import { isChecksumAlgorithm } from '../auth/checksum.ts';
import type { ObjectChecksum, ObjectDescription } from './object.ts';
import { contentHeaderNames } from './object.ts';
import type { PartLayout } from './part-layout.ts';

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text that can go into a header or, among others, be a decimal number. */
export function isHeaderText(value: unknown): value is string {
  return typeof value === 'string' && !/[\0\r\n]/.test(value);
}

/** Members may be absent. */
export function isDescription(value: Record<string, unknown>): value is Partial<ObjectDescription> & Record<string, unknown> {
  const { contentType, metadata, contentHeaders, storageClass, tags } = value;
  const names: readonly string[] = contentHeaderNames;
  return (
    [contentType, storageClass].every((text) => text === undefined || isHeaderText(text)) &&
    (metadata === undefined || isRecordOfText(metadata)) &&
    (contentHeaders === undefined ||
      (isRecordOfText(contentHeaders) && Object.keys(contentHeaders).every((name) => names.includes(name)))) &&
    (tags === undefined || (isObject(tags) && Object.values(tags).every((text) => typeof text === 'string')))
  );
}

export function isChecksum(value: unknown): value is ObjectChecksum {
  return isChecksumKind(value) && typeof value['value'] === 'string' && /^[\w+/]+=*(-\d+)?$/.test(value['value']);
}

/** An algorithm and a type. */
export function isChecksumKind(value: unknown): value is Pick<ObjectChecksum, 'algorithm' | 'type'> & Record<string, unknown> {
  return (
    isObject(value) &&
    typeof value['algorithm'] === 'string' &&
    isChecksumAlgorithm(value['algorithm']) &&
    (value['type'] === 'FULL_OBJECT' || value['type'] === 'COMPOSITE')
  );
}

export function isPartLayout(value: unknown): value is PartLayout {
  return (
    isObject(value) &&
    Array.isArray(value['runs']) &&
    value['runs'].every((run) => Array.isArray(run) && run.length === 2 && run.every(isCount)) &&
    typeof value['checksums'] === 'string' &&
    /^[\w+/=]*$/.test(value['checksums'])
  );
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecordOfText(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every(isHeaderText);
}
