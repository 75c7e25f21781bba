// What the ledger answers after the pilot, asked with polkadot.js, and what its pool refuses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keyring } from '@polkadot/keyring';
import { blake2AsHex } from '@polkadot/util-crypto';
import { api } from './play.mjs';

const DATASET = blake2AsHex('retina-images-v1');
const MODEL = blake2AsHex('retina-model-v1');
const TOKEN = 10n ** 12n;
const keys = new Keyring({ type: 'sr25519', ss58Format: api.registry.chainSS58 });

/** Signs, sends, and waits until the call is final. */
const final = (call, signer) =>
  new Promise((done, fail) => {
    call
      .signAndSend(signer, (result) => {
        if (result.dispatchError) {
          const error = result.dispatchError;
          fail(new Error(error.isModule ? api.registry.findMetaError(error.asModule).name : error.toString()));
        } else if (result.isFinalized) done(result);
        else if (result.isError) fail(new Error(result.status.type));
      })
      .catch(fail);
  });

test('the chain names itself, its token and its address prefix', () => {
  assert.equal(api.registry.chainSS58, 7391);
  assert.deepEqual(api.registry.chainTokens, ['KEX']);
  assert.deepEqual(api.registry.chainDecimals, [12]);
  assert.equal(api.runtimeVersion.specName.toString(), 'kexin');
  assert.equal(api.tx.sudo, undefined);
});

test('every access is in the log, and accesses without consent are breaches', async () => {
  const log = (await api.rpc.access.log(DATASET)).toJSON();
  assert.equal(log.count, 120 + 13 + 1);
  assert.equal(log.breaches, 3 + 1);
  assert.match(log.root, /^0x[0-9a-f]{64}$/);
  assert.ok(log.block.number > 0);
});

test('a withdrawal turns later accesses into breaches, not earlier ones', async () => {
  const check = async (time) => {
    const request = { dataset: DATASET, operation: 'train', purpose: 'MLTRAINING', recipient: 0, region: 276, time };
    return (await api.rpc.access.check(request)).toJSON();
  };
  const scope = (await api.rpc.consent.scope({ dataset: DATASET })).toJSON();
  const before = await check(scope.enrolled);
  assert.deepEqual([before.permitted, before.breaches, before.notices], [true, [], []]);
  const empty = await check(scope.enrolled - 1);
  assert.deepEqual([empty.permitted, empty.breaches], [false, ['no-subjects']]);
  const now = await check(undefined);
  assert.equal(now.permitted, false);
  assert.ok(now.breaches.includes('purpose'));
  assert.deepEqual([scope.subjects, scope.inForce], [120, false]);
});

test('a model is traced to its datasets', async () => {
  const query = { artifact: MODEL, direction: 'ancestors', limit: 1 };
  const first = (await api.rpc.lineage.trace(query)).toJSON();
  assert.equal(first.nodes[0].kind, 'model');
  assert.deepEqual([first.edges[0].from, first.edges[0].to, first.edges[0].activityKind], [DATASET, MODEL, 'training']);
  const second = (await api.rpc.lineage.trace({ ...query, cursor: first.next })).toJSON();
  assert.deepEqual([second.nodes[0].artifact, second.nodes[0].kind, second.next], [DATASET, 'dataset', null]);
  const descendants = (await api.rpc.lineage.trace({ artifact: DATASET, direction: 'descendants' })).toJSON();
  assert.deepEqual(descendants.nodes.map(({ artifact }) => artifact), [DATASET, MODEL]);
  assert.equal((await api.rpc.lineage.artifact(MODEL)).toJSON().owner, 1);
});

test('errors have the documented codes', async () => {
  const code = (promise) => promise.then(() => 0, (error) => error.code);
  const unknown = `0x${'99'.repeat(32)}`;
  assert.equal(await code(api.rpc.lineage.artifact(unknown)), 8002);
  assert.equal(await code(api.rpc.access.log(DATASET, unknown)), 8001);
  assert.equal(await code(api.rpc.lineage.trace({ artifact: MODEL, direction: 'ancestors', cursor: '0x00' })), 8004);
  assert.equal(await code(api.rpc.consent.scope({})), -32602);
  assert.equal(await code(api.rpc.access.check({ dataset: DATASET, operation: 'steal' })), -32602);
  assert.equal(await code(api.rpc.annotation.claimable('nobody')), -32602);
});

test('an annotator without tokens claims the reward', async () => {
  const annotator = keys.addFromUri('//Annotator');
  const balance = async () => (await api.query.system.account(annotator.address)).data.free.toBigInt();
  assert.equal(await balance(), 0n);
  const claimable = (await api.rpc.annotation.claimable(annotator.address)).toJSON().claimable;
  assert.equal(BigInt(claimable), 10n * TOKEN);
  await final(api.tx.annotation.claim(), annotator);
  assert.equal(await balance(), 10n * TOKEN);
  await assert.rejects(final(api.tx.annotation.claim(), annotator), /NothingToClaim/);
});

test('a stranger is refused in the pool, wrapped or not', async () => {
  const stranger = keys.addFromUri('//Stranger');
  const call = api.tx.system.remark('0x00');
  for (const wrapped of [call, api.tx.utility.batch([call]), api.tx.utility.asDerivative(0, call)]) {
    await assert.rejects(wrapped.signAndSend(stranger), /1010/);
  }
  const rich = keys.addFromUri('//Rich');
  await final(api.tx.balances.transferAllowDeath(rich.address, TOKEN), keys.addFromUri('//Alice'));
  await assert.rejects(call.signAndSend(rich), /1010/, 'tokens do not make a member');
});

test('a key that is revoked stops at once', async () => {
  const alice = keys.addFromUri('//Alice');
  const spare = keys.addFromUri('//Alice//spare');
  // As a wallet signs it, and for another power.
  const agreed = async (powers) => {
    const { nonce } = await api.query.system.account(spare.address);
    const text = `<Bytes>Kexin ${api.genesisHash}, nonce ${nonce}: this account becomes a key of member 0 with the powers ${powers}</Bytes>`;
    return { Sr25519: spare.sign(text) };
  };
  const add = async (powers) => final(api.tx.members.addKey(spare.address, { bits: 8 }, await agreed(powers)), alice);
  await assert.rejects(add('steward'), /NotAccepted/);
  const used = await agreed('gateway');
  await add('gateway');
  await final(api.tx.system.remark('0x00'), spare);
  await final(api.tx.members.revokeKey(spare.address), alice);
  await assert.rejects(api.tx.system.remark('0x00').signAndSend(spare), /1010/);
  await assert.rejects(final(api.tx.members.addKey(spare.address, { bits: 8 }, used), alice), /NotAccepted/);
});
