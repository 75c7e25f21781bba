// Claims the tokens that an annotator has earned, and waits until the claim is final. The account needs no tokens for
// that: the ledger has no fees.
//
//   npm install --prefix examples
//   KEXIN_KEY=//Annotator node examples/claim.mjs
//
// KEXIN_KEY is the secret key or phrase, by default that of the pilot's annotator. KEXIN_NODE is the address of the
// node, by default ws://127.0.0.1:9944.
import { readFileSync } from 'node:fs';
import { ApiPromise, WsProvider } from '@polkadot/api';
import { Keyring } from '@polkadot/keyring';

const { rpc, types } = JSON.parse(readFileSync(new URL('../web/polkadot-js.json', import.meta.url), 'utf8'));
const provider = new WsProvider(process.env.KEXIN_NODE ?? 'ws://127.0.0.1:9944');
const api = await ApiPromise.create({ provider, rpc, types, noInitWarn: true });
const keyring = new Keyring({ type: 'sr25519', ss58Format: api.registry.chainSS58 });
const annotator = keyring.addFromUri(process.env.KEXIN_KEY ?? '//Annotator');

/** Sends a call, and waits until it is final. Fails if the ledger refuses it. */
const submit = (call) =>
  new Promise((done, fail) => {
    const onStatus = (result) => {
      const { dispatchError: error, status } = result;
      if (error) fail(new Error(error.isModule ? api.registry.findMetaError(error.asModule).name : String(error)));
      else if (result.isFinalized) done(status.asFinalized.toHex());
      else if (result.isError) fail(new Error(status.type));
    };
    call.signAndSend(annotator, onStatus).catch(fail);
  });

const { claimable } = (await api.rpc.annotation.claimable(annotator.address)).toJSON();
const [decimals] = api.registry.chainDecimals;
const [token] = api.registry.chainTokens;
if (BigInt(claimable) === 0n) {
  console.log(`${annotator.address} has nothing to claim`);
} else {
  const block = await submit(api.tx.annotation.claim());
  console.log(`${annotator.address} claimed ${Number(claimable) / 10 ** decimals} ${token}, final in block ${block}`);
}
await api.disconnect();
