// The index of finalized events and the proofs after the pilot. The node is killed, its index rebuilt, and left out.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Keyring } from '@polkadot/keyring';
import { blake2AsHex } from '@polkadot/util-crypto';
import { access, newStream, packed, until } from '../harness.mjs';
import { api, chain, published, restart } from './play.mjs';

const DATASET = blake2AsHex('retina-images-v1');
const TRAINING = blake2AsHex('retina-training-protocol');
const MODEL = blake2AsHex('retina-model-v1');
const UNKNOWN = `0x${'99'.repeat(32)}`;
/** All entries so far. */
let all;

const code = (promise) => promise.then(() => 0, (error) => error.code);

/** Every page of the answer. */
async function events(filter, limit = 50) {
  const found = [];
  let cursor;
  do {
    const page = (await api.rpc.access.events({ ...filter, limit, cursor })).toJSON();
    assert.ok(page.events.length <= limit && page.block.number > 0);
    found.push(...page.events);
    cursor = page.next ?? undefined;
  } while (cursor);
  return found;
}

/** Waits for a block from this number on that has a proof, and returns it. */
async function proved(number) {
  let block;
  await until(`a proof of block ${number}`, async () => ({ block } = (await api.rpc.audit.finality()).toJSON()).block.number >= number);
  return block;
}

test('the index has reached the newest final block and reports it', async () => {
  const status = (await api.rpc.index.status()).toJSON();
  assert.equal(status.error, null);
  assert.ok(status.finalized.number - status.indexed.number === status.lag && status.lag < 3);
});

test('every filter finds its entries, each once and in order', async () => {
  all = await events({});
  assert.equal(all.length, 120 + 13 + 1);
  assert.deepEqual(all.map(({ index }) => index), [...all.keys()]);
  assert.deepEqual(await events({ dataset: DATASET }, 7), all);
  assert.deepEqual(await events({ reporter: 0 }), all);
  assert.deepEqual(await events({ reporter: 1 }), []);
  const having = (which) => all.filter(which);
  const trained = having(({ event }) => event.activity === TRAINING);
  assert.equal(trained.length, 120);
  assert.ok(all.every(({ notices }) => notices.length === 0), 'everything was known before the accesses');
  assert.deepEqual(await events({ activity: TRAINING }), trained);
  assert.deepEqual(await events({ artifact: MODEL }), trained);
  const outside = having(({ breaches }) => breaches.length > 0);
  assert.equal(outside.filter(({ event }) => event.outcome === 'permitted').length, 3 + 1);
  assert.deepEqual(await events({ breaches: true }), outside);
  assert.deepEqual(await events({ breaches: false }), having(({ breaches }) => breaches.length === 0));
  const { subject, occurred } = all.at(-1).event;
  assert.deepEqual(await events({ subject }), having(({ event }) => event.subject === subject));
  assert.deepEqual(await events({ from: occurred }), having(({ event }) => event.occurred >= occurred));
  assert.deepEqual(await events({ to: occurred }), having(({ event }) => event.occurred < occurred));
});

test('breaches are published as they become final', () => {
  assert.deepEqual(published, all.filter(({ breaches }) => breaches.length > 0));
});

test('the history of a consent ends with its withdrawal', async () => {
  const { subject } = all.at(-1).event;
  const first = (await api.rpc.consent.history({ subject, limit: 1 })).toJSON();
  assert.deepEqual(first.history.map(({ event, hospital }) => [event, hospital]), [['granted', 0]]);
  const rest = (await api.rpc.consent.history({ subject, cursor: first.next })).toJSON();
  assert.deepEqual([rest.history.map(({ event }) => event), rest.next, rest.skipped], [['revoked'], null, 0]);
});

