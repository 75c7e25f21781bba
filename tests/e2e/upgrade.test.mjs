// The council replaces the runtime of a running network: old blocks, proofs and nodes go on as if nothing had happened.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { blake2AsHex } from '@polkadot/util-crypto';
import { access, accessEvent, bin, Chain, consortium, newStream, packed, pair, until } from './harness.mjs';

const DATASET = 'text:upgrade-test';
const DELAY = 12;
/** How many blocks finality may be behind while a node says that it is ready, unless it is told otherwise. */
const READY = 30;
const nodes = [];
let alice;
let api;
let genesis;
/** A node that looks at the state with runtimes of the same versions that can check it. */
let checker;

/** The runtime of one of the crates of `tests/upgrade`. */
const runtime = (name) => join(bin, `wbuild/kexin-${name}-runtime/kexin_${name}_runtime.compact.compressed.wasm`);

before(async () => {
  const spec = consortium(8, ({ genesis }) => {
    genesis.runtimeGenesis.patch.governance = { upgradeDelay: DELAY };
  });
  const checks = mkdtempSync(join(tmpdir(), 'kexin-e2e-'));
  for (const name of ['present', 'next']) cpSync(runtime(name), join(checks, `${name}.wasm`));
  for (const name of ['alice', 'bob', 'charlie', 'dave']) await enter(spec, name);
  // It imports blocks only as long as it keeps four compiled runtimes: the two of the chain, and the two that replace
  // them.
  checker = await enter(spec, null, ['--wasm-runtime-overrides', checks, '--name', 'checker']);
  [alice] = nodes;
  await Promise.all(nodes.map((node) => node.ready()));
  alice.setUpHospital(DATASET);
  api = await alice.polkadot();
  genesis = api.genesisHash.toHex();
});
after(async () => {
  await api?.disconnect();
  await Promise.all(nodes.map((node) => node.stop()));
});

async function enter(spec, name, options = []) {
  const bootnodes = nodes.length ? ['--bootnodes', nodes[0].address] : [];
  nodes.push(await Chain.spawn(spec, name, [...bootnodes, ...options]));
  return nodes.at(-1);
}

const verify = (file) => alice.kexin(['verify', file, '--genesis', genesis]);
const names = async () => (await api.query.members.members.entries()).map(([, member]) => member.unwrap().asV1.name.toUtf8()).sort();

/**
 * Runs the migrations of the block's runtime on the block's state, with all checks of the state after them. Without a
 * block, it takes the last final one that the checker has.
 */
async function check(block) {
  block ??= await checker.rpc('chain_getFinalizedHead');
  const observer = await checker.polkadot();
  try {
    await observer.rpc.state.call('TryRuntime_on_runtime_upgrade', '0x01', block);
  } finally {
    await observer.disconnect();
  }
}

test('each hospital sees what is proposed before it votes', async () => {
  const { motion, index } = await alice.kexinLater(['members', 'suspend', '3'], '//Alice');
  const [open] = nodes[1].json(['council', 'motions']);
  assert.match(open.call, /^Members\.suspend\b.*\b3\b/s);
  assert.deepEqual([open.motion, open.index, open.threshold, open.ayes, open.nays], [motion, index, 3, [], []]);
});

test('what the council approved waits, and nothing else is applied', async () => {
  alice.access(DATASET, 0);
  await alice.prove(DATASET, 0, genesis, 'before.json');
  await check();
  await alice.decide('council', 'approve-upgrade', runtime('next'));
  const seat = { key: '//Alice', check: false };
  const early = alice.kexin(['council', 'apply-upgrade', runtime('next')], seat);
  assert.match(early.err, /Governance\.TooEarly/);
  const other = join(alice.directory, 'other.wasm');
  writeFileSync(other, Buffer.concat([readFileSync(runtime('next')), Buffer.from([0])]));
  const { from } = (await api.query.governance.approved()).unwrap();
  await until('the end of the delay', async () => (await api.rpc.chain.getHeader()).number.toNumber() >= from.toNumber());
  assert.match(alice.kexin(['council', 'apply-upgrade', other], seat).err, /Governance\.OtherCode/);
});

