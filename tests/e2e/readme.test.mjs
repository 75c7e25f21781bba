// The two main commands of the README work as it describes.
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

/** Runs the README's main command, and returns its output and the hash of block 1. */
async function playRun(port) {
  const first = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'chain_getBlockHash', params: [1] }),
    });
    return (await answer.json()).result;
  };
  const { printed, status, answer } = await play([run], { KEXIN_DATA: data, KEXIN_RPC_PORT: String(port) }, first);
  assert.equal(status, 0, printed);
  assert.ok(answer, printed);
  return { printed, first: answer };
}

test('the main command plays the pilot, stops cleanly, and continues the same chain', async () => {
  const port = await freePort();
  const once = await playRun(port);
  for (const text of [/accesses recorded/, /breach/, /ancestors|ancestry/i, /claim/, new RegExp(`127\\.0\\.0\\.1:${port}`), /stopped/]) {
    assert.match(once.printed, text);
  }
  const again = await playRun(port);
  assert.match(again.printed, /already on this chain/);
  assert.equal(again.first, once.first, 'the same chain');
});

test('the check of a change is the test command of the README', () => {
  assert.equal(check, 'scripts/test');
  assert.ok(read('.ci/run').split('\n').includes(check));
});
