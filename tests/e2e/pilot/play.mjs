// Plays the pilot once, on a chain that the tests of this directory share.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';
import { Chain, root } from '../harness.mjs';

export let chain;
export let api;
export let genesis;
/** The breaches that the subscription published while the pilot ran. */
export const published = [];

after(async () => {
  await api?.disconnect();
  await chain?.stop();
});

// Hooks of different modules run side by side, so this is no hook: the modules that import this one wait for it.
chain = await Chain.start();
api = await chain.polkadot();
genesis = api.genesisHash.toHex();
// The promise of the subscription resolves with the first breach.
api.rpc.access.subscribeBreaches((breach) => published.push(breach.toJSON()));
// Not with spawnSync, which would block the connection.
for (const [script, ...args] of [['records', join(chain.directory, 'records')], ['load', chain.directory, chain.url]]) {
  await promisify(execFile)(join(root, 'pilot', script), args);
}

/** Starts the node again after it ended, and connects to it. */
export async function restart() {
  await api.disconnect();
  chain.run();
  await chain.ready();
  api = await chain.polkadot();
}
