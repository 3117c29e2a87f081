/** Answers to work that may take minutes: in time an answer like any other, later one that is kept alive with white space. */
import { SelectError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { asSelectError } from './error-answer.ts';
import { errorXml, xmlDeclaration } from './errors-xml.ts';
import type { ApiRequest, ApiResponse } from './http.ts';

/**
 * The answer of `work`. If that takes long, the status is 200 from then on, and the document tells an error just the same,
 * as S3 has it for operations that put objects together.
 */
export async function answerSlowly(
  request: Pick<ApiRequest, 'rawPath' | 'report'>,
  work: Promise<ApiResponse>,
  { slow_answer_ms, white_space_ms }: { readonly slow_answer_ms: number; readonly white_space_ms: number } = limits,
): Promise<ApiResponse> {
  if (await settledWithin(work, slow_answer_ms)) return work;
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: lateAnswer(request, work, white_space_ms) };
}

async function* lateAnswer(
  request: Pick<ApiRequest, 'rawPath' | 'report'>,
  work: Promise<ApiResponse>,
  white_space_ms: number,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(xmlDeclaration);
  while (!(await settledWithin(work, white_space_ms))) yield Buffer.from(' ');
  try {
    const { body } = await work;
    if (body instanceof Uint8Array) yield body.subarray(xmlDeclaration.length);
  } catch (error) {
    const told = asSelectError(error);
    request.report.error = told.code;
    const document = errorXml(told, { resource: request.rawPath, requestId: request.report.requestId, hostId: '' });
    yield Buffer.from(document.slice(xmlDeclaration.length));
    // why: a fault of ours is to be told to the server too.
    if (!(error instanceof SelectError)) throw error;
  }
}

async function settledWithin(work: Promise<unknown>, wait_ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, wait_ms, false);
  });
  const settled = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
