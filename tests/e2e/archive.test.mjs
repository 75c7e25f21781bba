// The archive of a chain: a node that is made from it alone gives the same answers and proofs, and a damaged archive is
// refused.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { account, bin, blake2AsHex, Chain, consortium, until } from './harness.mjs';

const DATASET = 'text:archive-test';
const dataset = blake2AsHex(DATASET.slice('text:'.length));
const SESSION_BLOCKS = 5;
let alice;
let copy;
let genesis;
let archive;
/** The output of the export. */
let exported;
/** The answers of the node before the export, and their block. */
let answered;
let at;

before(async () => {
  // One hospital validates, so that the voters can change without another node.
  const spec = consortium(SESSION_BLOCKS, ({ genesis }) => {
    const { members } = genesis.runtimeGenesis.patch;
    members.validators = members.validators.slice(0, 1);
  });
  alice = await Chain.spawn(spec, 'alice', ['--force-authoring']);
  await alice.ready();
  genesis = await alice.rpc('chain_getBlockHash', 0);
  alice.setUpHospital(DATASET);
  alice.access(DATASET, 1);
  const keys = alice.offline('session-keys', '--account', account('//Alice'));
  alice.kexin(['session-keys', keys], { key: '//Alice' });
  const api = await alice.polkadot();
  await until('the new keys to vote', async () => (await api.query.grandpa.currentSetId()).toNumber() >= 1);
  await api.disconnect();
  alice.access(DATASET, 2);
  await alice.prove(DATASET, 1, genesis, 'proof.json');
  copy = await Chain.prepare(spec, null, ['--name', 'copy']);
  archive = join(alice.directory, 'archive');
});
after(() => Promise.all([alice?.stop(), copy?.stop()]));

/** Imports a file into an empty directory, and returns the result. */
function imported(file) {
  const directory = join(copy.directory, 'trial');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  const [, spec] = copy.base;
  return spawnSync(join(bin, 'kexin-node'), ['archive', 'import', file, '--chain', spec, '--base-path', directory], { encoding: 'utf8' });
}

/** The answers of a node at a block. */
const answers = async (node, at) => ({
  log: await node.rpc('access_log', dataset, at),
  events: (await node.rpc('access_events', { dataset })).events,
  proof: await node.rpc('access_proof', dataset, { from: 0 }, at),
});

test('all blocks are exported, up to the newest with a proof of its finality', async () => {
  at = (await alice.rpc('audit_finality')).block.hash;
  answered = await answers(alice, at);
  assert.equal(answered.events.length, 2);
  await alice.end('SIGINT');
  exported = JSON.parse(alice.offline('archive', 'export', archive));
  assert.ok(exported.blocks === exported.last && exported.last > SESSION_BLOCKS * 2);
  const again = spawnSync(join(bin, 'kexin-node'), ['archive', 'export', archive, ...alice.base], { encoding: 'utf8' });
  assert.equal(again.status, 1);
  assert.match(again.stderr, /can't be written/);
});

test('a damaged archive is refused with the reason, wherever the damage is', () => {
  const whole = readFileSync(archive);
  const damaged = join(alice.directory, 'damaged');
  const refused = (bytes, reason) => {
    writeFileSync(damaged, bytes);
    const { status, stderr, stdout } = imported(damaged);
    assert.equal(status, 1, stderr + stdout);
    assert.match(stderr, reason);
    // The runtime may abort a block; the node must not panic.
    assert.doesNotMatch(stderr, /^Thread '/m);
  };
  const flipped = (place) => {
    const bytes = Buffer.from(whole);
    bytes[place] ^= 1;
    return bytes;
  };
  refused(whole.subarray(0, -1), /end is missing/);
  refused(whole.subarray(0, 4), /not an archive/);
  refused(Buffer.concat([whole, Buffer.from([0])]), /more data after/);
  // In the state root of block 1, and at some other place.
  for (const place of [8 + 40, Math.floor(whole.length * 0.6)]) refused(flipped(place), /damaged|archive/);
  // In the signature of a justification that later ones make unnecessary: the stock import does not check it.
  const last = whole.lastIndexOf('FRNK');
  refused(flipped(whole.lastIndexOf('FRNK', last - 1) + 100), /damaged.*the finality of block/);
  refused(flipped(last + 100), /damaged.*final/);
});

test('a node made from the archive has checked everything, and gives the same answers and proofs', async () => {
  copyFileSync(archive, join(copy.directory, 'archive'));
  const printed = JSON.parse(copy.offline('archive', 'import', join(copy.directory, 'archive')));
  assert.deepEqual([printed.blocks, printed.last, printed.hash], [exported.blocks, exported.last, exported.hash]);
  copy.run();
  await copy.ready();
  const status = copy.json(['status']);
  assert.deepEqual([status.best, status.finalized, status.peers], [exported.last, exported.last, 0]);
  await until('the index to be whole', async () => (await copy.rpc('index_status')).lag === 0);
  assert.deepEqual(await answers(copy, at), answered);
  for (const index of ['0', '1']) {
    copy.kexin(['proof', DATASET, index, '--genesis', genesis, '--out', `${index}.json`]);
    copy.kexin(['verify', `${index}.json`, '--genesis', genesis]);
  }
});
