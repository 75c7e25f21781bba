// Finality stands still because a validator is gone for good, and the council starts it anew without it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Chain, consortium } from './harness.mjs';

const DATASET = 'text:finality-test';
let alice;
let bob;
/** A node that only follows: a validator without any peer authors nothing. */
let observer;
let genesis;

before(async () => {
  // Four hospitals decide, two of them validate: so that the silence of one is soon beyond doubt.
  const spec = consortium(8, ({ genesis }) => {
    const { members } = genesis.runtimeGenesis.patch;
    members.validators = members.validators.slice(0, 2);
  });
  alice = await Chain.spawn(spec, 'alice');
  bob = await Chain.spawn(spec, 'bob', ['--bootnodes', alice.address]);
  observer = await Chain.spawn(spec, null, ['--bootnodes', alice.address, '--name', 'observer']);
  await Promise.all([alice.ready(), bob.ready(), observer.ready()]);
  alice.setUpHospital(DATASET);
  const api = await alice.polkadot();
  genesis = api.genesisHash.toHex();
  await api.disconnect();
});
after(async () => {
  await Promise.all([alice?.stop(), observer?.stop()]);
});

const decide = async (...args) => alice.decide('council', '--without-finality', ...args);

/** Waits until the node's chain is as it has to be. */
async function until(holds) {
  for (let attempt = 0; attempt < 1_200; attempt += 1) {
    const status = alice.json(['status']);
    if (holds(status)) return status;
    await new Promise((next) => setTimeout(next, 1_000));
  }
  throw new Error(`the chain does not come there: ${JSON.stringify(alice.json(['status']))}`);
}

test('what was final and proved before finality stood still stays so', async () => {
  alice.access(DATASET, 0);
  await alice.prove(DATASET, 0, genesis, 'before.json');
  await bob.end('SIGKILL');
  const { best, finalized } = await until((status) => status.best > status.finalized + 5);
  assert.ok(best > finalized);
  alice.kexin(['verify', 'before.json', '--genesis', genesis]);
});

test('the council does not go on without a validator that may only be slow', async () => {
  await assert.rejects(decide('restart-finality'), /FinalityIsPossible/);
});

test('without the silent validator, finality comes back', async () => {
  const gone = alice.json(['status']).best;
  await until((status) => status.best > gone + 45);
  const { finalized: last } = alice.json(['status']);
  await decide('restart-finality');
  await until((status) => status.finalized > last + 20);
  alice.access(DATASET, 1);
  const { count } = alice.json(['log', DATASET]);
  assert.equal(count, 2);
  assert.ok(observer.json(['status']).finalized > last, 'others follow');
  alice.kexin(['verify', 'before.json', '--genesis', genesis]);
  const later = alice.kexin(['proof', DATASET, '1', '--genesis', genesis], { check: false });
  assert.notEqual(later.code, 0, 'nobody can vouch for the voters of now');
});
