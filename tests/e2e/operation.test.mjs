// What operators copy to their machines, and the log: every option and metric that they name exists.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bin, Chain, freePort, root } from './harness.mjs';

const deploy = (name) => readFileSync(join(root, 'deploy', name), 'utf8');
const logOf = (chain) => readFileSync(join(chain.directory, 'node.log'), 'utf8').trim().split('\n');
let chain;
let prometheus;
let rpcAuth;

before(async () => {
  [prometheus, rpcAuth] = [await freePort(), await freePort()];
  const options = ['--prometheus-port', String(prometheus), '--rpc-auth', `127.0.0.1:${rpcAuth}`, '--log-format', 'json'];
  chain = await Chain.spawn('dev', 'alice', ['--force-authoring', ...options]);
  await chain.ready();
});
after(() => chain?.stop());

test('every line of the log is an object with a time, a level, a target and a message', async () => {
  const lines = logOf(chain).map((line) => JSON.parse(line));
  for (const { time, level, target, message } of lines) {
    assert.ok(Math.abs(Date.now() - Date.parse(time)) < 600_000, time);
    assert.ok(['ERROR', 'WARN', 'INFO'].includes(level), level);
    assert.ok(target && target !== 'log', target);
    assert.equal(typeof message, 'string');
    assert.ok(!message.includes('\u001b'), message);
  }
  assert.ok(lines.some(({ target, message }) => target === 'index' && message.includes('index.sqlite')));
  assert.ok(lines.some(({ message }) => message.includes('Imported #1') || message.includes('Prepared block')));
});

test('an error that ends the node is also an object', () => {
  const command = [...chain.base, '--log-format', 'json', '--rpc-methods', 'unsafe', '--listen-addr', '/ip4/127.0.0.1/tcp/0', '--no-prometheus', '--no-mdns'];
  const { status, stderr } = spawnSync(join(bin, 'kexin-node'), command, { encoding: 'utf8' });
  assert.equal(status, 1);
  const lines = stderr.trim().split('\n').map((line) => JSON.parse(line));
  assert.ok(lines.some(({ level, message }) => level === 'ERROR' && message.includes('safe methods only')));
});

test('the node serves every metric of the dashboard and of the alerts', async () => {
  // Those of the authenticated RPC listener appear with the first call and the first refusal.
  const token = chain.offline('token', 'add', '--name', 'auditor', '--rights', 'read', '--expires', '2099-01-01').trim();
  const call = (authorization) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'index_status', params: [] });
    const headers = { 'content-type': 'application/json', authorization };
    return fetch(`http://127.0.0.1:${rpcAuth}`, { method: 'POST', headers, body }).then((answer) => answer.status);
  };
  assert.equal(await call(`Bearer ${token}`), 200);
  assert.notEqual(await call('Bearer kexin_wrong'), 200);
  const dashboard = JSON.parse(deploy('grafana.json'));
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const variables = dashboard.templating.list.map(({ query }) => query);
  const alerts = [...deploy('alerts.yml').matchAll(/expr: (.*)/g)].map(([, expr]) => expr);
  assert.ok(queries.length > 15 && alerts.length > 5);
  const names = new Set([...queries, ...variables, ...alerts].flatMap((text) => text.match(/\b(?:kexin|substrate)_[a-z0-9_]+/g) ?? []));
  const missing = async () => {
    const served = await (await fetch(`http://127.0.0.1:${prometheus}/metrics`)).text();
    return [...names].filter((name) => !new RegExp(`^${name}\\b`, 'm').test(served));
  };
  // Some are updated every few seconds.
  for (let attempt = 0; attempt < 40 && (await missing()).length; attempt += 1) await new Promise((next) => setTimeout(next, 500));
  assert.deepEqual(await missing(), []);
});

test('the unit and the image start the node with options that exist', () => {
  const help = spawnSync(join(bin, 'kexin-node'), ['--help'], { encoding: 'utf8' }).stdout;
  const [unit] = deploy('kexin-node.service').replaceAll('\\\n', ' ').match(/ExecStart=.*/);
  const [image] = deploy('Containerfile').match(/ENTRYPOINT.*/);
  for (const command of [unit, image]) {
    const options = command.match(/--[a-z-]+/g);
    assert.ok(options.length > 3);
    for (const option of options) assert.match(help, new RegExp(`\\s${option}\\b`), option);
  }
});

test('systemd accepts the unit, and rates its exposure as safe', (test) => {
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) return test.skip('there is no systemd-analyze here');
  const directory = mkdtempSync(join(tmpdir(), 'kexin-unit-'));
  test.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'kexin-node.service');
  writeFileSync(file, deploy('kexin-node.service').replace('/usr/local/bin/kexin-node', join(bin, 'kexin-node')));
  const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
  assert.equal(verified.status, 0, verified.stderr);
  assert.equal(verified.stderr.trim(), '');
  const rated = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', file], { encoding: 'utf8' });
  assert.equal(rated.status, 0, rated.stdout + rated.stderr);
});

test('a node that is told to stop says at last that it has stopped', async () => {
  await chain.end('SIGTERM');
  assert.equal(chain.node.exitCode, 0);
  const { level, message } = JSON.parse(logOf(chain).at(-1));
  assert.deepEqual([level, message], ['INFO', 'the node was told to stop, and has stopped']);
});
