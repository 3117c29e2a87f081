/** What a server prints when it is ready: three ways to query it that work when pasted into a shell. */
import type { ObjectStore } from '../storage/store.ts';
import { samplesBucket } from './samples.ts';

/** An object to show queries on. */
export interface Example {
  readonly bucket: string;
  readonly key: string;
}

export interface HowToQuery {
  readonly url: string;
  readonly region: string;
  readonly example: Example;
  /** The file behind the example, as a path from here. */
  readonly path: string;
  /** How this program is called from here. */
  readonly program: string;
  /** null: they are secret, and the commands take them from the environment. */
  readonly credentials: { readonly accessKey: string; readonly secretKey: string } | null;
}

/** A CSV object among the first of the store: the sample of a first start where it is there. */
export async function findExample(store: ObjectStore): Promise<Example | null> {
  const buckets = await store.listBuckets();
  const first = buckets.filter(({ name }) => name === samplesBucket);
  for (const { name: bucket } of [...first, ...buckets].slice(0, buckets_max)) {
    // A folder that cannot be read is no reason not to serve the others.
    const { objects } = await store.listObjects({ bucket }).catch(() => ({ objects: [] }));
    const keys = objects.filter(({ key, size }) => size > 0 && /^[\x20-\x7e]+\.csv$/i.test(key)).map(({ key }) => key);
    const key = keys.find((each) => each === sample.key) ?? keys[0];
    if (key !== undefined) return { bucket, key };
  }
  return null;
}

/** The text, to be printed below the line that says where the server listens. */
export function howToQuery(how: HowToQuery): string {
  return [
    'With the AWS command line:',
    '',
    awsCommand(how),
    '',
    `With JavaScript, where ${sdk} is installed (as in the folder of this project):`,
    '',
    javascriptCommand(how),
    '',
    'Without the server, the file itself:',
    '',
    localCommand(how),
    '',
  ].join('\n');
}

const sdk = '@aws-sdk/client-s3';
const buckets_max = 16;

const sample = {
  key: 'airports.csv',
  rows: "SELECT s.name, s.city FROM S3Object s WHERE s.state = 'AK' LIMIT 5",
  count: 'SELECT COUNT(*) AS airports FROM S3Object s WHERE CAST(s.latitude AS FLOAT) > 60',
};

function rowsQuery({ example }: HowToQuery): string {
  return isSample(example) ? sample.rows : 'SELECT * FROM S3Object s LIMIT 5';
}

function countQuery({ example }: HowToQuery): string {
  return isSample(example) ? sample.count : 'SELECT COUNT(*) AS records FROM S3Object s';
}

function isSample({ bucket, key }: Example): boolean {
  return bucket === samplesBucket && key === sample.key;
}

function awsCommand(how: HowToQuery): string {
  const { accessKey, secretKey } = how.credentials ?? { accessKey: null, secretKey: null };
  const user = accessKey === null ? '"$S3LECT_ROOT_USER"' : quote(accessKey);
  const password = secretKey === null ? '"$S3LECT_ROOT_PASSWORD"' : quote(secretKey);
  return [
    `AWS_ACCESS_KEY_ID=${user} AWS_SECRET_ACCESS_KEY=${password} aws --endpoint-url ${how.url} --region ${quote(how.region)}`,
    `s3api select-object-content --bucket ${quote(how.example.bucket)} --key ${quote(how.example.key)} --expression-type SQL`,
    `--expression "${rowsQuery(how)}"`,
    `--input-serialization '{"CSV":{"FileHeaderInfo":"USE"}}' --output-serialization '{"CSV":{}}' /dev/stdout`,
  ].join(' ');
}

function javascriptCommand(how: HowToQuery): string {
  const { example, credentials } = how;
  const keys =
    credentials === null
      ? 'accessKeyId: process.env.S3LECT_ROOT_USER, secretAccessKey: process.env.S3LECT_ROOT_PASSWORD'
      : `accessKeyId: ${literal(credentials.accessKey)}, secretAccessKey: ${literal(credentials.secretKey)}`;
  return `node --input-type=module -e '
import { S3Client, SelectObjectContentCommand } from "${sdk}";
const client = new S3Client({ endpoint: ${literal(how.url)}, region: ${literal(how.region)}, forcePathStyle: true,
  credentials: { ${keys} } });
const { Payload } = await client.send(new SelectObjectContentCommand({
  Bucket: ${literal(example.bucket)}, Key: ${literal(example.key)}, ExpressionType: "SQL",
  Expression: ${literal(countQuery(how))},
  InputSerialization: { CSV: { FileHeaderInfo: "USE" } }, OutputSerialization: { JSON: {} } }));
for await (const { Records } of Payload) if (Records) process.stdout.write(Records.Payload);'`;
}

function localCommand(how: HowToQuery): string {
  return `${how.program} query ${quote(how.path)} "${rowsQuery(how)}"`;
}

/** A word for a POSIX shell. */
export function quote(word: string): string {
  return /^[\w./:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A string of JavaScript inside single quotes of a shell. */
function literal(text: string): string {
  return JSON.stringify(text).replaceAll("'", '\\u0027');
}
