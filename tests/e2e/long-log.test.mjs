// A data set's log that is longer than one answer of the node.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { blake2AsHex } from '@polkadot/util-crypto';
import { Chain, event } from './harness.mjs';

const DATASET = 'text:long-data-set';
const TRAINING = 'text:long-training';
const MODEL = 'text:long-model';
const STEWARD = { key: '//Alice//steward' };
// The client takes 2,500 entries at a time, and a proof has 5,000 at the most.
const TOTAL = 5_200;
const [dataset, training, model] = [DATASET, TRAINING, MODEL].map((name) => blake2AsHex(name.slice('text:'.length)));
let chain;
let api;
let genesis;

before(async () => {
  chain = await Chain.start();
  chain.setUpHospital(DATASET);
  chain.kexin(['activity', 'start', TRAINING, '--kind', 'training'], STEWARD);
  const file = join(chain.directory, 'many.ndjson');
  const newest = Date.now() - 60_000;
  const events = Array.from({ length: TOTAL }, (_, number) => event(number, new Date(newest - 1000 * number).toISOString()));
  writeFileSync(file, events.join('\n'));
  chain.kexin(['import', '--dataset', DATASET, '--activity', TRAINING, file], { key: '//Alice//gateway' });
  chain.kexin(['activity', 'end', TRAINING, '--used', DATASET, '--made', `model=${MODEL}`], STEWARD);
  api = await chain.polkadot();
  genesis = api.genesisHash.toHex();
  const { block } = (await api.rpc.access.log(dataset)).toJSON();
  // Reports are about the newest block that is shown to be final, which is not yet the one with the model.
  while ((await api.rpc.audit.finality()).toJSON().block.number < block.number) await new Promise((next) => setTimeout(next, 500));
  chain.kexin(['report', MODEL, '--genesis', genesis, '--out', 'report.json']);
});
after(async () => {
  await api?.disconnect();
  await chain?.stop();
});

const report = () => JSON.parse(readFileSync(join(chain.directory, 'report.json'), 'utf8'));

test('a report of a long log has every access, and proves itself', () => {
  const proved = chain.json(['verify', 'report.json', '--genesis', genesis]);
  assert.deepEqual([proved.accepted, proved.complete, proved.accesses.forModel], [true, true, TOTAL]);
  const [log] = report().logs;
  assert.equal(log.entries.length, TOTAL);
  assert.equal(new Set(log.entries.map(({ event }) => event.source)).size, TOTAL);
  assert.ok(log.entries.every(({ event }) => event.activity === training));
});

test('the node makes the same report', async () => {
  const { report: expected } = report();
  assert.deepEqual((await api.rpc.audit.report(model, expected.block.hash)).toJSON(), expected);
});

test('a proof of more than 5,000 entries is refused, and one of 5,000 is given', async () => {
  const { hash } = report().report.block;
  await assert.rejects(api.rpc.access.proof(dataset, { from: 0 }, hash), { code: 8010 });
  await assert.rejects(api.rpc.access.proof(dataset, { from: 0, to: 5_001 }, hash), { code: 8010 });
  const { entries, count } = (await api.rpc.access.proof(dataset, { from: TOTAL - 5_000 }, hash)).toJSON();
  assert.equal(count, TOTAL);
  assert.deepEqual(entries, report().logs[0].entries.slice(-5_000));
});
