// Which nodes may connect: once the council has closed the network, only the nodes of members.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Chain, consortium, until } from './harness.mjs';

const SESSION_SECONDS = 8 * 2;
const nodes = {};
let spec;

before(async () => {
  spec = consortium(8);
  for (const name of ['alice', 'bob', 'charlie', 'dave']) await start(name, name);
  await start('stranger', null);
  await Promise.all(Object.values(nodes).map((node) => node.ready()));
});
after(() => Promise.all(Object.values(nodes).map((node) => node.stop())));

async function start(name, keys) {
  const bootnodes = nodes.alice ? ['--bootnodes', nodes.alice.address] : [];
  nodes[name] = await Chain.spawn(spec, keys, [...bootnodes, ...(keys ? [] : ['--name', name])]);
  return nodes[name];
}

const peerId = (node) => node.address.split('/p2p/')[1];
const peers = (name) => nodes[name].json(['status']).peers;
const nameNodes = (name, key, ...more) => nodes.alice.kexin(['members', 'name-nodes', peerId(nodes[name]), ...more], { key });

test('while the network is open, any node can follow the chain', async () => {
  await until('the stranger', () => peers('stranger') > 0);
});

test('the network can not be closed before the validators have named their nodes', async () => {
  nameNodes('alice', '//Alice');
  await assert.rejects(nodes.alice.decide('members', 'close-network'), /NodesMissing/);
  for (const name of ['bob', 'charlie', 'dave']) nameNodes(name, `//${name[0].toUpperCase()}${name.slice(1)}`);
  const malformed = nodes.alice.kexin(['members', 'name-nodes', '12D3KooWnonsense'], { key: '//Alice', check: false });
  assert.equal(malformed.code, 2);
  assert.match(malformed.err, /not a node's peer id/);
});

test('a closed network drops strangers within a session, and finality continues', async () => {
  await nodes.alice.decide('members', 'close-network');
  await until('the end of the stranger', () => peers('stranger') === 0, SESSION_SECONDS);
  const { best } = nodes.stranger.json(['status']);
  const { finalized } = nodes.alice.json(['status']);
  await until('finality', () => nodes.alice.json(['status']).finalized > finalized + 8);
  assert.equal(peers('alice'), 3);
  assert.ok(nodes.stranger.json(['status']).best <= best + 1, 'the stranger gets no more blocks');
});

test('a stranger that connects later gets no block', async () => {
  // The first stranger would pass on its blocks.
  await nodes.stranger.stop();
  delete nodes.stranger;
  const late = await start('late', null);
  await until('its server', () => late.kexin(['status'], { check: false }).code === 0);
  const { finalized } = nodes.alice.json(['status']);
  await until('finality', () => nodes.alice.json(['status']).finalized > finalized + 8);
  assert.equal(late.json(['status']).best, 0);
});

test('the node is accepted when a hospital names it, and the nodes of a suspended hospital are dropped', async () => {
  nameNodes('alice', '//Alice', peerId(nodes.late));
  await until('the new node', () => nodes.late.json(['status']).finalized > 0);
  await nodes.alice.decide('members', 'suspend', '3');
  await until('the end of the suspended', () => peers('dave') === 0, SESSION_SECONDS);
  const { finalized } = nodes.alice.json(['status']);
  await until('finality', () => nodes.alice.json(['status']).finalized > finalized + 8);
});
