// The two commands that the README promises do what it says.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { freePort, root } from './harness.mjs';

const data = mkdtempSync(join(tmpdir(), 'kexin-run-'));
after(() => rmSync(data, { recursive: true, force: true }));

const read = (path) => readFileSync(join(root, path), 'utf8');
const [, commands] = read('README.md').match(/## Quick start[\s\S]*?```sh\n([\s\S]*?)```/);
const [run, check] = commands
  .trim()
  .split('\n')
  .map((line) => line.split('#')[0].trim());

/** Runs the README's main command until it says how to stop it, then stops it as Ctrl-C does. */
async function play(port) {
  const child = spawn(join(root, run), { env: { ...process.env, KEXIN_DATA: data, KEXIN_RPC_PORT: String(port) } });
  let said = '';
  const ready = new Promise((done) => {
    const hear = (text) => {
      said += text;
      if (said.includes('Ctrl-C stops')) done();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
  });
  const ended = new Promise((done) => child.once('close', done));
  await Promise.race([ready, ended]);
  assert.equal(child.exitCode, null, said);
  const answer = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'chain_getBlockHash', params: [1] }),
  });
  const { result: first } = await answer.json();
  child.kill('SIGINT');
  assert.equal(await ended, 0, said);
  return { said, first };
}

test('the main command plays the pilot, stops cleanly, and goes on with the same chain', async () => {
  const port = await freePort();
  const once = await play(port);
  for (const told of [/accesses recorded/, /breach/, /ancestors|ancestry/i, /claim/, new RegExp(`127\\.0\\.0\\.1:${port}`), /stopped/]) {
    assert.match(once.said, told);
  }
  const again = await play(port);
  assert.match(again.said, /on this chain already/);
  assert.equal(again.first, once.first, 'the same chain');
});

test('the check of a change is the test command of the README', () => {
  assert.equal(check, 'scripts/test');
  assert.ok(read('.ci/run').split('\n').includes(check));
});
