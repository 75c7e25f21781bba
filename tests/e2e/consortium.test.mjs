// Hospitals start their own chain: the ceremony, and the network that scripts/network makes with it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bin, freePort, play, until } from './harness.mjs';

const data = mkdtempSync(join(tmpdir(), 'kexin-ceremony-'));
after(() => rmSync(data, { recursive: true, force: true }));
const path = (...names) => join(data, ...names);
const json = (...names) => JSON.parse(readFileSync(path(...names), 'utf8'));

function ceremony(...args) {
  const { status, stdout, stderr } = spawnSync(join(bin, 'kexin-node'), ['ceremony', ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return { status, stdout, stderr };
}
const keys = (home, name, { id = 'kexin_test', address = `/dns/${home}.example/tcp/30333` } = {}) =>
  ceremony('keys', '--id', id, '--name', name, '--region', '276', '--address', address, '--base-path', path(home, 'node'), '--out', path(home));
const chain = (out, homes, ...more) => ceremony('chain', ...homes.map((home) => path(home, 'hospital.json')), '--out', path(out), ...more);

test('each hospital makes its keys, and no secret leaves its files', () => {
  for (const [home, name] of [['a', 'Heidelberg'], ['b', 'Vienna'], ['c', 'Zurich']]) {
    const made = keys(home, name);
    assert.equal(made.status, 0, made.stderr);
    const secret = readFileSync(path(home, 'account.key'), 'utf8').trim();
    assert.equal(secret.split(' ').length, 12);
    for (const text of [made.stdout, made.stderr, readFileSync(path(home, 'hospital.json'), 'utf8')]) assert.ok(!text.includes(secret));
    const chains = path(home, 'node/chains/kexin_test');
    const keystore = readdirSync(join(chains, 'keystore')).map((name) => join(chains, 'keystore', name));
    assert.equal(keystore.length, 2);
    for (const file of [path(home, 'account.key'), join(chains, 'network/secret_ed25519'), ...keystore]) {
      assert.equal(statSync(file).mode & 0o777, 0o600, file);
    }
    const account = spawnSync(join(bin, 'kexin'), ['--key', path(home, 'account.key'), 'key'], { encoding: 'utf8' }).stdout.trim();
    assert.equal(account, json(home, 'hospital.json').account);
  }
  const again = keys('a', 'Heidelberg');
  assert.equal(again.status, 1);
  assert.match(again.stderr, /there already/);
});

test('all make the same chain, in any order of the files', () => {
  const made = [['one.json', 'a', 'b', 'c'], ['other.json', 'c', 'a', 'b']].map(([out, ...homes]) => {
    const { status, stdout, stderr } = chain(out, homes);
    assert.equal(status, 0, stderr);
    const printed = JSON.parse(stdout);
    assert.equal(printed.sha256, `0x${createHash('sha256').update(readFileSync(path(out))).digest('hex')}`);
    return printed;
  });
  assert.equal(made[0].sha256, made[1].sha256);
  assert.equal(made[0].genesis, made[1].genesis);
  const spec = json('one.json');
  assert.deepEqual([spec.id, spec.chainType, spec.bootNodes.length], ['kexin_test', 'Live', 3]);
  assert.match(chain('one.json', ['a', 'b', 'c']).stderr, /one\.json can't be written/, 'nothing is overwritten');
});

test('forged, changed and duplicate files are refused with the reason', () => {
  const refused = (homes, reason) => {
    const { status, stderr } = chain('refused.json', homes);
    assert.equal(status, 1, stderr);
    assert.match(stderr, reason);
    assert.ok(!existsSync(path('refused.json')));
  };
  refused(['a', 'a'], /have the same/);
  keys('twin', 'Heidelberg');
  refused(['a', 'b', 'twin'], /have the same: the name/);
  keys('stranger', 'Paris', { id: 'kexin_other' });
  refused(['a', 'stranger'], /for the chain/);
  const forge = (change) => {
    rmSync(path('forged'), { recursive: true, force: true });
    keys('forged', 'Lisbon');
    const file = json('forged', 'hospital.json');
    change(file);
    writeFileSync(path('forged', 'hospital.json'), JSON.stringify(file));
  };
  // The session keys and their proof are those of another account.
  const stolen = json('b', 'hospital.json');
  forge((file) => Object.assign(file, { sessionKeys: stolen.sessionKeys, proof: stolen.proof }));
  refused(['a', 'forged'], /forged\/hospital\.json: it is not signed by its account/);
  forge((file) => (file.account = stolen.account));
  refused(['a', 'forged'], /not signed by its account/);
  forge((file) => (file.extra = 1));
  refused(['a', 'forged'], /not what kexin-node ceremony keys writes/);
  refused(['a', 'missing'], /missing\/hospital\.json/);
});

/** The first of this many consecutive free ports. */
async function freePorts(count) {
  let first = await freePort();
  for (let last = first; last < first + count - 1; ) {
    const next = await freePort();
    if (next !== last + 1) first = next;
    last = next;
  }
  return first;
}

/** Runs scripts/network on these ports. */
function network(hospitals, ports, ask) {
  const environment = { KEXIN_NETWORK: path('network'), KEXIN_RPC_PORT: String(ports), KEXIN_P2P_PORT: String(ports + 3) };
  return play(['scripts/network', ...hospitals], environment, ask);
}

test('scripts/network starts a network by the same procedure, and continues it', async () => {
  const ports = await freePorts(6);
  const statusOf = (place) => {
    const run = spawnSync(join(bin, 'kexin'), ['--node', `ws://127.0.0.1:${ports + place}`, '--json', 'status'], { encoding: 'utf8' });
    return JSON.parse(run.stdout);
  };
  const grows = async () => {
    const { finalized } = statusOf(0);
    await until('finality to go on', () => [0, 1, 2].every((place) => statusOf(place).finalized >= finalized + 3));
    return finalized;
  };
  let reached;
  const once = await network(['3'], ports, async () => {
    reached = await grows();
    const hashes = ['Heidelberg', 'Vienna', 'Zurich'].map((name) => createHash('sha256').update(readFileSync(path('network', name, 'chain.json'))).digest('hex'));
    assert.equal(new Set(hashes).size, 1);
    assert.deepEqual([0, 1, 2].map((place) => statusOf(place).peers), [2, 2, 2]);
    // Every hospital has named its node. Otherwise the ledger would refuse to close the network.
    assert.deepEqual(['Heidelberg', 'Vienna', 'Zurich'].map((name) => existsSync(path('network', name, 'named'))), [true, true, true]);
  });
  assert.equal(once.status, 0, once.printed);
  assert.match(once.printed, /stopped/);
  assert.match((await network(['2'], ports, () => {})).printed, /has 3 hospitals/);
  const again = await network([], ports, async () => assert.ok((await grows()) >= reached));
  assert.equal(again.status, 0, again.printed);
});
