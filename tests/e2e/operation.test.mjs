// What operators copy to their machines, and the log: everything that is named there is there.
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
let door;

before(async () => {
  [prometheus, door] = [await freePort(), await freePort()];
  const options = ['--prometheus-port', String(prometheus), '--door', `127.0.0.1:${door}`, '--log-format', 'json'];
  chain = await Chain.spawn('dev', 'alice', ['--force-authoring', ...options]);
  await chain.ready();
});
after(() => chain?.stop());

test('every line of the log is an object that says when, how grave, where and what', async () => {
  const told = logOf(chain).map((line) => JSON.parse(line));
  for (const { time, level, target, message } of told) {
    assert.ok(Math.abs(Date.now() - Date.parse(time)) < 600_000, time);
    assert.ok(['ERROR', 'WARN', 'INFO'].includes(level), level);
    assert.ok(target && target !== 'log', target);
    assert.equal(typeof message, 'string');
    assert.ok(!message.includes('\u001b'), message);
  }
  assert.ok(told.some(({ target, message }) => target === 'index' && message.includes('index.sqlite')));
  assert.ok(told.some(({ message }) => message.includes('Imported #1') || message.includes('Prepared block')));
});

test('an error that ends the node is an object, too', () => {
  const command = [...chain.base, '--log-format', 'json', '--rpc-methods', 'unsafe', '--listen-addr', '/ip4/127.0.0.1/tcp/0', '--no-prometheus', '--no-mdns'];
  const { status, stderr } = spawnSync(join(bin, 'kexin-node'), command, { encoding: 'utf8' });
  assert.equal(status, 1);
  const told = stderr.trim().split('\n').map((line) => JSON.parse(line));
  assert.ok(told.some(({ level, message }) => level === 'ERROR' && message.includes('serves safe methods alone')));
});

test('each figure of the dashboard and of the alerts is served by a node', async () => {
  // Those of the door are there once somebody has called and somebody was refused.
  const token = chain.offline('token', 'add', '--name', 'auditor', '--rights', 'read', '--expires', '2099-01-01').trim();
  const call = (authorization) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'index_status', params: [] });
    const headers = { 'content-type': 'application/json', authorization };
    return fetch(`http://127.0.0.1:${door}`, { method: 'POST', headers, body }).then((answer) => answer.status);
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
  // Some are told every few seconds.
  for (let attempt = 0; attempt < 40 && (await missing()).length; attempt += 1) await new Promise((next) => setTimeout(next, 500));
  assert.deepEqual(await missing(), []);
});

test('the unit and the image start the node with options that it has', () => {
  const help = spawnSync(join(bin, 'kexin-node'), ['--help'], { encoding: 'utf8' }).stdout;
  const [unit] = deploy('kexin-node.service').replaceAll('\\\n', ' ').match(/ExecStart=.*/);
  const [image] = deploy('Containerfile').match(/ENTRYPOINT.*/);
  for (const command of [unit, image]) {
    const options = command.match(/--[a-z-]+/g);
    assert.ok(options.length > 3);
    for (const option of options) assert.match(help, new RegExp(`\\s${option}\\b`), option);
  }
});

test('systemd takes the unit, and rates what it may do as safe', (test) => {
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