test('every domain has its history', async () => {
  const history = async (domain, filter) => (await api.rpc[domain].history(filter)).toJSON().history;
  const named = async (domain, filter) => (await history(domain, filter)).map(({ event }) => event);
  assert.deepEqual(await named('consent', { dataset: DATASET }), ['datasetDeclared', 'enrolled']);
  assert.deepEqual(await named('lineage', { activity: TRAINING }), ['started', 'derived']);
  const [derived] = (await history('lineage', { artifact: MODEL })).filter(({ event }) => event === 'derived');
  assert.deepEqual([derived.kind, derived.outputs], ['training', [MODEL]]);
  const campaign = await named('annotation', { dataset: DATASET });
  assert.deepEqual(campaign, ['created']);
  assert.ok((await named('annotation', { campaign: 0 })).includes('accepted'));
  const admitted = (await history('members', {})).filter(({ event }) => event === 'admitted');
  assert.deepEqual(admitted.map(({ kind }) => kind), ['company', 'person']);
  const motions = await named('governance', {});
  assert.equal(motions.filter((event) => event === 'motionExecuted').length, 2);
  await assert.rejects(history('members', { member: 0, account: UNKNOWN }), /one field/);
  await assert.rejects(history('consent', { at: 1 }), /unknown field/);
});

test('a model is traced from the index, page by page', async () => {
  const query = { artifact: MODEL, direction: 'ancestors', limit: 1 };
  const first = (await api.rpc.lineage.trace(query)).toJSON();
  const second = (await api.rpc.lineage.trace({ ...query, cursor: first.next })).toJSON();
  const nodes = [...first.nodes, ...second.nodes].map(({ artifact, distance }) => [artifact, distance]);
  assert.deepEqual([nodes, second.next], [[[MODEL, 0], [DATASET, 1]], null]);
});

/** Follows the headers of a proof of finality, and returns the header of the block that it proves. */
function header(finality, block) {
  assert.equal(blake2AsHex(finality.genesis), api.genesisHash.toHex());
  assert.equal(blake2AsHex(finality.headers[0]), block.hash);
  finality.headers.slice(1).forEach((next, at) => assert.equal(next.slice(0, 66), blake2AsHex(finality.headers[at])));
  assert.ok(finality.justification.length > 2);
  return api.createType('Header', finality.headers[0]);
}

test('proofs start at genesis and lead to the state of a final block', async () => {
  const block = await proved(all.at(-1).block.number);
  const { finality } = (await api.rpc.audit.finality(block.hash)).toJSON();
  const { stateRoot } = header(finality, block);
  const entries = (await api.rpc.access.proof(DATASET, { from: 10, to: 20 }, block.hash)).toJSON();
  const report = (await api.rpc.audit.proof(MODEL, block.hash)).toJSON();
  for (const proof of [entries, report]) {
    assert.deepEqual(proof.block, block);
    assert.equal(header(proof.finality, block).stateRoot.toHex(), stateRoot.toHex());
    assert.ok(proof.state.some((node) => blake2AsHex(node) === stateRoot.toHex()));
  }
  assert.deepEqual([entries.dataset, entries.count, entries.first], [DATASET, all.length, 10]);
  assert.deepEqual(entries.entries, all.slice(10, 20).map(({ index, block, ...entry }) => entry));
  assert.deepEqual(report.datasets, [{ dataset: DATASET, count: all.length }]);
  const one = (await api.rpc.access.proof(DATASET, { index: 0 }, block.hash)).toJSON();
  assert.deepEqual([one.entries.length, one.hashes.length > 0], [1, true]);
  const whole = (await api.rpc.access.proof(DATASET, { from: 0 }, block.hash)).toJSON();
  assert.deepEqual([whole.entries.length, whole.hashes], [all.length, []]);
});

