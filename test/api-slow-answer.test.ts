/** Answers to work that takes long: in time a status, later a document that white space has kept alive. */
import t from 'tap';
import type { ApiResponse } from '../src/api/http.ts';
import { newReport } from '../src/api/report.ts';
import { answerSlowly } from '../src/api/slow-answer.ts';
import { xmlAnswer } from '../src/api/xml-answer.ts';
import { SelectError } from '../src/base/errors.ts';

const waits = { slow_answer_ms: 20, white_space_ms: 20 };
const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

function requestFor(): { rawPath: string; report: ReturnType<typeof newReport> } {
  return { rawPath: '/b/k', report: newReport({ remote: '', method: 'POST', userAgent: '' }) };
}

/** Work that ends when it is told to, and not by a clock that a busy machine outruns. */
function heldWork(outcome: () => ApiResponse): { readonly work: Promise<ApiResponse>; end(): void } {
  let end = (): void => {};
  const held = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: held.then(outcome), end };
}

/** The body; `end` is called when two pieces of white space have come. */
async function bodyOf({ body }: ApiResponse, end: () => void): Promise<string> {
  const pieces: Uint8Array[] = [];
  if (body === null || body instanceof Uint8Array) throw new Error('it is not late');
  for await (const piece of body) if (pieces.push(piece) === 3) end();
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
  const { work, end } = heldWork(() => answer);
  const late = await answerSlowly(requestFor(), work, waits);
  t.match(late, { status: 200, headers: { 'content-type': 'application/xml' } });
  const text = await bodyOf(late, end);
  t.ok(text.startsWith(`${declaration}  `), 'white space, behind the declaration');
  t.equal(text.replace(/\n +/, '\n'), String(answer.body));
});

t.test('work that fails late', async (t) => {
  const request = requestFor();
  const refused = heldWork(() => {
    throw new SelectError('PreconditionFailed');
  });
  const late = await answerSlowly(request, refused.work, waits);
  t.equal(late.status, 200);
  t.match(await bodyOf(late, refused.end), /^<\?xml[^>]*>\n +<Error><Code>PreconditionFailed<\/Code>/);
  t.equal(request.report.error, 'PreconditionFailed', 'the log is told');
  const faulty = heldWork(() => {
    throw new Error('a fault of ours');
  });
  const fault = await answerSlowly(requestFor(), faulty.work, waits);
  await t.rejects(bodyOf(fault, faulty.end), { message: 'a fault of ours' }, 'which breaks the connection, and is reported');
});

t.test('a client that leaves does not make a late failure an unhandled one', async (t) => {
  const { work, end } = heldWork(() => {
    throw new SelectError('PreconditionFailed');
  });
  const late = await answerSlowly(requestFor(), work, waits);
  const pieces = (late.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  await pieces.next();
  await pieces.return?.();
  end();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.pass();
});
