// Imports of FHIR files: no record is lost or recorded twice.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { blake2AsHex } from '@polkadot/util-crypto';
import { accessEvent as event, Chain, root, until } from './harness.mjs';

const DATASET = 'text:import-test';
const GATEWAY = { key: '//Alice//gateway' };
/** A key that records accesses and consents. */
const BOTH = { key: '//Alice//both' };
let chain;

before(async () => {
  chain = await Chain.start();
  chain.setUpHospital(DATASET);
  chain.kexin(['members', 'add-key', BOTH.key, '--powers', 'gateway,steward'], { key: '//Alice' });
});
after(() => chain?.stop());

const lines = (text) => text.trim().split('\n').map((line) => JSON.parse(line));
const count = () => chain.json(['log', DATASET]).count;

test('every record is on the ledger, quarantined with a reason, or not applicable', () => {
  const cases = JSON.parse(readFileSync(join(root, 'tests/data/fhir.json'), 'utf8'));
  const path = join(chain.directory, 'cases');
  mkdirSync(path);
  for (const [number, { json, ndjson, text }] of cases.entries()) {
    const name = `${number}.${ndjson === undefined ? 'json' : 'ndjson'}`;
    writeFileSync(join(path, name), ndjson ?? text ?? JSON.stringify(json));
  }
  const run = chain.kexin(['--json', 'import', '--dataset', DATASET, '--timezone', '+00:00', path], { ...BOTH, check: false });
  assert.ok([0, 3].includes(run.code), run.err);
  const outcomes = lines(run.out);
  const { summary } = outcomes.pop();
  const files = new Set(outcomes.map(({ file }) => file));
  const expected = cases.flatMap(({ expect }, number) => (expect.length ? [number] : []));
  assert.deepEqual([...files].map((file) => parseInt(basename(file), 10)).sort((a, b) => a - b), expected, 'every file has its records');
  assert.equal(outcomes.length, cases.flatMap(({ expect }) => expect).length);
  const quarantine = new Map(lines(chain.kexin(['--json', 'quarantine', '--export', 'held']).out).map((record) => [record.source, record]));
  for (const { outcome, reason, source } of outcomes) {
    if (outcome !== 'quarantined') continue;
    assert.ok(reason, 'a record in quarantine has a reason');
    const held = quarantine.get(source);
    assert.ok(held.reason.includes(reason));
    const bytes = readFileSync(join(chain.directory, 'held', `${held.hash.slice(2)}.json`));
    assert.equal(blake2AsHex(bytes), held.hash, 'the quarantine has the bytes of the record');
  }
  const { recorded, replayed, resumed, consents, already, notApplicable, quarantined } = summary;
  assert.equal(recorded + replayed + resumed + consents + already + notApplicable + quarantined, outcomes.length);
  assert.ok(consents > 0 && notApplicable > 0 && quarantined > 0, JSON.stringify(summary));
});

test('a dry run sends and writes nothing', () => {
  const file = join(chain.directory, 'dry.json');
  writeFileSync(file, event('dry'));
  const before = count();
  const reports = lines(chain.kexin(['--json', 'import', '--dry-run', file]).out);
  assert.deepEqual(reports.map(({ outcome }) => outcome), ['access', undefined]);
  assert.equal(reports[1].summary.recorded, 1);
  assert.equal(count(), before);
});

test('an import that is killed again and again ends with every record once', async () => {
  const file = join(chain.directory, 'many.ndjson');
  const total = 2500;
  writeFileSync(file, Array.from({ length: total }, (_, number) => event(number)).join('\n'));
  const before = count();
  for (const delay of [50, 400, 1500, 3000]) {
    const run = chain.spawnKexin(['import', '--dataset', DATASET, file], GATEWAY.key);
    const ended = new Promise((done) => run.once('exit', done));
    await new Promise((next) => setTimeout(next, delay));
    run.kill('SIGKILL');
    await ended;
  }
  const summary = lines(chain.kexin(['--json', 'import', '--dataset', DATASET, file], GATEWAY).out).pop().summary;
  assert.equal(summary.quarantined, 0);
  assert.equal(summary.recorded + summary.replayed + summary.resumed + summary.already, total);
  assert.equal(count() - before, total);
  const again = lines(chain.kexin(['--json', 'import', '--dataset', DATASET, file], GATEWAY).out).pop().summary;
  assert.equal(again.already, total);
});

