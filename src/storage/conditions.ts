/** Conditions under which a key is written or deleted, evaluated against the object that is there. */
import { SelectError } from '../base/errors.ts';
import type { DeleteCondition, ListedObject, WriteCondition } from './object.ts';

export function isConditional({ ifMatch, ifNoneMatch }: WriteCondition): boolean {
  return ifMatch !== undefined || ifNoneMatch !== undefined;
}

/**
 * `present`: the ETag of the object that is there.
 * @throws SelectError PreconditionFailed, NoSuchKey
 */
export function checkWrite({ ifMatch, ifNoneMatch }: WriteCondition, present: string | undefined): void {
  if (ifMatch !== undefined && present === undefined) throw new SelectError('NoSuchKey');
  if (ifMatch !== undefined && !namesEtag(ifMatch, present)) throw new SelectError('PreconditionFailed', { Condition: 'If-Match' });
  if (ifNoneMatch !== undefined && namesEtag(ifNoneMatch, present))
    throw new SelectError('PreconditionFailed', { Condition: 'If-None-Match' });
}

/** @throws SelectError PreconditionFailed */
export function checkDeletion({ ifMatch, lastModified, size }: DeleteCondition, present: ListedObject): void {
  const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);
  const holds =
    (ifMatch === undefined || namesEtag(ifMatch, present.etag)) &&
    (lastModified === undefined || seconds(lastModified) === seconds(present.lastModified)) &&
    (size === undefined || size === present.size);
  if (!holds) throw new SelectError('PreconditionFailed');
}

/** Whether a list of entity tags, with or without quotes, holds this one. */
export function namesEtag(list: string, etag: string | undefined): boolean {
  if (etag === undefined) return false;
  const bare = (text: string): string => text.trim().replace(/^W\//, '').replace(/^"|"$/g, '');
  return list.split(',').some((text) => text.trim() === '*' || bare(text) === bare(etag));
}
