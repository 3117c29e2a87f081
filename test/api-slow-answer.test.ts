/** Answers to work that takes long: in time a status, later a document that white space has kept alive. */
import t from 'tap';
import type { ApiResponse } from '../src/api/http.ts';
import { newReport } from '../src/api/report.ts';
import { answerSlowly } from '../src/api/slow-answer.ts';
import { xmlAnswer } from '../src/api/xml-answer.ts';
import { SelectError } from '../src/base/errors.ts';

const waits = { slow_answer_ms: 60, white_space_ms: 60 };
const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

function requestFor(): { rawPath: string; report: ReturnType<typeof newReport> } {
  return { rawPath: '/b/k', report: newReport({ remote: '', method: 'POST', userAgent: '' }) };
}

async function after<T>(wait_ms: number, work: () => T): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, wait_ms));
  return work();
}

async function bodyOf({ body }: ApiResponse): Promise<string> {
  const pieces: Uint8Array[] = [];
  if (body !== null) for await (const piece of body instanceof Uint8Array ? [body] : body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

t.test('work that ends in time', async (t) => {
  const answer = xmlAnswer('Result', 'x');
  t.equal(await answerSlowly(requestFor(), Promise.resolve(answer), waits), answer);
  const failing = answerSlowly(requestFor(), Promise.reject(new SelectError('NoSuchUpload')), waits);
  await t.rejects(failing, { code: 'NoSuchUpload' });
});

t.test('work that ends late', async (t) => {
  const answer = xmlAnswer('Result', 'x');
  const late = await answerSlowly(
    requestFor(),
    after(400, () => answer),
    waits,
  );
  t.match(late, { status: 200, headers: { 'content-type': 'application/xml' } });
  const text = await bodyOf(late);
  t.ok(text.startsWith(`${declaration}  `), 'white space, behind the declaration');
  t.equal(text.replace(/\n +/, '\n'), String(answer.body));
});

t.test('work that fails late', async (t) => {
  const request = requestFor();
  const late = await answerSlowly(
    request,
    after(200, () => {
      throw new SelectError('PreconditionFailed');
    }),
    waits,
  );
  t.equal(late.status, 200);
  t.match(await bodyOf(late), /^<\?xml[^>]*>\n +<Error><Code>PreconditionFailed<\/Code>/);
  t.equal(request.report.error, 'PreconditionFailed', 'the log is told');
  const fault = await answerSlowly(
    requestFor(),
    after(200, () => {
      throw new Error('a fault of ours');
    }),
    waits,
  );
  await t.rejects(bodyOf(fault), { message: 'a fault of ours' }, 'which breaks the connection, and is reported');
});

t.test('a client that leaves does not make a late failure an unhandled one', async (t) => {
  const late = await answerSlowly(
    requestFor(),
    after(250, () => {
      throw new SelectError('PreconditionFailed');
    }),
    waits,
  );
  const pieces = (late.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  await pieces.next();
  await pieces.return?.();
  await after(350, () => t.pass());
});
