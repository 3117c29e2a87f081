/** The folder of a first start: a bucket `samples` with real files to query. */
import { constants, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlainError, reasonOf } from './failure.ts';

export const samplesBucket = 'samples';

/** What is taken of the `vega-datasets` package where it is installed. */
const fromPackage = [
  'airports.csv',
  'birdstrikes.csv',
  'flights-20k.json',
  'flights-3m.parquet',
  'flights-airport.csv',
  'movies.json',
  'seattle-weather.csv',
  'stocks.csv',
  'zipcodes.csv',
];

/** Files that come with this package. */
const bundled = join(import.meta.dirname, '../../../samples');

/**
 * Makes `folder` with the sample bucket in it, whole or not at all, unless it is there. Answers whether it was made.
 * Raises `PlainError`.
 */
export function createWithSamples(folder: string): boolean {
  if (existsSync(folder)) return false;
  const target = resolve(folder);
  try {
    const unfinished = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
    try {
      const bucket = join(unfinished, 'data', samplesBucket);
      mkdirSync(bucket, { recursive: true });
      for (const path of sampleFiles()) copyFileSync(path, join(bucket, basename(path)), constants.COPYFILE_FICLONE);
      renameSync(join(unfinished, 'data'), target);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  } catch (error) {
    // Another server, started at the same time, may have been first.
    if (existsSync(folder)) return false;
    throw new PlainError(`cannot create ${folder}: ${reasonOf(error)}`);
  }
  return true;
}

function sampleFiles(): string[] {
  const data = packageData();
  if (data !== null) return fromPackage.map((name) => join(data, name)).filter((path) => existsSync(path));
  return readdirSync(bundled)
    .filter((name) => extname(name) !== '.md')
    .map((name) => join(bundled, name));
}

function packageData(): string | null {
  try {
    // The package exports its code alone; the files lie beside that.
    return join(dirname(fileURLToPath(import.meta.resolve('vega-datasets'))), '../data');
  } catch {
    return null;
  }
}
