// Validators that are separated, frozen, or have the wrong time.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../e2e/harness.mjs';
import { Load } from './load.mjs';
import { figures, finalized, HOSPITALS, Network, nightly, offences, peers, sleep } from './network.mjs';

/** How long a fault lasts, in milliseconds. */
const LASTS = nightly ? 120_000 : 20_000;
/** The least number of blocks that become final meanwhile: one for every other slot. */
const BLOCKS = LASTS / 4_000;
/** How wrong a clock is, in seconds: more than a slot, and in a nightly run more than a session. */
const SKEW = nightly ? 60 : 10;
const clocks = mkdtempSync(join(tmpdir(), 'kexin-clock-'));
const clock = join(clocks, 'dave');
const faketime = findFaketime();
let network;
let load;

before(async () => {
  setClock(0);
  const environment = faketime && {
    dave: { LD_PRELOAD: faketime, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_CACHE_DURATION: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
  };
  network = await Network.start(HOSPITALS, { environment });
  load = await Load.start(network);
});
after(async () => {
  await load?.stop();
  await network?.stop();
  rmSync(clocks, { recursive: true, force: true });
});

function findFaketime() {
  const directories = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'faketime')) : [];
  return directories.map((directory) => join(directory, 'libfaketimeMT.so.1')).find(existsSync);
}

/** Sets dave's clock this many seconds ahead. */
function setClock(seconds) {
  writeFileSync(clock, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`);
}

/** Takes dave away for a while. Checks that three validators continue, and that dave recovers. */
async function withoutDave(test, begin, end, others = network.nodes.slice(0, 3)) {
  const dave = network.get('dave');
  const begun = await finalized(others[0]);
  load.mark();
  dave.avoided = true;
  await begin();
  await sleep(LASTS);
  // The number of dave's slots, which stay empty, is random.
  await until('three of four to continue', async () => (await finalized(others[0])) >= begun + BLOCKS);
  const reached = await finalized(others[0]);
  const left = await finalized(dave).catch(() => undefined);
  await end();
  const back = await network.catchUp(dave, others[0]);
  dave.avoided = false;
  const { acknowledged, lost, pause } = await load.check();
  figures(test, {
    'seconds away': LASTS / 1000,
    acknowledged,
    lost,
    'blocks finalized meanwhile': reached - begun,
    'longest pause of finality': pause,
    'seconds until the returned validator caught up': back,
  });
  assert.deepEqual(await offences(others[0]), {}, 'no honest validator is suspended');
  return { left, reached };
}

for (const state of nightly ? ['held', 'cut'] : ['held']) {
  test(`one of four is separated from the others (links are ${state}), and finality continues`, async (test) => {
    const groups = [['alice', 'bob', 'charlie'], ['dave']];
    const { left, reached } = await withoutDave(test, () => network.part(groups, state), () => network.heal());
    assert.ok(left < reached - 3, 'the separated node finalizes nothing alone');
  });
}

for (const state of nightly ? ['held', 'cut'] : ['cut']) {
  test(`two are separated from two (links are ${state}): nothing becomes final until they are connected again`, async (test) => {
    const groups = [['alice', 'bob'], ['charlie', 'dave']];
    await network.part(groups, state);
    if (state === 'cut') {
      for (const node of network.nodes) {
        const group = groups.find((labels) => labels.includes(node.label));
        await until(`${node.label} to be separated`, async () => (await peers(network, node)).every((label) => group.includes(label)));
      }
    }
    await sleep(6_000);
    const stopped = await Promise.all(network.nodes.map(finalized));
    await sleep(LASTS);
    assert.deepEqual(await Promise.all(network.nodes.map(finalized)), stopped, 'neither half finalizes anything');
    await network.heal();
    const returned = await network.reach(Math.max(...stopped) + 1);
    const { acknowledged, lost } = await load.check();
    figures(test, { 'seconds separated': LASTS / 1000 + 6, acknowledged, lost, 'seconds until finality returned': returned });
    assert.deepEqual(await offences(network.nodes[0]), {}, 'no honest validator is suspended');
  });
}

test('a validator is frozen for a while, and finality continues', async (test) => {
  const dave = network.get('dave');
  await withoutDave(test, () => dave.node.kill('SIGSTOP'), () => dave.node.kill('SIGCONT'));
});

for (const skew of [SKEW, -SKEW]) {
  const skip = !faketime && 'libfaketime is not installed: scripts/setup does it';
  test(`a validator's clock is ${Math.abs(skew)} s ${skew > 0 ? 'ahead' : 'behind'}, and finality continues`, { skip }, async (test) => {
    await withoutDave(test, () => setClock(skew), () => setClock(0));
  });
}
