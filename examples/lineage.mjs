// Traces an artifact back to the datasets that it was made from, and lists the accesses to each of them that breached
// the consents. With --follow, it then prints each new breach in these datasets as it becomes final.
//
//   npm install --prefix examples
//   node examples/lineage.mjs [ARTIFACT] [--follow]
//
// ARTIFACT is a hash (0x…) or the text that was hashed, by default the pilot's model. KEXIN_NODE is the address of the
// node, by default ws://127.0.0.1:9944.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ApiPromise, WsProvider } from '@polkadot/api';
import { blake2AsHex } from '@polkadot/util-crypto';

const { values, positionals } = parseArgs({ options: { follow: { type: 'boolean' } }, allowPositionals: true });
const [name = 'retina-model-v1'] = positionals;
const artifact = name.startsWith('0x') ? name : blake2AsHex(name);

// The ledger's own methods are not in polkadot.js: this file describes them.
const { rpc, types } = JSON.parse(readFileSync(new URL('../web/polkadot-js.json', import.meta.url), 'utf8'));
const provider = new WsProvider(process.env.KEXIN_NODE ?? 'ws://127.0.0.1:9944');
const api = await ApiPromise.create({ provider, rpc, types, noInitWarn: true });

/** Yields the answers of all pages of a query. */
async function* pages(method, query) {
  for (let cursor; cursor !== null; ) {
    const page = (await method({ ...query, cursor })).toJSON();
    yield page;
    cursor = page.next ?? null;
  }
}

const print = ({ event, breaches }) =>
  console.log(`  ${new Date(event.occurred).toISOString()} by ${event.actor}: ${breaches.join(', ')}`);

const datasets = [];
for await (const { nodes, edges } of pages(api.rpc.lineage.trace, { artifact, direction: 'ancestors' })) {
  for (const { artifact, kind, distance } of nodes) {
    console.log(`${kind} ${artifact}, ${distance} steps away`);
    if (kind === 'dataset') datasets.push(artifact);
  }
  for (const { from, to, activityKind } of edges) console.log(`  ${activityKind}: ${from} -> ${to}`);
}

for (const dataset of datasets) {
  console.log(`breaches in ${dataset}:`);
  for await (const { events } of pages(api.rpc.access.events, { dataset, breaches: true })) events.forEach(print);
}

if (values.follow) {
  console.log('waiting for new breaches; Ctrl-C stops');
  const subscribe = (dataset) => api.rpc.access.subscribeBreaches(dataset, (breach) => print(breach.toJSON()));
  await Promise.all(datasets.map(subscribe));
} else {
  await api.disconnect();
}