test('the runtime is replaced on running nodes, and its migrations leave a sound state', async () => {
  let best = 0;
  const lags = [];
  const { chain } = api.rpc;
  const subscriptions = await Promise.all([
    chain.subscribeNewHeads(({ number }) => (best = number.toNumber())),
    chain.subscribeFinalizedHeads(({ number }) => lags.push(best - number.toNumber())),
  ]);
  const before = await names();
  const [pallet] = api.tx.access.record.callIndex;
  const { block } = alice.json(['council', 'apply-upgrade', runtime('next')], { key: '//Alice' });
  const number = (await api.rpc.chain.getHeader(block)).number.toNumber();
  for (const node of nodes) {
    await until('finality under the new rules', () => node.json(['status']).finalized >= number + 3);
  }
  for (const unsubscribe of subscriptions) unsubscribe();
  assert.ok(Math.max(...lags) <= READY, `finality lagged behind: ${lags}`);
  assert.equal((await api.rpc.state.getRuntimeVersion()).specVersion.toNumber(), 2);
  assert.notEqual(api.tx.access.record.callIndex[0], pallet, 'the calls that record accesses are other bytes');
  assert.deepEqual(await names(), before.map((name) => name.toUpperCase()).sort());
  assert.notDeepEqual(before, await names());
  await check(block);
  await check();
});

/** Records an access with the calls of the chain's present runtime. */
async function record(number) {
  const source = blake2AsHex(`upgrade-test-${number}`);
  const batch = packed([access({ source, actor: blake2AsHex('somebody'), outcome: 'Permitted' })]);
  const call = api.tx.access.record(blake2AsHex('upgrade-test'), newStream(), batch);
  await new Promise((done, fail) => {
    const settled = ({ dispatchError, isFinalized }) => (dispatchError ? fail(new Error(dispatchError)) : isFinalized && done());
    call.signAndSend(pair('//Alice//gateway'), settled).catch(fail);
  });
}

test('a client that knows a call under other numbers signs nothing, and says so', () => {
  writeFileSync(join(alice.directory, 'late.json'), accessEvent(1));
  const late = alice.kexin(['import', '--dataset', DATASET, 'late.json'], { key: '//Alice//gateway', check: false });
  assert.notEqual(late.code, 0);
  assert.match(late.err, /Access\.record has the numbers \[\d+, 0\].*Nothing was signed/s);
  assert.equal(alice.json(['log', DATASET]).count, 1);
});

test('proofs from before and after hold, and each access names the rules that judged it', async () => {
  await record(1);
  await alice.prove(DATASET, 1, genesis, 'after.json');
  verify('before.json');
  verify('after.json');
  const { events } = (await api.rpc.access.events({ dataset: blake2AsHex('upgrade-test') })).toJSON();
  assert.deepEqual(events.map((event) => event.rules.specVersion), [1, 2]);
  assert.equal(events[1].rules.code, blake2AsHex(readFileSync(runtime('next'))));
});

test('the index of a node that is older than the runtime skips what it cannot read, and goes on', async () => {
  const dataset = blake2AsHex('upgrade-test');
  const grant = ['consent', 'grant', 'Patient/1', '--document', dataset, '--purposes', 'TREAT'];
  alice.kexin(grant, { key: '//Alice//steward' });
  for (const node of nodes) {
    const status = () => node.rpc('index_status');
    await until('the skipped event', async () => (await status()).skipped.length === 1);
    const { error, skipped } = await status();
    assert.equal(error, null);
    assert.deepEqual(skipped.map(({ domain, version, events }) => [domain, version, events]), [[1, 2, 1]]);
  }
  await record(2);
  const { events } = (await api.rpc.access.events({ dataset })).toJSON();
  assert.equal(events.length, 3);
  const { history, skipped } = (await api.rpc.consent.history({ dataset })).toJSON();
  assert.deepEqual([history.map(({ event }) => event), skipped], [['datasetDeclared'], 1]);
});