test('errors of the index and of proofs have the documented codes', async () => {
  const page = (await api.rpc.access.events({ dataset: DATASET, limit: 1 })).toJSON();
  const expected = [
    [-32602, () => api.rpc.access.events({ everything: true })],
    [-32602, () => api.rpc.access.events({ limit: -1 })],
    [8002, () => api.rpc.access.events({ dataset: UNKNOWN })],
    [8002, () => api.rpc.access.events({ artifact: UNKNOWN })],
    [8004, () => api.rpc.access.events({ cursor: "0x00'; DROP TABLE entries" })],
    [8004, () => api.rpc.access.events({ cursor: page.next })],
    [8004, () => api.rpc.consent.history({ subject: UNKNOWN, cursor: page.next })],
    [-32602, () => api.rpc.access.proof(DATASET, { index: 0, from: 0 })],
    [-32602, () => api.rpc.access.proof(DATASET, { from: 1, to: 0 })],
    [8011, () => api.rpc.access.proof(DATASET, { index: all.length + 1000 })],
    [8002, () => api.rpc.access.proof(UNKNOWN, { index: 0 })],
    [8002, () => api.rpc.audit.proof(UNKNOWN)],
    [8001, () => api.rpc.audit.finality(UNKNOWN)],
  ];
  // One after the other: an error that nothing awaits yet would end the test.
  for (const [number, ask] of expected) assert.equal(await code(ask()), number);
  assert.equal((await api.rpc.access.events({ limit: 1_000_000 })).toJSON().events.length, all.length);
});

test('the batches inside a wrapping call have their own entries, and failed ones have none', async () => {
  const denied = (source, more) => access({ source: blake2AsHex(source), actor: UNKNOWN, outcome: 'Denied', ...more });
  const { stream } = newStream();
  const record = (dataset, event, ...accesses) => api.tx.access.record(dataset, { stream, event }, packed(accesses));
  const first = denied('first');
  const calls = [
    record(DATASET, 0, denied('too early', { occurred: 0 })),
    record(DATASET, 0, first),
    record(UNKNOWN, 1, denied('nowhere')),
    record(DATASET, 2, denied('behind a gap')),
    api.tx.utility.batchAll([record(DATASET, 0, first), record(DATASET, 1, denied('second'), denied('third'))]),
  ];
  const gateway = new Keyring({ type: 'sr25519' }).addFromUri('//Alice//gateway');
  await new Promise((done, fail) => {
    const seen = (result) => (result.isFinalized ? done() : result.isError && fail(new Error(result.status.type)));
    api.tx.utility.forceBatch(calls).signAndSend(gateway, seen).catch(fail);
  });
  const more = await events({});
  assert.deepEqual(more.slice(0, all.length), all);
  const sources = more.slice(all.length).map(({ event }) => event.source);
  assert.deepEqual(sources, ['first', 'second', 'third'].map((source) => blake2AsHex(source)));
  all = more;
});

test('the index of a killed node continues where it was', async () => {
  const { indexed } = (await api.rpc.index.status()).toJSON();
  await chain.end('SIGKILL');
  await restart();
  assert.deepEqual(await events({}), all);
  const [, resumed] = [...readFileSync(join(chain.directory, 'node.log'), 'utf8').matchAll(/is at block (\d+), with/g)].at(-1);
  assert.ok(Number(resumed) > 0 && Number(resumed) >= indexed.number - 1, `${resumed} after ${indexed.number}`);
  const record = JSON.parse(readFileSync(join(chain.directory, 'records/late.json'), 'utf8'));
  record.agent[0].who.reference = 'Practitioner/later';
  const path = join(chain.directory, 'later.json');
  writeFileSync(path, JSON.stringify(record));
  chain.kexin(['import', '--dataset', DATASET, path], { key: '//Alice//gateway' });
  const more = await events({});
  assert.deepEqual(more.slice(0, all.length), all);
  assert.equal(more.length, all.length + 1);
  all = more;
});

test('a rebuilt index is the same', async () => {
  await chain.end('SIGINT');
  assert.match(chain.offline('index', 'rebuild'), /holds every block up to \d+/);
  assert.match(chain.offline('index', 'status'), /behind: 0/);
  await restart();
  assert.deepEqual(await events({}), all);
});

test('a node without an index reports that, and an index that is turned on again catches up', async () => {
  await chain.end('SIGINT');
  chain.options.push('--index', 'off');
  await restart();
  assert.equal(await code(api.rpc.index.status()), 8006);
  assert.equal(await code(api.rpc.access.events({})), 8006);
  assert.equal((await api.rpc.lineage.trace({ artifact: MODEL, direction: 'ancestors' })).toJSON().nodes.length, 2);
  await proved(1);
  await chain.end('SIGINT');
  chain.options.splice(-2);
  await restart();
  assert.deepEqual(await events({}), all);
});
