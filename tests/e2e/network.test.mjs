// Four hospitals, each with its validator.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Chain, until } from './harness.mjs';

const nodes = [];

before(async () => {
  nodes.push(await Chain.spawn('local', 'alice'));
  for (const name of ['bob', 'charlie', 'dave']) {
    nodes.push(await Chain.spawn('local', name, ['--bootnodes', nodes[0].address]));
  }
  await Promise.all(nodes.map((node) => node.ready()));
});

after(() => Promise.all(nodes.map((node) => node.stop())));

test('every node answers what one hospital records', async () => {
  const dataset = `0x${'da'.repeat(32)}`;
  const [alice, bob, ...others] = nodes;
  bob.kexin(['members', 'add-key', '//Bob//steward', '--powers', 'steward'], { key: '//Bob' });
  bob.kexin(['dataset', 'declare', dataset], { key: '//Bob//steward' });
  const { finalized } = bob.json(['status']);
  for (const node of [alice, ...others]) {
    await until('the node to be as far', () => node.json(['status']).finalized >= finalized);
    assert.equal(node.json(['dataset', 'show', dataset]).owner, bob.json(['dataset', 'show', dataset]).owner);
  }
});

test('finality continues without one of four validators, and the others agree', async () => {
  const [alice, bob, charlie, dave] = nodes;
  dave.node.kill('SIGINT');
  await dave.ended;
  const { finalized } = alice.json(['status']);
  await until('finality to go on', () => alice.json(['status']).finalized >= finalized + 5);
  const hashes = await Promise.all(
    [alice, bob, charlie].map(async (node) => {
      const api = await node.polkadot();
      const hash = (await api.rpc.chain.getBlockHash(finalized)).toHex();
      await api.disconnect();
      return hash;
    }),
  );
  assert.equal(new Set(hashes).size, 1);
});
