/**
 * What a server says of itself to those who run it: whether it lives, whether it takes requests, and its metrics. These are
 * requests nobody signed, to paths that signed requests have for themselves: a bucket may be called `health`.
 */

import { SelectError } from '../base/errors.ts';
import type { ObjectStore } from '../storage/store.ts';
import type { ApiRequest, ApiResponse } from './http.ts';
import type { Metrics } from './metrics.ts';

export interface AdminOptions {
  readonly store: ObjectStore;
  readonly metrics: Metrics;
  /** Who may read the metrics. */
  readonly metricsFor: 'loopback' | 'all' | 'off';
  /** The server is about to stop. */
  isStopping(): boolean;
}

/** Answers such a request; null for any other. */
export type Admin = (request: ApiRequest) => Promise<ApiResponse | null>;

export function createAdmin(options: AdminOptions): Admin {
  return async (request) => {
    const page = pages.get(request.rawPath);
    if (page === undefined || !['GET', 'HEAD'].includes(request.method) || isSigned(request)) return null;
    request.report.operation = page === 'metrics' ? 'Metrics' : 'Health';
    if (page === 'live') return plain(200, 'alive\n');
    return page === 'ready' ? ready(options) : metrics(request, options);
  };
}

/** MinIO's names beside our own: there are probes for them everywhere. */
const pages: ReadonlyMap<string, 'live' | 'ready' | 'metrics'> = new Map([
  ['/health/live', 'live'],
  ['/health/ready', 'ready'],
  ['/minio/health/live', 'live'],
  ['/minio/health/ready', 'ready'],
  ['/minio/health/cluster', 'ready'],
  ['/minio/health/cluster/read', 'ready'],
  ['/metrics', 'metrics'],
]);

function isSigned({ headers, rawQuery }: ApiRequest): boolean {
  return headers['authorization'] !== undefined || /(^|&)(X-Amz-|AWSAccessKeyId=)/.test(rawQuery);
}

async function ready({ store, isStopping }: AdminOptions): Promise<ApiResponse> {
  if (isStopping()) return plain(503, 'about to stop\n');
  try {
    await store.check();
    return plain(200, 'ready\n');
  } catch {
    // why: what is wrong with its disk is nobody's business who can reach the port.
    return plain(503, 'the store does not answer\n');
  }
}

async function metrics({ remote, headers }: ApiRequest, options: AdminOptions): Promise<ApiResponse> {
  // why: through a proxy on this machine everybody comes from here.
  const isHere =
    /^(127\.|::1$|::ffff:127\.)/.test(remote) && headers['x-forwarded-for'] === undefined && headers['forwarded'] === undefined;
  if (options.metricsFor === 'off' || (options.metricsFor === 'loopback' && !isHere)) {
    throw new SelectError('AccessDenied', { reason: 'metrics are not for everybody: see the option --metrics' });
  }
  return plain(200, await options.metrics.text(), options.metrics.contentType);
}

function plain(status: number, text: string, contentType = 'text/plain; charset=utf-8'): ApiResponse {
  const body = Buffer.from(text);
  const headers = { 'content-type': contentType, 'content-length': String(body.length), 'cache-control': 'no-store' };
  return { status, headers, body };
}
