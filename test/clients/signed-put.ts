/** PUT for clients that only read. */
import { createHash } from 'node:crypto';
import { signHeaders } from '../../src/auth/sign.ts';
import type { Context } from './client.ts';

export async function signedPut({ endpoint, accessKey, secretKey }: Context, rawPath: string, body: Buffer): Promise<void> {
  const request = { method: 'PUT', rawPath, rawQuery: '', headers: { host: new URL(endpoint).host }, region: 'us-east-1' };
  const headers = signHeaders({ ...request, credentials: { accessKey, secretKey } }, createHash('sha256').update(body).digest('hex'));
  const answer = await fetch(endpoint + rawPath, { method: 'PUT', headers, body });
  if (!answer.ok) throw new Error(`PUT ${rawPath}: ${answer.status} ${await answer.text()}`);
}
