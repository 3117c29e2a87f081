/** UTF-8 validation: SIMD against the plain kernels and both against the platform's decoder. */
import t from 'tap';
import { STATE_BYTES } from '../src/kernels/json-kernels.ts';
import { constants, layout, place, Random, seed, twins, u8 } from './support/kernels.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function isValid(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The longest valid prefix ends where the first ill-formed sequence begins. */
function firstError(bytes: Uint8Array): number {
  if (isValid(bytes)) return -1;
  for (let length = bytes.length - 1; length > 0; length--) if (isValid(bytes.subarray(0, length))) return length;
  return 0;
}

const VALID = [
  'a',
  'bcdefg',
  'é',
  '\u07ff',
  '\u0800',
  '€',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '\u{1f600}',
  '\u{10ffff}',
  ' '.repeat(15),
];
/** Overlong forms, surrogates, what lies past U+10FFFF, stray and missing continuations. */
const INVALID = [
  'c080',
  'c1bf',
  'e09fbf',
  'eda080',
  'edbfbf',
  'f08fbfbf',
  'f4908080',
  'f5808080',
  'ff',
  'fe',
  '80',
  'bf',
  'c3',
  'e2',
  'e282',
  'f0',
  'f09f',
  'f09f98',
  'c341',
  'e28241',
  'f09f9841',
  'e0a0',
  'ed9f',
];

t.test('the first ill-formed sequence is found wherever it lies', async (t) => {
  const random = new Random(seed);
  let errors = 0;
  for (let round = 0; round < 10_000; round++) {
    const parts: Buffer[] = [];
    for (let left = random.below(24); left > 0; left--) {
      parts.push(random.chance(0.04) ? Buffer.from(random.pick(INVALID), 'hex') : Buffer.from(random.pick(VALID)));
    }
    let bytes = Buffer.concat(parts);
    if (random.chance(0.2)) bytes = bytes.subarray(0, random.below(bytes.length + 1));
    if (random.chance(0.05) && bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
    const base = place(bytes, round % 64, random);
    const offset = firstError(bytes);
    const wanted = offset < 0 ? -1 : base + offset;
    if (offset >= 0) errors++;
    for (const kernels of twins) {
      const found = kernels.utf8Error(base, base + bytes.length);
      if (found !== wanted) return void t.equal(found - base, offset, `${kernels.kind}: ${bytes.toString('hex')}`);
    }
  }
  t.ok(errors > 1500, `${errors} ill-formed texts`);
});

t.test('the index of JSON finds it too, in one block of the text or across several', (t) => {
  const random = new Random(seed + 1);
  u8.fill(0, layout.json_state, layout.json_state + STATE_BYTES);
  let errors = 0;
  for (let round = 0; round < 3000; round++) {
    const parts: Buffer[] = [Buffer.from('["')];
    for (let left = random.below(12); left > 0; left--) {
      parts.push(Buffer.from('x'.repeat(random.below(70))));
      parts.push(
        random.chance(0.05) ? Buffer.from(random.pick(INVALID), 'hex') : Buffer.from(random.pick(VALID).repeat(1 + random.below(8))),
      );
    }
    const bytes = Buffer.concat([...parts, Buffer.from(random.chance(0.5) ? '"]' : '')]);
    const base = place(bytes, round % 64, random);
    const offset = firstError(bytes);
    if (offset >= 0) errors++;
    for (const { kind, json } of twins) {
      json.jsonPath(layout.json_state, constants.u32s([0]));
      json.walkIndex(base, bytes.length, 0);
      const found = json.jsonEncodingAt();
      if (found !== (offset < 0 ? -1 : base + offset)) return void t.equal(found - base, offset, `${kind}: ${bytes.toString('hex')}`);
    }
    constants.reset();
  }
  t.ok(errors > 500, `${errors} ill-formed texts`);
  t.end();
});
