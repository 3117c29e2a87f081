/**
 * Keys and the file names that hold them. A key is split at `/`; each segment is a directory or file of its own name,
 * so that other programs find objects where they expect them. Segments a file system cannot hold, and those that would
 * collide with the store's own names, are stored escaped: `.s3lect=` and the segment with `%` and NUL percent-encoded.
 *
 *   dir/          dir/.s3lect=        a folder marker, as consoles and Hadoop write them
 *   a//b          a/.s3lect=/b
 *   ../x          .s3lect=../x        the name is literally `.s3lect=..`
 *   .s3lect/x     .s3lect=.s3lect/x
 *
 * The escape is reversible and canonical: one key has one path, one path at most one key. Nothing here touches a disk.
 */
import { isWellFormed } from './names.ts';

/** The store's own folder in every bucket: sidecars and temporary files. Every name that starts with it is reserved. */
export const hiddenFolder = '.s3lect';

/** Longest file name of the file systems in use. */
export const nameBytesMax = 255;

const escapeMark = `${hiddenFolder}=`;

/** The file names, one a segment, that hold `key`. Never empty, `.`, `..`, nor the hidden folder. */
export function keyToNames(key: string): string[] {
  return key.split('/').map(segmentToName);
}

/** The file name of one segment of a key. */
export function segmentToName(segment: string): string {
  if (!needsEscape(segment)) return segment;
  return escapeMark + segment.replace(/[%\0]/g, (character) => (character === '%' ? '%25' : '%00'));
}

/** The segment a file name stands for, or undefined for a name that is the store's own. */
export function nameToSegment(name: string): string | undefined {
  if (!isReserved(name)) return name;
  if (!name.startsWith(escapeMark)) return undefined;
  const segment = name.slice(escapeMark.length).replace(/%(25|00)/g, (_, code: string) => (code === '25' ? '%' : '\0'));
  // why: a foreign file `.s3lect=x` would be a second path to the key `x`.
  return segmentToName(segment) === name ? segment : undefined;
}

/** Whether a directory directly under the root may be a bucket of this name: one plain path segment, not the store's own. */
export function isBucketFolder(name: string): boolean {
  return !needsEscape(name) && !name.includes('/') && Buffer.byteLength(name) <= nameBytesMax && isWellFormed(name);
}

function needsEscape(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..' || segment.includes('\0') || isReserved(segment);
}

function isReserved(name: string): boolean {
  if (/^[\x20-\x7e]*$/.test(name)) return name.slice(0, hiddenFolder.length).toLowerCase() === hiddenFolder;
  // why: some file systems ignore case, normalise, and skip invisible characters, so `.S3LECT` and `.ſ3lect` reach the folder.
  return name
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFKC')
    .toLowerCase()
    .startsWith(hiddenFolder);
}
