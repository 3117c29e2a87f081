/** User metadata beyond ASCII: encoded words (RFC 2047) in requests and in answers, as Amazon documents them. */
import { CopyObjectCommand, CreateBucketCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import t from 'tap';
import { decodeWords, encodeWords } from '../src/api/encoded-words.ts';
import { ask, serve } from './support/api-server.ts';

/** The example of Amazon's documentation: a value sent as UTF-8, whose bytes S3 takes for characters. */
const documented = '=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=';

t.test('text becomes words, and words text', (t) => {
  for (const [text, words] of [
    ['AMAZONS3', 'AMAZONS3'],
    ['', ''],
    ['a\tb', 'a\tb'],
    [Buffer.from('ÄMÄZÕÑ S3').toString('latin1'), documented],
    ['Hello Worldé', '=?UTF-8?Q?Hello_World=C3=A9?='],
    ['a_b?c=d é', '=?UTF-8?Q?a=5Fb=3Fc=3Dd_=C3=A9?='],
    ['日本', '=?UTF-8?B?5pel5pys?='],
    ['日本'.repeat(10), `=?UTF-8?B?${btoaUtf8(`${'日本'.repeat(7)}日`)}?= =?UTF-8?B?${btoaUtf8(`本${'日本'.repeat(2)}`)}?=`],
    ['=?UTF-8?Q?a?=', '=?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fa=3F=3D?='],
  ] as const) {
    t.equal(encodeWords(text), words);
    t.equal(decodeWords(words), text);
  }
  t.end();
});

function btoaUtf8(text: string): string {
  return Buffer.from(text).toString('base64');
}

t.test('words of other makers', (t) => {
  for (const [words, text] of [
    ['=?utf-8?q?caf=c3=a9?=', 'café'],
    ['=?ISO-8859-1?Q?caf=E9?= au =?us-ascii?B?bGFpdA==?=', 'café au lait'],
    ['=?UTF-8?Q?a?=  =?UTF-8?Q?_b?=', 'a b'],
    ['=?UTF-8?Q??=', ''],
  ] as const) {
    t.equal(decodeWords(words), text);
  }
  for (const none of [
    '=?UTF-8?Q?a',
    'x=?UTF-8?Q?a?=',
    '=?UTF-8?Q?a?=x',
    '=?UTF-8?X?a?=',
    '=?UTF-8?Q?=4?=',
    '=?UTF-8?Q?=FF?=',
    '=?UTF-8?B?a-b?=',
    '=?no-such-charset?Q?a?=',
    '=?UTF-8?Q?=0D=0Aset-cookie:_a?=',
    '=?UTF-8?B?AA==?=',
    '=?',
  ]) {
    t.equal(decodeWords(none), none, none);
    t.equal(encodeWords(none), none, none);
  }
  t.end();
});

t.test('any text comes back, in lines of ASCII that hold words of 75 characters at most', (t) => {
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('é', 'a', ' ', '=', '?', '_', '日', '\u{1F600}', '=?UTF-8?Q?a?='), maxLength: 120 }),
  );
  const property = fc.property(texts, (text) => {
    const words = encodeWords(text);
    t.match(words, /^[\t\x20-\x7e]*$/);
    if (words !== text) t.ok(words.split(' ').every((each) => each.length <= 75));
    if (!/[^\P{Cc}\t\x80-\x9f]/u.test(text)) t.equal(decodeWords(words), text);
  });
  fc.assert(property, { numRuns: 300 });
  t.end();
});

t.test('metadata of objects', async (t) => {
  const { port, client } = await serve(t);
  const Bucket = 'bucket-1';
  await client.send(new CreateBucketCommand({ Bucket }));
  const put = (value: string) => ask(port, { method: 'PUT', target: `/${Bucket}/k`, headers: { 'x-amz-meta-a': value }, body: 'x' });
  const metadata = async (Key = 'k') => (await client.send(new HeadObjectCommand({ Bucket, Key }))).Metadata?.['a'];
  for (const [sent, answered] of [
    [Buffer.from('ÄMÄZÕÑ S3').toString('latin1'), documented],
    [documented, documented],
    ['=?UTF-8?Q?=41MAZONS3?=', 'AMAZONS3'],
    ['=?UTF-8?Q?=0D=0Ax?=', '=?UTF-8?Q?=0D=0Ax?='],
    ['Hello World\xe9', '=?UTF-8?Q?Hello_World=C3=A9?='],
  ] as const) {
    t.equal((await put(sent)).status, 200);
    t.equal(await metadata(), answered);
    const got = await ask(port, { target: `/${Bucket}/k` });
    t.equal(got.headers.get('x-amz-meta-a'), answered);
  }
  await client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/k` }));
  t.equal(await metadata('copy'), '=?UTF-8?Q?Hello_World=C3=A9?=');
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Metadata: { a: 'plain' } }));
  t.equal(await metadata(), 'plain');
});
