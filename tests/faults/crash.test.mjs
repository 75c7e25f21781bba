// Validators that are killed while hospitals record.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Load } from './load.mjs';
import { Chance, figures, finalized, HOSPITALS, Network, nightly, offences, sleep } from './network.mjs';

const KILLS = nightly ? 50 : 4;
/** Longer than a session, in milliseconds, so that the chain has to skip a session without blocks. */
const AWAY = 25_000;
const chance = new Chance();
let network;
let load;

before(async () => {
  network = await Network.start(HOSPITALS);
  load = await Load.start(network);
});
after(async () => {
  await load?.stop();
  await network?.stop();
});

test('a validator that is killed under load recovers, and nothing is lost', async (test) => {
  load.mark();
  const back = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    await sleep(chance.below(2_000));
    const victim = chance.one(network.nodes);
    const other = network.nodes.find((node) => node !== victim);
    await victim.end('SIGKILL');
    await sleep(chance.below(3_000));
    victim.run();
    back.push(await network.catchUp(victim, other));
  }
  const { acknowledged, lost, pause } = await load.check();
  figures(test, {
    seed: chance.seed,
    kills: KILLS,
    acknowledged,
    lost,
    'longest pause of finality': pause,
    'most seconds until a killed validator caught up': Math.max(...back),
  });
  assert.deepEqual(await offences(network.nodes[0]), {}, 'the killed validators have signed nothing twice');
});

test('half of the validators are killed, and finality returns with them', async (test) => {
  const [alice, , charlie, dave] = network.nodes;
  await Promise.all([charlie.end('SIGKILL'), dave.end('SIGKILL')]);
  await sleep(3_000);
  const stopped = await finalized(alice);
  await sleep(8_000);
  assert.equal(await finalized(alice), stopped, 'two of four make nothing final');
  charlie.run();
  dave.run();
  const returned = await network.reach(stopped + 1);
  const { acknowledged, lost } = await load.check();
  figures(test, { acknowledged, lost, 'seconds until finality returned': returned });
});

test('all nodes are killed at once for longer than a session, and finality returns with them', async (test) => {
  await Promise.all(network.nodes.map((node) => node.end('SIGKILL')));
  const number = load.highest;
  await sleep(AWAY);
  network.nodes.forEach((node) => node.run());
  const returned = await network.reach(number + 1);
  const { acknowledged, lost } = await load.check();
  figures(test, { acknowledged, lost, 'seconds until finality returned': returned });
  assert.deepEqual(await offences(network.nodes[0]), {}, 'the killed validators have signed nothing twice');
});
