// The programs of examples/, on the data of the pilot.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bin, blake2AsHex, root } from './harness.mjs';
import { chain, genesis, published } from './pilot/play.mjs';

const DATASET = blake2AsHex('retina-images-v1');
const MODEL = blake2AsHex('retina-model-v1');
// A copy of the examples after `npm install`.
const clone = mkdtempSync(join(tmpdir(), 'kexin-examples-'));

before(() => {
  cpSync(join(root, 'examples'), join(clone, 'examples'), { recursive: true });
  cpSync(join(root, 'web'), join(clone, 'web'), { recursive: true });
  symlinkSync(join(root, 'tests/e2e/node_modules'), join(clone, 'node_modules'));
});
after(() => rmSync(clone, { recursive: true, force: true }));

const environment = () => ({ ...process.env, KEXIN_NODE: chain.url, KEXIN: join(bin, 'kexin') });

/** Runs an example until it ends. */
function run(program, ...args) {
  const options = { cwd: clone, env: environment(), encoding: 'utf8', timeout: 60_000 };
  const { status, stdout, stderr } = spawnSync(program, args, options);
  return { status, out: stdout, all: stdout + stderr };
}

/** Runs an example that has to succeed, and returns what it printed. */
function output(program, ...args) {
  const { status, out, all } = run(program, ...args);
  assert.equal(status, 0, all);
  return out;
}

test('the examples use the packages of the tests', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'tests/e2e/package.json'), 'utf8'));
  assert.deepEqual(JSON.parse(readFileSync(join(root, 'examples/package.json'), 'utf8')).dependencies, dependencies);
});

test('lineage.mjs traces the model and lists the breaches', () => {
  const out = output('node', 'examples/lineage.mjs');
  assert.ok(out.includes(`model ${MODEL}, 0 steps away`) && out.includes(`dataset ${DATASET}, 1 steps away`), out);
  assert.ok(out.includes(`training: ${DATASET} -> ${MODEL}`), out);
  assert.equal(out.match(/ by 0x[0-9a-f]{64}: \w+/g).length, published.length);
});

test('lineage.mjs --follow prints a new breach', { timeout: 120_000 }, async () => {
  const child = spawn('node', ['examples/lineage.mjs', MODEL, '--follow'], { cwd: clone, env: environment() });
  try {
    let out = '';
    const printed = (text) =>
      new Promise((done, fail) => {
        const look = () => out.includes(text) && done();
        child.stdout.on('data', (chunk) => {
          out += chunk;
          look();
        });
        child.once('exit', () => fail(new Error(`it ended: ${out}`)));
        look();
      });
    await printed('waiting for new breaches');
    const record = JSON.parse(readFileSync(join(chain.directory, 'records/late.json'), 'utf8'));
    record.agent[0].who.reference = 'Practitioner/followed';
    writeFileSync(join(chain.directory, 'followed.json'), JSON.stringify(record));
    out = '';
    chain.kexin(['import', '--dataset', DATASET, 'followed.json'], { key: '//Alice//gateway' });
    await printed(' by 0x');
  } finally {
    child.kill();
  }
});

test('claim.mjs claims what the annotator earned, once', () => {
  assert.match(output('node', 'examples/claim.mjs'), /claimed 10 KEX, final in block 0x/);
  assert.match(output('node', 'examples/claim.mjs'), /nothing to claim/);
});

test('rpc.py reads the log and its breaches', () => {
  const out = output('python3', 'examples/rpc.py');
  const { count, breaches } = chain.json(['log', DATASET]);
  assert.match(out, new RegExp(`^${count} accesses, ${breaches} of them breaches, root 0x`));
  assert.ok(out.match(/^entry \d+: /gm).length >= breaches, out);
  const unknown = run('python3', 'examples/rpc.py', 'unknown');
  assert.equal(unknown.status, 1);
  assert.match(unknown.all, /error 8002/);
});

test('rpc.sh calls the node with curl', () => {
  const answers = output('examples/rpc.sh').trim().split('\n').map((line) => JSON.parse(line).result);
  assert.equal(answers[0].error, null);
  assert.equal(answers[1].count, chain.json(['log', DATASET]).count);
  assert.deepEqual(answers[2].nodes.map(({ artifact }) => artifact), [MODEL, DATASET]);
  assert.equal(run('examples/rpc.sh', 'unknown').status, 1);
});

test('verify.sh acts on the exit code', () => {
  const report = join(chain.directory, 'report.json');
  chain.kexin(['report', MODEL, '--genesis', genesis, '--out', report]);
  assert.match(output('examples/verify.sh', report, genesis), /the verdict is: compliant/);
  const status = (...args) => run('examples/verify.sh', ...args).status;
  assert.equal(status(report, `0x${'11'.repeat(32)}`), 1);
  assert.equal(status('missing.json', genesis), 2);
  assert.equal(status(report, genesis, '--not-before', '2100-01-01T00:00:00Z'), 4);
  assert.equal(status(report, genesis, '--absent-purpose', 'HMARKT'), 5);
});
