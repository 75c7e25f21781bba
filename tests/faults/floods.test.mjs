// What floods come to that has nothing to do with time; floods.mjs measures the time.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Flooded, FLOODS, summary } from './floods.mjs';
import { figures, nightly } from './network.mjs';

/** How long each flood lasts, in seconds. */
const LASTS = nightly ? 120 : 5;
/** How much a node's memory may grow, in MiB: the pool's 20 MiB of transactions, as often as they are held, and the answers under way. */
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

test('strangers are refused, all of them', async (test) => {
  const { taken, refused } = await under(test, 'strangers');
  assert.equal(taken, 0);
  assert.ok(Object.keys(refused).every((why) => /1010/.test(why)), JSON.stringify(refused));
});

test('batches that are too large are refused, all of them', async (test) => {
  const { taken } = await under(test, 'batches that are too large');
  assert.equal(taken, 0);
});

test('a gateway gone mad does not keep the others from recording', async (test) => {
  await under(test, 'a gateway gone mad, with large batches');
});

/** The pool says what is wrong: not valid, there already, too low a priority, no room. Nothing breaks off in the runtime. */
const refusedByThePool = ({ refused }) =>
  assert.ok(Object.keys(refused).every((why) => /^10(10|12|13|14|16):/.test(why)), JSON.stringify(refused));

test('wrapping batches in one call does not let more of them in', async (test) => {
  refusedByThePool(await under(test, 'a wrapped batch'));
});

test('offering tips does not keep the others from recording', async (test) => {
  refusedByThePool(await under(test, 'a gateway gone mad that offers tips'));
});

test('all others at once do not keep a hospital from recording', async (test) => {
  refusedByThePool(await under(test, 'all others at once'));
});

test('questions do not keep a hospital from recording', async (test) => {
  await under(test, 'questions to the node of the hospital');
});
