// A validator with a full disk or damaged files.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, closeSync, fsyncSync, openSync, readdirSync, readFileSync, readSync, rmSync, statfsSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ask, until } from '../e2e/harness.mjs';
import { Load } from './load.mjs';
import { Chance, figures, finalized, HOSPITALS, Network, nightly, offences, sleep, withLogs } from './network.mjs';

/** The size of the disk that is filled, in MiB. */
const DISK = 512;
/** How long a damaged node has to end or continue, in milliseconds. */
const TRIAL = 20_000;
const chance = new Chance();
let network;
let load;
let dave;
let disk;

before(async () => {
  network = await Network.start(HOSPITALS, { prepared: (node) => node.label === 'dave' && mount(node) });
  dave = network.get('dave');
  load = await Load.start(network);
});
after(async () => {
  await load?.stop();
  await Promise.all(network?.nodes.filter((node) => node.running).map((node) => node.end('SIGKILL')) ?? []);
  if (disk) spawnSync('umount', [disk]);
  await network?.stop();
});

/** Mounts a small disk under a node's files, if that is allowed. */
function mount(node) {
  const files = join(node.directory, 'chain');
  const kept = join(node.directory, 'kept');
  cpSync(files, kept, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}m`, 'kexin-faults', files]);
  if (mounted.status === 0) disk = files;
  if (disk) cpSync(kept, files, { recursive: true });
}

/** Makes dave's chain again from its peers, as docs/operating.md describes: without its database, but with its keys. */
async function resync() {
  if (dave.running) await dave.end('SIGKILL');
  dave.offline('purge-chain', '-y');
  dave.run();
  await network.catchUp(dave, network.nodes[0]);
  dave.avoided = false;
}

/** Stops dave with everything in its tables: at a start, it moves there what only its log has. */
async function fillTables() {
  await dave.end('SIGINT');
  dave.run();
  await network.catchUp(dave, network.nodes[0]);
  await dave.end('SIGINT');
}

/** How a node on damaged files behaves: it ends, it continues for a while at least, or it stalls. */
async function outcome() {
  const begun = Date.now();
  const [alice] = network.nodes;
  const wanted = await finalized(alice);
  while (Date.now() - begun < TRIAL) {
    if (!dave.running) return 'ended';
    if ((await finalized(dave).catch(() => 0)) > wanted) return 'continued';
    await sleep(200);
  }
  return 'stalled';
}

test('a disk fills up, and its validator continues when there is room again', async (test) => {
  if (!disk) return test.skip('mounting a disk needs root');
  const [alice] = network.nodes;
  const ballast = join(disk, 'ballast');
  const { bavail, bsize } = statfsSync(disk);
  load.mark();
  const begun = await finalized(alice);
  dave.avoided = true;
  assert.equal(spawnSync('fallocate', ['-l', String(bavail * bsize - (64 << 10)), ballast]).status, 0);
  const full = await Promise.race([dave.ended.then(() => 'ended'), sleep(60_000).then(() => 'did not end')]);
  await network.finalize(5, network.nodes.slice(0, 3));
  const reached = await finalized(alice);
  rmSync(ballast);
  if (dave.running) await dave.end('SIGKILL');
  dave.run();
  const back = await network.catchUp(dave, alice);
  dave.avoided = false;
  const { acknowledged, lost, pause } = await load.check();
  figures(test, {
    'with a full disk, the node': full,
    'blocks finalized meanwhile': reached - begun,
    acknowledged,
    lost,
    'longest pause of finality': pause,
    'seconds until it caught up': back,
  });
});

/** The files of dave's database that are not empty and whose names match, the largest first. */
function files(pattern) {
  const chains = join(dave.directory, 'chain/chains');
  const directory = join(chains, readdirSync(chains)[0], 'paritydb/full');
  const paths = readdirSync(directory).filter((name) => pattern.test(name)).map((name) => join(directory, name));
  const used = paths.filter((path) => statSync(path).blocks > 0);
  assert.ok(used.length > 0, `there is a file whose name matches ${pattern}`);
  return used.sort((one, other) => statSync(other).blocks - statSync(one).blocks);
}

/** Flips a bit of a file at each of these places. */
function flip(file, places) {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  for (const place of places) {
    readSync(handle, byte, 0, 1, place);
    byte[0] ^= 1 << chance.below(8);
    writeSync(handle, byte, 0, 1, place);
  }
  fsyncSync(handle);
  closeSync(handle);
}

/** Some places of a file that are not zero. */
function written(file, number) {
  const bytes = readFileSync(file);
  const used = [];
  for (let tries = 0; used.length < number && tries < 1_000_000; tries += 1) {
    const place = chance.below(bytes.length);
    if (bytes[place] !== 0) used.push(place);
  }
  return used;
}

/** Cuts a file in half. */
function cut(file) {
  truncateSync(file, Math.floor(statSync(file).size / 2));
  return file;
}

/** Flips bits at some places of a file. */
function rot(file) {
  flip(file, written(file, 64));
  return file;
}

const damages = {
  'bits of a table are flipped': () => rot(chance.one(files(/^table_/))),
  'bits of an index are flipped': () => rot(chance.one(files(/^index_/))),
  'a table is cut in half': () => cut(files(/^table_/)[0]),
  'bits of the log are flipped': () => rot(files(/^log/)[0]),
  'the log is cut in half': () => cut(files(/^log/)[0]),
  'the description of the database is emptied': () => {
    const [file] = files(/^metadata/);
    truncateSync(file, 0);
    return file;
  },
};

test('a damaged index is reported and rebuilt', async (test) => {
  const [alice] = network.nodes;
  await dave.end('SIGINT');
  const chains = join(dave.directory, 'chain/chains');
  const file = join(chains, readdirSync(chains)[0], 'index.sqlite');
  truncateSync(file, Math.floor(statSync(file).size / 2));
  dave.run();
  // It answers from what is left until one of the next blocks needs a part that is missing.
  const code = () => dave.rpc('access_events', { limit: 1 }).then(() => 0, (error) => error.code);
  await withLogs([dave], until('the index to report the damage', async () => (await code()) === 8007));
  await dave.end('SIGINT');
  const begun = Date.now();
  dave.offline('index', 'rebuild');
  const made = (Date.now() - begun) / 1000;
  dave.run();
  await network.catchUp(dave, alice);
  const { acknowledged, lost } = await load.check();
  figures(test, { acknowledged, lost, 'seconds to rebuild the index': made });
});

test('a bit of a log flips in the state: the node reports the damage, and answers nothing false', async (test) => {
  const [alice] = network.nodes;
  const [dataset] = load.datasets;
  load.mark();
  const block = await dave.rpc('chain_getFinalizedHead');
  const log = await dave.rpc('access_log', dataset, block);
  const stored = await ask(dave, (api) => dave.rpc('state_getStorage', api.query.access.logs.key(dataset), block));
  await fillTables();
  const bytes = Buffer.from(stored.slice(2), 'hex');
  let flipped = 0;
  for (const file of files(/^table_/)) {
    const place = readFileSync(file).indexOf(bytes);
    if (place < 0) continue;
    // The count of its entries follows the version.
    flip(file, [place + 2]);
    flipped += 1;
  }
  assert.ok(flipped > 0, 'the log is found in the database');
  dave.run();
  const answer = (method) => dave.rpc(method, dataset, block).then(() => 'an answer', ({ code }) => code);
  await withLogs([dave], until('the index to be open', async () => (await dave.rpc('index_status')).indexed));
  for (const method of ['access_log', 'audit_report']) assert.equal(await answer(method), 8013, method);
  // The node remembers it, so that nobody relies on its other answers.
  assert.match((await dave.rpc('index_status')).damaged, /^the (state|header) of block/);
  assert.deepEqual(await alice.rpc('access_log', dataset, block), log);
  const back = await until('the node to be back', () => resync().then(() => true));
  assert.deepEqual(await dave.rpc('access_log', dataset, block), log);
  const { acknowledged, lost, pause } = await load.check();
  figures(test, { acknowledged, lost, 'longest pause of finality': pause, 'seconds to restore it from its peers': back });
});

for (const [what, damage] of Object.entries(damages)) {
  for (let round = 0; round < (nightly && what.includes('bits') ? 10 : 1); round += 1) {
    test(`${what}: the damage is found or harmless, and no answer is false`, async (test) => {
      load.mark();
      // The log is only there if the node did not shut down.
      if (what.includes('log')) await dave.end('SIGKILL');
      else await fillTables();
      const file = damage();
      dave.run();
      const end = await outcome();
      // The witness has observed its answers so far; this adds all entries that its index has reached.
      const all = ({ indexed }) => load.observeAll(dave, indexed.number);
      const answer = await dave.rpc('index_status').then(all).catch(() => undefined);
      if (answer) load.observations.push(answer);
      // In any case: the next test could meet damage that nothing has met yet.
      const back = await until('the node to be back', () => resync().then(() => true));
      const { acknowledged, lost, pause } = await load.check();
      assert.deepEqual(await offences(network.nodes[0]), {}, 'the restored validator has signed nothing twice');
      figures(test, {
        seed: chance.seed,
        file: file.split('/').pop(),
        'the node': end,
        acknowledged,
        lost,
        'longest pause of finality': pause,
        'seconds to restore it from its peers': back,
      });
    });
  }
}
