import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { turnToSend } from '../src/api/turn.ts';
import { limits } from '../src/base/limits.ts';

/** What has been sent, in order. */
function answers(count: number, sent: number[], from = 0): void {
  for (let n = from; n < from + count; n++) void turnToSend().then(() => sent.push(n));
}

t.test('answers of one turn of the event loop are sent at its end', async (t) => {
  const sent: number[] = [];
  answers(2, sent);
  await Promise.resolve();
  answers(1, sent, 2);
  for (let tick = 0; tick < 10; tick++) await Promise.resolve();
  t.same(sent, []);
  await nextTurn();
  t.same(sent, [0, 1, 2]);
});

t.test('so many do not wait for more', async (t) => {
  const sent: number[] = [];
  answers(limits.answers_together_max + 1, sent);
  for (let tick = 0; tick < 10; tick++) await Promise.resolve();
  t.same(sent, [...Array(limits.answers_together_max).keys()]);
  await nextTurn();
  t.same(sent.at(-1), limits.answers_together_max);
});

t.test('the answers of the next turn wait for its own end', async (t) => {
  const sent: number[] = [];
  answers(1, sent);
  await nextTurn();
  answers(1, sent, 1);
  await Promise.resolve();
  t.same(sent, [0]);
  await nextTurn();
  t.same(sent, [0, 1]);
});
