// Validators join and leave while the chain runs, and earlier proofs stay valid.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { account, Chain, consortium, until } from './harness.mjs';

const DATASET = 'text:validators-test';
const SESSION_BLOCKS = 8;
const nodes = [];
let spec;
let alice;
let api;
let genesis;

before(async () => {
  spec = consortium(SESSION_BLOCKS);
  for (const name of ['alice', 'bob', 'charlie', 'dave']) await start(name);
  [alice] = nodes;
  await Promise.all(nodes.map((node) => node.ready()));
  alice.setUpHospital(DATASET);
  alice.access(DATASET, 1);
  api = await alice.polkadot();
  genesis = api.genesisHash.toHex();
});
after(async () => {
  await api?.disconnect();
  await Promise.all(nodes.map((node) => node.stop()));
});

async function start(name, options = []) {
  const bootnodes = nodes.length ? ['--bootnodes', nodes[0].address] : [];
  nodes.push(await Chain.spawn(spec, name, [...bootnodes, ...options]));
  return nodes.at(-1);
}

const validators = async () => (await api.query.session.validators()).map(String);
const sets = async () => (await api.query.grandpa.currentSetId()).toNumber();
const finalized = async () => (await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead())).number.toNumber();

/** How long this many sessions may take, in seconds. */
const sessions = (number) => number * SESSION_BLOCKS * 2 + 30;

/** Waits until this many more blocks are final. */
async function finalize(blocks) {
  const last = (await finalized()) + blocks;
  await until(`finality of block ${last}`, async () => (await finalized()) >= last, sessions(2));
}

/** Fetches the proof of the access, and returns the number of its handovers. */
function prove(file) {
  alice.kexin(['proof', DATASET, '0', '--genesis', genesis, '--out', file]);
  return JSON.parse(readFileSync(join(alice.directory, file), 'utf8')).finality.handovers.length;
}

const accepted = (file) => alice.kexin(['verify', file, '--genesis', genesis], { check: false }).code === 0;

test('a hospital joins, makes its keys, and validates from the session after the next one', async () => {
  await finalize(SESSION_BLOCKS * 2);
  assert.equal(await sets(), 0, 'a session that changes nothing makes no new voters');
  assert.equal(prove('before.json'), 0);
  await alice.decide('members', 'admit', '--kind', 'hospital', '--name', 'Paris Eye Hospital', '--region', '250', '--account', '//Eve');
  const paris = await start(null, ['--name', 'paris']);
  await paris.ready();
  await assert.rejects(alice.decide('members', 'admit-validator', '//Eve'), /NoSessionKeys/);
  const keys = paris.offline('session-keys', '--account', account('//Eve'));
  paris.kexin(['session-keys', keys], { key: '//Eve' });
  await alice.decide('members', 'admit-validator', '//Eve');
  await until('the validator', async () => (await validators()).includes(account('//Eve')), sessions(3));
  assert.equal(await sets(), 1);
  await until('a block of its own', async () => {
    const header = await api.derive.chain.getHeader(await api.rpc.chain.getBlockHash());
    return header?.author?.toString() === account('//Eve');
  }, sessions(3));
  await finalize(5);
});

test('a validator is removed, and finality continues without it although its node still runs', async () => {
  await alice.decide('members', 'remove-validator', '3');
  await until('the end of the validator', async () => !(await validators()).includes(account('//Dave')), sessions(3));
  assert.equal((await validators()).length, 4);
  await finalize(SESSION_BLOCKS);
  assert.equal(await sets(), 2);
});

test('earlier proofs stay valid, and new ones show how the voters changed', async () => {
  // The newest justification may still be of the earlier voters.
  await until('a proof with both changes', () => prove('after.json') === 2, sessions(3));
  assert.ok(accepted('before.json'));
  assert.ok(accepted('after.json'));
  const forged = JSON.parse(readFileSync(join(alice.directory, 'after.json'), 'utf8'));
  forged.finality.handovers.pop();
  writeFileSync(join(alice.directory, 'forged.json'), JSON.stringify(forged));
  assert.ok(!accepted('forged.json'));
});

test('proofs that begin at a block that was verified have only the changes since then', async () => {
  const finality = (file) => JSON.parse(readFileSync(join(alice.directory, file), 'utf8')).finality;
  const sizes = [];
  for (const [verified, changes] of [['before.json', 2], ['after.json', 0]]) {
    const trusted = ['--trusted', alice.json(['verify', verified, '--genesis', genesis]).trusted];
    const file = `since-${verified}`;
    await alice.prove(DATASET, 0, genesis, file, trusted);
    alice.kexin(['verify', file, '--genesis', genesis, ...trusted]);
    assert.ok(!accepted(file), 'only to those who trust that block');
    assert.equal(finality(file).handovers.length, changes);
    sizes.push(JSON.stringify(finality(file)).length);
  }
  assert.ok(sizes[1] < sizes[0] && sizes[1] < JSON.stringify(finality('after.json')).length, sizes.join());
});
