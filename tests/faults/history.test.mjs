// The model checker finds every kind of violation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countLost, violations } from './history.mjs';

const observation = (node, number, sources, changes = {}) => ({
  node,
  block: { number, hash: `hash ${number}` },
  logs: { d: { count: sources.length, root: `root of ${sources}` } },
  entries: { d: sources },
  ...changes,
});
const event = (source, block) => ({ dataset: 'd', source, block });

test('one history of several nodes has no violation', () => {
  const observations = [observation('a', 3, ['x', 'y']), observation('b', 3, ['x', 'y']), observation('a', 5, ['x', 'y', 'z'])];
  assert.deepEqual(violations([event('x', 1), event('y', 3), event('z', 4)], observations), []);
});

test('a missing acknowledged event is found, and one of a later block is not expected', () => {
  const acknowledged = [event('x', 1), event('y', 3)];
  assert.match(violations(acknowledged, [observation('a', 3, ['x'])]).join(), /lost 1 acknowledged events, such as y of block 3/);
  assert.equal(countLost(acknowledged, [observation('a', 3, ['x'])]), 1);
  assert.deepEqual(violations(acknowledged, [observation('a', 2, ['x'])]), []);
  assert.equal(countLost(acknowledged, [observation('a', 2, ['x'])]), 0);
});

test('a duplicate event is found', () => {
  assert.match(violations([], [observation('a', 3, ['x', 'x'])]).join(), /an event twice/);
});

test('another order is found, also in logs of different lengths', () => {
  assert.match(violations([], [observation('a', 3, ['x', 'y']), observation('b', 4, ['y', 'x', 'z'])]).join(), /entry 0 .* differs/);
});

test('a log that lists fewer or more entries than its count is found', () => {
  const logs = { d: { count: 2, root: 'r' } };
  assert.match(violations([], [observation('a', 3, ['x'], { logs })]).join(), /has 2 entries and lists 1/);
  assert.match(violations([], [observation('a', 3, ['x', 'y', 'z'], { logs })]).join(), /has 2 entries and lists 3/);
});

test('two final blocks with one number are found', () => {
  const forked = observation('b', 3, ['x'], { block: { number: 3, hash: 'another' } });
  assert.match(violations([], [observation('a', 3, ['x']), forked]).join(), /two different final blocks/);
});

test('a log that shrinks, differs, or changes without growing is found, from any node and in any order', () => {
  const log = (node, number, count, root) => ({ node, block: { number, hash: `hash ${number}` }, logs: { d: { count, root } } });
  assert.match(violations([], [log('b', 5, 1, 'r1'), log('a', 4, 2, 'r2')]).join(), /goes back from 2 to 1/);
  assert.match(violations([], [log('a', 4, 2, 'r2'), log('b', 4, 2, 'other')]).join(), /differs/);
  assert.match(violations([], [log('a', 4, 2, 'r2'), log('b', 5, 2, 'other')]).join(), /though it does not grow/);
  assert.deepEqual(violations([], [log('a', 4, 2, 'r2'), log('b', 5, 3, 'r3'), log('a', 5, 3, 'r3')]), []);
});
