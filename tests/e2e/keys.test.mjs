// Every key is rotated and a lost validator is restored while the chain runs, as docs/keys.md describes; a new node
// joins the closed network by warp sync.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { base58Decode } from '@polkadot/util-crypto';
import { account, bin, Chain, consortium, root, until } from './harness.mjs';

const DATASET = 'text:keys-test';
const SESSION_BLOCKS = 5;
const CHAIN = 'kexin_local';
const keyring = mkdtempSync(join(tmpdir(), 'kexin-gpg-'));
const nodes = [];
let spec;
let alice;
let bob;
let charlie;
let dave;
let api;

before(async () => {
  spec = consortium(SESSION_BLOCKS);
  for (const name of ['alice', 'bob', 'charlie', 'dave']) await start(name);
  [alice, bob, charlie, dave] = nodes;
  await Promise.all(nodes.map((node) => node.ready()));
  api = await alice.polkadot();
});
after(async () => {
  await api?.disconnect();
  await Promise.all(nodes.map((node) => node.stop()));
  spawnSync('gpgconf', ['--homedir', keyring, '--kill', 'all']);
  rmSync(keyring, { recursive: true, force: true });
});

async function start(name, options = []) {
  const bootnodes = nodes.length ? ['--bootnodes', nodes[0].address] : [];
  nodes.push(await Chain.spawn(spec, name, [...bootnodes, ...options]));
  return nodes.at(-1);
}

