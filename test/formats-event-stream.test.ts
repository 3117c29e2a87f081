import { EventStreamCodec } from '@smithy/eventstream-codec';
import fc from 'fast-check';
import t from 'tap';
import { limits } from '../src/base/limits.ts';
import {
  contFrame,
  encodeFrame,
  endFrame,
  errorFrame,
  FRAME_OVERHEAD_BYTES,
  type Frame,
  FrameDecoder,
  FrameError,
  framePayloadMax,
  progressFrame,
  RECORDS_PREFIX_BYTES,
  recordsFrame,
  sealRecordsFrame,
  statsFrame,
} from '../src/formats/event-stream.ts';

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
  (text) => Buffer.from(text),
);
const stats = { bytesScanned: 512, bytesProcessed: 1024, bytesReturned: 1024 };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const plain = ({ headers, payload }: Frame): unknown => ({ headers: Object.fromEntries(headers), payload: hex(payload) });

/** The same, as the AWS SDK reads it. */
function smithy(frame: Uint8Array): unknown {
  const { headers, body } = codec.decode(frame);
  return { headers: Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value])), payload: hex(body) };
}

t.test('published vectors', async (t) => {
  t.equal(
    hex(endFrame()),
    '0000003800000028c1c684d40d3a6d6573736167652d747970650700056576656e740b3a6576656e742d74797065070003456e64cf97d392',
  );
  t.equal(
    hex(contFrame()),
    '00000039000000298ba19df20d3a6d6573736167652d747970650700056576656e740b3a6576656e742d74797065070004436f6e749c864a0d',
  );
  t.equal(
    hex(recordsFrame(Buffer.from('a,b\n'))),
    '0000006900000055ea016f2e0d3a6d6573736167652d747970650700056576656e740d3a636f6e74656e742d747970650700186170706c6963' +
      '6174696f6e2f6f637465742d73747265616d0b3a6576656e742d747970650700075265636f726473612c620a65fbd276',
  );
  t.equal(
    hex(errorFrame('CastFailed', 'x')),
    '0000005200000042bf23637e0d3a6d6573736167652d747970650700056572726f720b3a6572726f722d636f646507000a436173744661696c6564' +
      '0e3a6572726f722d6d6573736167650700017869b3d04a',
  );
  for (const [frame, total, headers, prelude, message] of [
    [statsFrame(stats), 240, 67, 'c2c39f1e', '8b49583f'],
    [progressFrame(stats), 249, 70, 'bfb909e0', '81b7cd0b'],
  ] as const) {
    t.equal(frame.length, total);
    t.equal(Buffer.from(frame).readUInt32BE(4), headers);
    t.equal(hex(frame.subarray(8, 12)), prelude);
    t.equal(hex(frame.subarray(-4)), message);
  }
});

t.test('every frame is read alike by the AWS SDK and by our decoder, cut at every byte', async (t) => {
  const frames = [
    recordsFrame(Buffer.from('ä,b\n')),
    contFrame(),
    progressFrame(stats),
    statsFrame(stats),
    errorFrame('Busy', 'später'),
    endFrame(),
  ];
  const expected = frames.map(smithy);
  const stream = Buffer.concat(frames);
  for (let cut = 0; cut <= stream.length; cut++) {
    const decoder = new FrameDecoder();
    const read = [...decoder.push(stream.subarray(0, cut)), ...decoder.push(stream.subarray(cut))];
    t.strictSame(read.map(plain), expected);
    t.equal(decoder.pending_bytes, 0);
  }
  const decoder = new FrameDecoder();
  t.strictSame([...stream].flatMap((byte) => decoder.push(Uint8Array.of(byte))).map(plain), expected);
});

t.test('any headers and payload survive', async () => {
  const header = fc.tuple(
    fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme-ascii' }),
    fc.string({ maxLength: 300, unit: 'binary' }),
  );
  const headers = fc
    .uniqueArray(header, { selector: ([name]) => name, maxLength: 6 })
    .filter((all) => all.every(([name]) => name !== '__proto__'));
  fc.assert(
    fc.property(headers, fc.uint8Array({ maxLength: 5000 }), fc.array(fc.nat(6000)), (headers, payload, cuts) => {
      const frame = encodeFrame(headers, payload);
      const decoder = new FrameDecoder();
      const frames: Frame[] = [];
      let from = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), frame.length]) {
        frames.push(...decoder.push(frame.subarray(from, Math.max(from, cut))));
        from = Math.max(from, cut);
      }
      const expected = { headers: Object.fromEntries(headers), payload: hex(payload) };
      return frames.length === 1 && [plain(frames[0]!), smithy(frame)].every((read) => JSON.stringify(read) === JSON.stringify(expected));
    }),
    { numRuns: 200 },
  );
});

t.test('a frame is sealed in place', async (t) => {
  const payload = Buffer.from('1,2\n'.repeat(10));
  const buffer = new Uint8Array(500).fill(0xee);
  buffer.set(payload, 7 + RECORDS_PREFIX_BYTES);
  const end = sealRecordsFrame(buffer, 7, payload.length);
  t.equal(end, 7 + FRAME_OVERHEAD_BYTES + payload.length);
  t.equal(hex(buffer.subarray(7, end)), hex(recordsFrame(payload)));
  t.ok(
    buffer.subarray(0, 7).every((byte) => byte === 0xee) && buffer.subarray(end).every((byte) => byte === 0xee),
    'nothing around it is touched',
  );
  t.throws(() => sealRecordsFrame(new Uint8Array(FRAME_OVERHEAD_BYTES + 3), 0, 4), /assertion/);
});

t.test('the longest payload makes the longest frame', async (t) => {
  t.equal(recordsFrame(new Uint8Array(framePayloadMax)).length, limits.frame_bytes_max);
});

t.test('long error messages are cut at a character', async (t) => {
  const frame = errorFrame('CastFailed', 'ä'.repeat(100_000));
  const message = new FrameDecoder().push(frame)[0]?.headers.get(':error-message') ?? '';
  t.ok(/^ä+$/.test(message));
  t.ok(frame.length < limits.frame_bytes_max);
});

t.test('damage is noticed, wherever it is', async (t) => {
  const frame = statsFrame(stats);
  for (let at = 0; at < frame.length; at++) {
    const damaged = Uint8Array.from(frame);
    damaged[at]! ^= 0x20;
    t.throws(() => new FrameDecoder().push(damaged), FrameError, `byte ${at}`);
  }
});

t.test('what a stranger announces is bounded', async (t) => {
  t.throws(() => new FrameDecoder(100).push(statsFrame(stats)), /longer than 100 bytes/);
  t.throws(() => new FrameDecoder().push(Buffer.from('<html><body>Bad gateway</body></html>')), FrameError);
  const decoder = new FrameDecoder();
  decoder.push(statsFrame(stats).subarray(0, 100));
  t.equal(decoder.pending_bytes, 100, 'a stream cut off shows');
});

t.test('headers of other types are passed over', async (t) => {
  const frame = codec.encode({
    headers: {
      yes: { type: 'boolean', value: true },
      byte: { type: 'byte', value: 1 },
      short: { type: 'short', value: 1 },
      integer: { type: 'integer', value: 1 },
      binary: { type: 'binary', value: Uint8Array.of(1, 2) },
      time: { type: 'timestamp', value: new Date(0) },
      uuid: { type: 'uuid', value: '00000000-0000-0000-0000-000000000000' },
      text: { type: 'string', value: 'x' },
    },
    body: new Uint8Array(0),
  });
  t.strictSame([...(new FrameDecoder().push(frame)[0]?.headers ?? [])], [['text', 'x']]);
});
