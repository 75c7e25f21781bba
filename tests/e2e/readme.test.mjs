// The two commands that the README promises do what it says.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { freePort, play, root } from './harness.mjs';

const data = mkdtempSync(join(tmpdir(), 'kexin-run-'));
after(() => rmSync(data, { recursive: true, force: true }));

const read = (path) => readFileSync(join(root, path), 'utf8');
const [, commands] = read('README.md').match(/## Quick start[\s\S]*?```sh\n([\s\S]*?)```/);
const [run, check] = commands
  .trim()
  .split('\n')
  .map((line) => line.split('#')[0].trim());

/** Plays the README's main command: what it said, and the hash of the first block after the genesis. */
async function playRun(port) {
  const first = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'chain_getBlockHash', params: [1] }),
    });
    return (await answer.json()).result;
  };
  const { said, status, answer } = await play([run], { KEXIN_DATA: data, KEXIN_RPC_PORT: String(port) }, first);
  assert.equal(status, 0, said);
  assert.ok(answer, said);
  return { said, first: answer };
}

test('the main command plays the pilot, stops cleanly, and goes on with the same chain', async () => {
  const port = await freePort();
  const once = await playRun(port);
  for (const told of [/accesses recorded/, /breach/, /ancestors|ancestry/i, /claim/, new RegExp(`127\\.0\\.0\\.1:${port}`), /stopped/]) {
    assert.match(once.said, told);
  }
  const again = await playRun(port);
  assert.match(again.said, /on this chain already/);
  assert.equal(again.first, once.first, 'the same chain');
});

test('the check of a change is the test command of the README', () => {
  assert.equal(check, 'scripts/test');
  assert.ok(read('.ci/run').split('\n').includes(check));
});
