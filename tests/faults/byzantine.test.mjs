// Validators that equivocate, or continue after their removal.
//
// A cheat is a second node with keys of an honest validator: one only authors, the other only votes. Five validators
// and two cheats are seven processes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { account, ask, until } from '../e2e/harness.mjs';
import { Load } from './load.mjs';
import { figures, finalized, Network, offencesIn, sleep, uri, withLogs } from './network.mjs';

const SESSION_BLOCKS = 10;
const VALIDATORS = ['alice', 'bob', 'charlie', 'dave', 'eve'];
/**
 * The delay between the cheats and the other nodes, each way, in milliseconds. Because of it, a cheat does not see a
 * slot's block before it authors its own, and votes for other blocks than its double. A connection takes several such
 * turns, and must open within ten seconds.
 */
const FAR = 300;
let network;
let load;
let honest;

before(async () => {
  const later = ['bob-author', 'charlie-voter'];
  network = await Network.start(VALIDATORS, { sessionBlocks: SESSION_BLOCKS, later });
  await network.link((from, to) => ([from, to].some((label) => later.includes(label)) ? { delay: FAR } : undefined));
  honest = network.nodes.filter(({ label }) => VALIDATORS.includes(label));
  for (const node of network.nodes) node.avoided = !['alice', 'dave', 'eve'].includes(node.label);
  load = await Load.start(network);
});
after(async () => {
  await load?.stop();
  await network?.stop();
});

/** Waits until a validator is no longer in the set. */
const leaves = (name) =>
  ask(honest[0], (api) =>
    until(`the end of ${name}'s last session`, async () => !(await api.query.session.validators()).map(String).includes(account(uri(name)))),
  );

/** Runs a cheat until its validator is suspended for this offence, and then until the validator has left the set. */
async function cheats(test, label, name, kind) {
  const cheat = network.get(label);
  const [alice] = honest;
  load.mark();
  cheat.run();
  const suspended = async (api) => (await offencesIn(api))[name] === kind;
  const caught = await withLogs([cheat, alice], ask(alice, (api) => until(`the suspension of ${name}`, () => suspended(api))));
  const left = await leaves(name);
  await network.finalize(SESSION_BLOCKS / 2, [alice]);
  const { acknowledged, lost, pause } = await load.check(honest.filter((node) => !node.avoided));
  await cheat.end('SIGKILL');
  figures(test, {
    acknowledged,
    lost,
    'seconds until it was suspended': caught,
    'seconds more until it left the set': left,
    'longest pause of finality': pause,
  });
}

test('a validator that authors two blocks in a slot is suspended, and finality continues', async (test) => {
  const cheat = network.get('bob-author');
  cheat.options.splice(cheat.options.indexOf('--bob'), 1, '--force-authoring');
  cheat.offline('key', 'insert', '--key-type', 'babe', '--scheme', 'sr25519', '--suri', '//Bob');
  await cheats(test, 'bob-author', 'bob', 'babe:equivocatio');
});

test('a validator that votes twice in a round is suspended, and finality continues', async (test) => {
  const cheat = network.get('charlie-voter');
  cheat.options.splice(cheat.options.indexOf('--charlie'), 1);
  cheat.offline('key', 'insert', '--key-type', 'gran', '--scheme', 'ed25519', '--suri', '//Charlie');
  await cheats(test, 'charlie-voter', 'charlie', 'grandpa:equivoca');
});

test('a removed validator whose node still runs changes nothing', async (test) => {
  const [alice, , , dave] = honest;
  load.mark();
  await alice.decide('members', 'remove-validator', '3');
  const left = await leaves('dave');
  const from = await finalized(alice);
  await sleep(SESSION_BLOCKS * 2_000);
  assert.ok((await finalized(alice)) >= from + SESSION_BLOCKS / 2, 'finality continues');
  assert.ok(dave.running);
  const { acknowledged, lost, pause } = await load.check(honest.filter((node) => !node.avoided));
  figures(test, { acknowledged, lost, 'seconds until it left the set': left, 'longest pause of finality': pause });
});
