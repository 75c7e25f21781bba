// Effects of floods that do not depend on time; floods.mjs measures the time.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Flooded, FLOODS, summary } from './floods.mjs';
import { figures, nightly } from './network.mjs';

/** How long each flood lasts, in seconds. */
const LASTS = nightly ? 120 : 5;
/**
 * How much a node's memory may grow, in MiB: for the copies of the pool's 20 MiB of transactions, and for unsent
 * answers.
 */
const GROWTH = 768;
let flooded;

before(async () => {
  flooded = await Flooded.start();
});
after(() => flooded?.stop());

async function under(test, name) {
  const measured = await flooded.measure(FLOODS[name], LASTS);
  figures(test, summary(measured));
  const { alone, under, memory } = measured;
  assert.ok([...alone, ...under].every(Number.isFinite), 'every access of the quiet hospital becomes final');
  memory.peak.forEach((peak, at) => assert.ok(peak - memory.before[at] < GROWTH, `the memory of node ${at} grew to ${peak} MiB`));
  return measured;
}

test('all transactions of strangers are refused', async (test) => {
  const { taken, refused } = await under(test, 'strangers');
  assert.equal(taken, 0);
  assert.ok(Object.keys(refused).every((why) => /1010/.test(why)), JSON.stringify(refused));
});

test('all batches that are too large are refused', async (test) => {
  const { taken } = await under(test, 'batches that are too large');
  assert.equal(taken, 0);
});

test('a gateway that never stops does not keep the others from recording', async (test) => {
  await under(test, 'a gateway that never stops, with large batches');
});

/** The pool gives the reason: invalid, already there, priority too low, or full. The runtime aborts nothing. */
const refusedByThePool = ({ refused }) =>
  assert.ok(Object.keys(refused).every((why) => /^10(10|12|13|14|16):/.test(why)), JSON.stringify(refused));

test('wrapping batches in one call gets no more of them in', async (test) => {
  refusedByThePool(await under(test, 'a wrapped batch'));
});

test('offering tips does not keep the others from recording', async (test) => {
  refusedByThePool(await under(test, 'a gateway that never stops and offers tips'));
});

test('all other hospitals together do not keep a hospital from recording', async (test) => {
  refusedByThePool(await under(test, 'all others at once'));
});

test('queries do not keep a hospital from recording', async (test) => {
  await under(test, 'queries to the node of the hospital');
});
