// Finality stalls because a validator is lost for good, and the council restarts it without that validator.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { account, ask, Chain, consortium, until } from './harness.mjs';

const DATASET = 'text:finality-test';
let alice;
let bob;
/** A node that only follows. A validator without peers authors no blocks. */
let observer;
let genesis;
/** The block that was verified before finality stalled, as `--trusted` takes it. */
let verified;

before(async () => {
  // Four hospitals decide and two validate, so that the silence of one is soon certain.
  const spec = consortium(8, ({ genesis }) => {
    const { members } = genesis.runtimeGenesis.patch;
    members.validators = members.validators.slice(0, 2);
  });
  alice = await Chain.spawn(spec, 'alice');
  bob = await Chain.spawn(spec, 'bob', ['--bootnodes', alice.address]);
  observer = await Chain.spawn(spec, null, ['--bootnodes', alice.address, '--name', 'observer']);
  await Promise.all([alice.ready(), bob.ready(), observer.ready()]);
  alice.setUpHospital(DATASET);
  genesis = await alice.rpc('chain_getBlockHash', 0);
});
after(async () => {
  await Promise.all([alice?.stop(), observer?.stop()]);
});

/** The motion to restart finality: its hash and its number. */
let about;
const close = () => alice.kexinLater(['council', '--without-finality', 'close', ...about], '//Alice');

const status = () => alice.json(['status']);
/** How long to wait, in seconds. Without finality, a node makes blocks more and more slowly. */
const PATIENCE = 1_200;

test('what was final and proved before finality stalled stays so', async () => {
  alice.access(DATASET, 0);
  await alice.prove(DATASET, 0, genesis, 'before.json');
  // A validator has just registered new session keys. The block that announces them will not become final.
  alice.kexin(['session-keys', alice.offline('session-keys', '--account', account('//Alice'))], { key: '//Alice' });
  verified = alice.json(['verify', 'before.json', '--genesis', genesis]).trusted;
  await bob.end('SIGKILL');
  await until('blocks that are not final', () => status().best > status().finalized + 5);
  alice.kexin(['verify', 'before.json', '--genesis', genesis]);
});

test('the council can not restart finality while the validator may only be slow, and need not vote again', async () => {
  const { motion, index } = await alice.kexinLater(['council', '--without-finality', 'restart-finality'], '//Alice');
  about = [motion, String(index)];
  await Promise.all(['//Alice', '//Bob', '//Charlie'].map((key) => alice.kexinLater(['council', '--without-finality', 'vote', ...about], key)));
  await assert.rejects(close(), /CallFiltered/);
});

test('without the silent validator, finality returns', async () => {
  const { best: gone, finalized: last } = status();
  await until('the silence to be certain', () => status().best > gone + 20, PATIENCE);
  await close();
  await until('finality', () => status().finalized > last + 20, PATIENCE);
  alice.access(DATASET, 1);
  const { count } = alice.json(['log', DATASET]);
  assert.equal(count, 2);
  assert.ok(observer.json(['status']).finalized > last, 'others follow');
});

test('the ledger and the voters agree on the number of the voter set, although one announced set never took effect', async () => {
  const { setId } = await alice.rpc('grandpa_roundState');
  assert.equal(setId, 1);
  await ask(alice, async ({ query }) => {
    assert.equal((await query.governance.lastRestart()).unwrap().setId.toNumber(), setId);
    assert.equal((await query.grandpa.currentSetId()).toNumber(), setId);
    assert.equal((await query.grandpa.authorities()).length, 1);
  });
});

test('later blocks are proved to those who trust the block that restarted finality', async () => {
  alice.kexin(['verify', 'before.json', '--genesis', genesis]);
  // This takes until a block that has the access has a justification.
  let refused;
  await until('a justification', () => {
    refused = alice.kexin(['proof', DATASET, '1', '--genesis', genesis], { check: false });
    return refused.err.includes('restarted finality');
  });
  assert.equal(refused.code, 1);
  const [, number, restart] = /restarted finality with block (\d+).*(0x[0-9a-f]{64}:\d+)/.exec(refused.err);
  assert.equal(restart, `${await observer.rpc('chain_getBlockHash', Number(number))}:1`, 'other hospitals name the same block');
  await alice.prove(DATASET, 1, genesis, 'after.json', ['--restart', restart]);
  alice.kexin(['verify', 'after.json', '--genesis', genesis, '--restart', restart]);
  for (const trusted of [[], ['--restart', `${genesis}:1`], ['--restart', restart.replace(/\d+$/, '2')]]) {
    const { code, err } = alice.kexin(['verify', 'after.json', '--genesis', genesis, ...trusted], { check: false });
    assert.equal(code, 1);
    assert.match(err, /restarted finality/);
  }
});

test('proofs begin at a block that was verified before: across the restart, and after it without the restart', async () => {
  const read = (name) => JSON.parse(readFileSync(join(alice.directory, name), 'utf8'));
  const prove = (name, ...begin) => alice.prove(DATASET, 1, genesis, name, begin);
  const verify = (name, ...trust) => {
    const { code, out } = alice.kexin(['--json', 'verify', name, '--genesis', genesis, ...trust], { check: false });
    return { code, ...JSON.parse(out) };
  };
  const restart = ['--restart', /0x[0-9a-f]{64}:\d+/.exec(verify('after.json').message)[0]];

  await prove('across.json', ...restart, '--trusted', verified);
  assert.equal(read('across.json').finality.handovers.length, 1);
  assert.equal(verify('across.json', ...restart, '--trusted', verified).begins, verified);
  assert.equal(verify('across.json', '--trusted', verified).error, 'UntrustedRestart');
  assert.equal(verify('across.json', ...restart).error, 'UntrustedStart');
  assert.equal(verify('across.json', ...restart, '--trusted', verified.replace(/\d+$/, '1000000')).error, 'WrongStartNumber');

  // No block around the restart is named.
  let later;
  await until('a block at which proofs can begin', async () => {
    await prove('later.json', ...restart);
    later = verify('later.json', ...restart).trusted;
    return later;
  });
  const [hash, number] = later.split(':');
  assert.ok(Number(number) >= Number((await alice.rpc('chain_getHeader', restart[1].split(':')[0])).number) + 4);
  await prove('small.json', '--trusted', later);
  assert.deepEqual(read('small.json').finality.handovers, []);
  assert.equal(verify('small.json', '--trusted', later).code, 0);
  assert.equal(verify('small.json', ...restart, '--trusted', verified).error, 'UntrustedStart');

  // The newest block that was verified is kept.
  await prove('kept.json', '--trusted', 'kept');
  const [, begins] = /--trusted (0x[0-9a-f]{64}:\d+)/.exec(verify('kept.json').message);
  assert.ok(Number(begins.split(':')[1]) > Number(number));
  assert.equal(verify('kept.json', '--trusted', begins).code, 0);
  assert.ok(read('kexin-state/trusted.json')[genesis]);

  const refused = (at, trusted, message) => assert.rejects(alice.rpc('audit_finality', at, trusted), { code: 8014, message });
  await refused(null, `0x${'12'.repeat(32)}`, /no block that this node knows/);
  await refused(await alice.rpc('chain_getBlockHash', Number(number) - 1), hash, /older block/);
  await refused(null, restart[1].split(':')[0], /restarted/);
});