test('a bad record among good ones is quarantined alone, with the error of the ledger', () => {
  const file = join(chain.directory, 'mixed.ndjson');
  const records = [event('a'), event('old', '2012-10-25T22:04:27Z'), event('b'), event('future', '2099-01-01T00:00:00Z'), event('c')];
  writeFileSync(file, records.join('\n'));
  const before = count();
  const run = chain.kexin(['--json', 'import', '--dataset', DATASET, file], { ...GATEWAY, check: false });
  assert.equal(run.code, 3);
  const quarantined = lines(run.out).filter(({ outcome }) => outcome === 'quarantined');
  assert.deepEqual(quarantined.map(({ line }) => line).sort(), [2, 4]);
  assert.match(quarantined.find(({ line }) => line === 2).reason, /TooLate/);
  assert.match(quarantined.find(({ line }) => line === 4).reason, /InFuture/);
  assert.equal(count() - before, 3);
});

test('a wrong key and an unknown dataset have errors of their own', () => {
  const file = join(chain.directory, 'wrong.json');
  writeFileSync(file, event('wrong'));
  const stranger = chain.kexin(['import', '--dataset', DATASET, file], { key: '//Stranger', check: false });
  assert.match(stranger.err + stranger.out, /belongs to no active member/);
  const steward = chain.kexin(['import', '--dataset', DATASET, file], { key: '//Alice//steward', check: false });
  assert.match(steward.err + steward.out, /lacks the power/);
  const unknown = chain.kexin(['import', '--dataset', 'text:nowhere', file], { ...GATEWAY, check: false });
  assert.match(unknown.err + unknown.out, /UnknownDataset/);
  const retried = chain.kexin(['import', '--retry', '--dataset', DATASET, file], { ...BOTH, check: false });
  assert.ok([0, 3].includes(retried.code), 'the quarantine can be retried');
});

test('a log of more entries than one answer holds is reported whole, and proved a part at a time', async (test) => {
  const [training, model] = ['text:import-training', 'text:import-model'];
  const steward = { key: '//Alice//steward' };
  chain.kexin(['activity', 'start', training, '--kind', 'training'], steward);
  const file = join(chain.directory, 'training.ndjson');
  // The client takes 2,500 entries at a time; with those that are there, they are more than the 5,000 of a proof.
  const total = 2_600;
  const oldest = Date.now();
  writeFileSync(file, Array.from({ length: total }, (_, number) => event(`t${number}`, new Date(oldest + number).toISOString())).join('\n'));
  chain.kexin(['import', '--dataset', DATASET, '--activity', training, file], GATEWAY);
  chain.kexin(['activity', 'end', training, '--used', DATASET, '--made', `model=${model}`], steward);
  const all = count();
  assert.ok(all > 5_000);

  const api = await chain.polkadot();
  test.after(() => api.disconnect());
  const genesis = api.genesisHash.toHex();
  const dataset = blake2AsHex(DATASET.slice('text:'.length));
  const { block } = (await api.rpc.access.log(dataset)).toJSON();
  // A report is about the newest block that is shown to be final, which is not yet one with the model.
  await until('a proof of a block with the model', async () => (await api.rpc.audit.finality()).toJSON().block.number >= block.number);
  chain.kexin(['report', model, '--genesis', genesis, '--out', 'report.json']);
  const proved = chain.json(['verify', 'report.json', '--genesis', genesis]);
  assert.deepEqual([proved.accepted, proved.complete, proved.accesses.forModel], [true, true, total]);
  const { report, logs } = JSON.parse(readFileSync(join(chain.directory, 'report.json'), 'utf8'));
  assert.equal(new Set(logs[0].entries.map(({ event }) => event.source)).size, all);

  const { hash } = report.block;
  assert.deepEqual((await api.rpc.audit.report(report.model, hash)).toJSON(), report);
  await assert.rejects(api.rpc.access.proof(dataset, { from: 0 }, hash), { code: 8010 });
  await assert.rejects(api.rpc.access.proof(dataset, { from: 0, to: 5_001 }, hash), { code: 8010 });
  const { entries } = (await api.rpc.access.proof(dataset, { from: all - 5_000 }, hash)).toJSON();
  assert.deepEqual(entries, logs[0].entries.slice(-5_000));
});