/** Runs the block of docs/keys.md that starts with this comment. */
function recipe(title, variables) {
  const block = readFileSync(join(root, 'docs/keys.md'), 'utf8').match(new RegExp(`\`\`\`sh\\n# ${title}\\n([^]*?)\`\`\``));
  const env = { ...process.env, CHAIN, GNUPGHOME: keyring, PATH: `${bin}:${process.env.PATH}`, ...variables };
  const run = spawnSync('bash', ['-euo', 'pipefail', '-c', block[1]], { env, cwd: variables.cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  assert.equal(run.status, 0, run.stderr + run.stdout);
  return run.stdout;
}

/**
 * Prepares the directory of a node's operator: the client's configuration, the chain specification and the files of
 * keys.
 */
function desk(node, keys) {
  writeFileSync(join(node.directory, 'kexin.toml'), `node = "${node.url}"\n`);
  copyFileSync(spec, join(node.directory, 'chain.json'));
  for (const [name, uri] of Object.entries(keys)) writeFileSync(join(node.directory, `${name}.key`), uri, { mode: 0o600 });
  return { cwd: node.directory, NODE: join(node.directory, 'chain') };
}

/** How long this many sessions may take, in seconds. */
const sessions = (number) => number * SESSION_BLOCKS * 2 + 60;

const finalized = async () => (await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead())).number.toNumber();
async function finalize(blocks) {
  const last = (await finalized()) + blocks;
  await until(`finality of block ${last}`, async () => (await finalized()) >= last, sessions(2));
}
/** The voters according to the last final block: later blocks still rest on the voters before. */
const voters = async () => {
  const { query } = await api.at(await api.rpc.chain.getFinalizedHead());
  return (await query.grandpa.authorities()).map(([key]) => key.toHex());
};
/** The GRANDPA key that an account has registered. */
const registered = async (uri) => (await api.query.session.nextKeys(account(uri))).unwrap().grandpa.toHex();
/** Waits for a block of this author. */
const authored = (uri) => {
  const newest = async () => api.derive.chain.getHeader(await api.rpc.chain.getBlockHash());
  return until(`a block of ${uri}`, async () => (await newest())?.author?.toString() === account(uri), sessions(3));
};
const suspended = async () => {
  const all = await Promise.all([0, 1, 2, 3].map((member) => api.query.members.validatorsOf(member)));
  return all.filter((validator) => validator.unwrap().offence.isSome).length;
};

const peerId = (node) => node.address.split('/p2p/')[1];

/** Makes new session keys for a node as docs/keys.md describes, and waits until they are in force. */
async function rotate(node, uri) {
  const old = await registered(uri);
  const made = node.offline('session-keys', '--account', account(uri));
  node.kexin(['session-keys', made], { key: uri });
  const key = await registered(uri);
  assert.notEqual(key, old);
  await until('the new keys', async () => (await voters()).includes(key) && !(await voters()).includes(old), sessions(3));
}

test('session keys are rotated while the network runs, and finality rests on the new ones', async () => {
  await rotate(alice, '//Alice');
  // Three of four votes make a block final.
  await bob.end('SIGINT');
  await finalize(4);
  bob.run();
  await bob.ready();
});

test('a backup holds what other nodes do not have, and no session keys', () => {
  const made = spawnSync('gpg', ['--homedir', keyring, '--batch', '--passphrase', '', '--quick-generate-key', 'backup@hospital.example'], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  dave.offline('token', 'add', '--name', 'auditor', '--rights', 'read', '--expires', '2099-01-01');
  const listed = recipe('backup', { NODE: join(dave.directory, 'chain'), TO: 'backup@hospital.example', BACKUP: join(keyring, 'node.tar.gpg') });
  assert.deepEqual(listed.trim().split('\n'), ['network/secret_ed25519', 'rpc-auth-tokens.json']);
  assert.ok(!readFileSync(join(keyring, 'node.tar.gpg')).includes('auditor'));
});

test('a validator that lost its disk is restored from the backup with new session keys, and no validator is suspended', async () => {
  await dave.end('SIGKILL');
  const directory = join(dave.directory, 'chain');
  rmSync(directory, { recursive: true });
  mkdirSync(directory);
  recipe('restore', { NODE: directory, BACKUP: join(keyring, 'node.tar.gpg') });
  // It keeps the address that the others know, but has no development keys.
  dave.options = dave.options.filter((option) => option !== '--dave');
  dave.run();
  await dave.ready();
  assert.ok(dave.offline('token', 'list').startsWith('auditor'));
  await until('its peers', () => dave.json(['status']).peers === 3, sessions(1));
  const keystore = join(directory, 'chains', CHAIN, 'keystore');
  assert.ok(!existsSync(keystore) || readdirSync(keystore).length === 0);
  await until('the head', async () => dave.json(['status']).finalized >= (await finalized()), sessions(1));
  await rotate(dave, '//Dave');
  await authored('//Dave');
  await bob.end('SIGINT');
  await finalize(4);
  bob.run();
  await bob.ready();
  assert.equal(await suspended(), 0);
});

test('a new node joins the closed network by warp sync, and reports what it can not serve', async () => {
  alice.setUpHospital(DATASET);
  alice.access(DATASET, 1);
  assert.ok((await api.query.grandpa.currentSetId()).toNumber() >= 2, 'the voters have changed');
  // In a closed network, a node is named before it starts.
  const late = await Chain.prepare(spec, null, ['--bootnodes', alice.address, '--sync', 'warp', '--name', 'late']);
  nodes.push(late);
  const names = ['//Alice', '//Bob', '//Charlie', '//Dave'].map((uri, place) => {
    const named = [nodes[place], ...(place === 0 ? [late] : [])].map(peerId);
    return alice.kexinLater(['members', 'name-nodes', ...named], uri);
  });
  await Promise.all(names);
  await alice.decide('members', 'close-network');
  late.run();
  await until('the head', async () => {
    const status = late.kexin(['--json', 'status'], { check: false });
    return status.code === 0 && JSON.parse(status.out).finalized >= (await finalized()) - 2;
  }, sessions(2));
  const log = readFileSync(join(late.directory, 'node.log'), 'utf8');
  assert.match(log, /Warp sync is complete/);
  const at = await late.rpc('chain_getFinalizedHead');
  assert.equal(late.json(['log', DATASET]).count, 1);
  assert.ok(await late.rpc('state_getRuntimeVersion', at));
  // It has no state of earlier blocks, so there is no index; the error names the reason.
  await until('the reason', async () => (await late.rpc('index_status')).error?.includes('state and the transactions of every block'), sessions(2));
  await assert.rejects(late.rpc('access_events', { limit: 1 }), { code: 8007 });
  assert.ok(late.running);
});

test("a node's key is replaced in the closed network, and the node keeps its place", async () => {
  const place = { ...desk(bob, { account: '//Bob' }), OLD: peerId(bob) };
  recipe('name a new node', place);
  const fresh = readFileSync(join(bob.directory, 'node.id'), 'utf8').trim();
  assert.notEqual(fresh, peerId(bob));
  await bob.end('SIGINT');
  recipe('put it in place', place);
  bob.run();
  await bob.ready();
  assert.equal(await bob.rpc('system_localPeerId'), fresh);
  await until('its peers', () => bob.json(['status']).peers >= 3, sessions(1));
  recipe('name it alone', place);
  const head = await finalized();
  await until('the head', async () => bob.json(['status']).finalized >= head + 4, sessions(2));
  const named = `0x${Buffer.from(base58Decode(fresh).slice(-32)).toString('hex')}`;
  assert.deepEqual((await api.query.members.nodesOf(1)).toJSON(), [named]);
});

test('an account is replaced, and its hospital votes and validates with the new one', async () => {
  const [old, fresh] = ['//Charlie', '//Charlie//new'];
  const place = { ...desk(charlie, { account: old, new: fresh }), MEMBER: '2' };
  recipe('replace the account', { ...place, ACCOUNT: account(old), NEW: account(fresh) });
  const { query } = api;
  assert.deepEqual(await Promise.all([old, fresh].map(async (uri) => (await query.members.keys(account(uri))).isSome)), [false, true]);
  desk(charlie, { account: fresh });
  recipe('rotate', { ...place, ACCOUNT: account(fresh) });
  // Two thirds of the four have to agree: with three votes, the motion needs the new key.
  const { motion, index } = await alice.kexinLater(['members', 'admit-validator', account(fresh)], '//Alice');
  const about = [motion, String(index)];
  await Promise.all(['//Alice', '//Bob', fresh].map((uri) => alice.kexinLater(['council', 'vote', ...about], uri)));
  await alice.kexinLater(['council', 'close', ...about], '//Alice');
  const key = await registered(fresh);
  await until('the validator', async () => (await voters()).includes(key), sessions(3));
  await authored(fresh);
});
