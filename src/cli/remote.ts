/** `s3://bucket/key` on any server that speaks S3 Select. The only place that knows the AWS SDK, which is loaded when it is asked for. */
import process from 'node:process';
import {
  type CompressionType,
  GetObjectCommand,
  S3Client,
  type InputSerialization as SdkInput,
  type OutputSerialization as SdkOutput,
  SelectObjectContentCommand,
  type SelectObjectContentEventStream,
} from '@aws-sdk/client-s3';
import { limits } from '../base/limits.ts';
import { typedSchemaOf } from '../formats/parquet/schema.ts';
import { compileQuery, outputColumns } from '../sql/compile.ts';
import { PlainError, RemoteError } from './failure.ts';
import { columnsOf, once } from './input-schema.ts';
import { UsageError } from './option-values.ts';
import { footerOfTail } from './parquet-file.ts';
import type { Answer, InputRequest, Prefix, QueryInput } from './query-input.ts';

export interface RemoteOptions {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
}

/** Raises `UsageError` for an address that is none. */
export function remoteInput(address: string, options: RemoteOptions): QueryInput {
  const match = /^s3:\/\/([^/]+)\/(.+)$/s.exec(address);
  if (match === null) throw new UsageError(`${address}: is not s3://bucket/key`);
  if (options.endpoint !== undefined && !/^https?:\/\//.test(options.endpoint)) {
    throw new UsageError(`--endpoint: ${JSON.stringify(options.endpoint)} does not begin with http:// or https://`);
  }
  const [, bucket = '', key = ''] = match;
  return new RemoteInput(clientOf(options), bucket, key);
}

function clientOf({ endpoint, region }: RemoteOptions): S3Client {
  // The SDK announces which Nodes its later versions will want, on every run; ours is fixed in package.json.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  // With a server of one's own the region is a formality; for Amazon's, the SDK goes on to look into its own files.
  const known = region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? (endpoint === undefined ? undefined : 'us-east-1');
  return new S3Client({
    // Servers other than Amazon's rarely have a name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(known === undefined ? {} : { region: known }),
  });
}

class RemoteInput implements QueryInput {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #key: string;
  #total_bytes: number | null = null;
  #prefix: Prefix | null = null;

  constructor(client: S3Client, bucket: string, key: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#key = key;
  }

  total_bytes(): number | null {
    return this.#total_bytes;
  }

  async prefix(bytes_max: number): Promise<Prefix> {
    const Range = `bytes=0-${bytes_max - 1}`;
    try {
      const { Body, ContentRange } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: this.#key, Range }));
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array(0);
      const total = /\/(\d+)$/.exec(ContentRange ?? '')?.[1];
      this.#total_bytes = total === undefined ? bytes.length : Number(total);
      this.#prefix = { bytes, atEnd: bytes.length === this.#total_bytes };
    } catch (error) {
      // An empty object has no first byte.
      if ((error as Error).name !== 'InvalidRange') throw remoteError(error);
      this.#prefix = { bytes: new Uint8Array(0), atEnd: true };
    }
    return this.#prefix;
  }

  /** Null where they cannot be told from here. */
  async #columns(input: InputRequest['input'], expression: string): Promise<readonly string[] | null> {
    if (input.Parquet === undefined) return this.#prefix === null ? null : columnsOf(input, once(this.#prefix.bytes), expression);
    try {
      const Range = `bytes=-${limits.parquet_tail_bytes}`;
      const { Body, ContentRange } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: this.#key, Range }));
      const tail = (await Body?.transformToByteArray()) ?? new Uint8Array(0);
      const schema = typedSchemaOf(footerOfTail(tail, Number(/\/(\d+)$/.exec(ContentRange ?? '')?.[1] ?? tail.length)).schema);
      return outputColumns(compileQuery(expression, schema), schema);
    } catch {
      // why: it is the server's to say what is wrong, and it may know more than this program.
      return null;
    }
  }

  async run({ expression, input, output, scanRange, signal }: InputRequest): Promise<Answer> {
    const command = new SelectObjectContentCommand({
      Bucket: this.#bucket,
      Key: this.#key,
      Expression: expression,
      ExpressionType: 'SQL',
      InputSerialization: sdkInput(input),
      OutputSerialization: output as SdkOutput,
      ScanRange: scanRange,
      RequestProgress: { Enabled: true },
    });
    const columns = await this.#columns(input, expression);
    const { Payload } = await this.#client.send(command, { abortSignal: signal }).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : remoteError(error);
    });
    const stats = { scanned_bytes: 0, processed_bytes: 0, returned_bytes: 0, rows: null, row_groups: null };
    return { columns, stats, blocks: blocks(Payload ?? once(), stats, signal) };
  }
}

async function* blocks(
  events: AsyncIterable<SelectObjectContentEventStream>,
  stats: { scanned_bytes: number; processed_bytes: number; returned_bytes: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let ended = false;
  try {
    for await (const { Records, Stats, Progress, End } of events) {
      if (Records?.Payload !== undefined) yield Records.Payload;
      const details = Stats?.Details ?? Progress?.Details;
      stats.scanned_bytes = details?.BytesScanned ?? stats.scanned_bytes;
      stats.processed_bytes = details?.BytesProcessed ?? stats.processed_bytes;
      stats.returned_bytes = details?.BytesReturned ?? stats.returned_bytes;
      if (End !== undefined) ended = true;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : remoteError(error);
  }
  if (!ended) throw new RemoteError('IncompleteAnswer', 'The server ended the answer before its end');
}

/** The SDK's names for the compressions are a closed list; a server may know more. */
function sdkInput(input: InputRequest['input']): SdkInput {
  return { ...input, CompressionType: input.CompressionType as CompressionType } as SdkInput;
}

function remoteError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, cause } = error;
  if (name === 'CredentialsProviderError') {
    return new PlainError('no credentials for the server: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE');
  }
  const { code } = error as NodeJS.ErrnoException;
  const nested = error instanceof AggregateError ? error.errors.map((each: Error) => each.message).join('; ') : '';
  return new RemoteError(code ?? name, message || nested || 'no answer', { cause });
}
