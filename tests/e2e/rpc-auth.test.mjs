// The authenticated RPC listener for auditors and applications: which tokens it accepts, for what, and how much; the
// operator's socket; the node's health.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ApiPromise, WsProvider } from '@polkadot/api';
import { Keyring } from '@polkadot/keyring';
import { bin, Chain, definitions, freePort, until } from './harness.mjs';

/** Substrate's own methods that the listener serves. */
const SUBSTRATE = `
  author_submitAndWatchExtrinsic author_submitExtrinsic author_unwatchExtrinsic chain_getBlock chain_getBlockHash
  chain_getFinalizedHead chain_getHeader chain_subscribeAllHeads chain_subscribeFinalizedHeads
  chain_subscribeNewHeads chain_unsubscribeAllHeads chain_unsubscribeFinalizedHeads chain_unsubscribeNewHeads
  grandpa_proveFinality grandpa_subscribeJustifications grandpa_unsubscribeJustifications rpc_methods state_call
  state_getKeysPaged state_getMetadata state_getReadProof state_getRuntimeVersion state_getStorage
  state_getStorageHash state_getStorageSize state_queryStorageAt state_subscribeRuntimeVersion
  state_subscribeStorage state_unsubscribeRuntimeVersion state_unsubscribeStorage system_accountNextIndex
  system_chain system_chainType system_health system_name system_properties system_syncState system_version`.trim().split(/\s+/);
/** The ledger's methods, with both names of a subscription. */
const LEDGER = Object.entries(definitions.rpc).flatMap(([domain, methods]) =>
  Object.entries(methods).flatMap(([name, { pubsub }]) => (pubsub?.slice(1) ?? [name]).map((method) => `${domain}_${method}`)),
);
const SERVED = [...LEDGER, ...SUBSTRATE].sort();

const directory = mkdtempSync(join(tmpdir(), 'kexin-rpc-auth-'));
const [certificate, key, socket] = ['tls.pem', 'tls.key', 'operator'].map((name) => join(directory, name));
const secrets = {};
let chain;
let port;
let health;
let prometheus;
let idle;

before(async () => {
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE', '-out', certificate, '-keyout', key,
  ], { stdio: 'ignore' });
  [port, health, prometheus] = [await freePort(), await freePort(), await freePort()];
  chain = await Chain.spawn('dev', 'alice', [
    '--force-authoring', '--operator-socket', socket, '--rpc-auth', `127.0.0.1:${port}`, '--rpc-auth-tls-cert', certificate, '--rpc-auth-tls-key', key,
    '--rpc-auth-max-token-connections', '3', '--health', `127.0.0.1:${health}`, '--prometheus-port', String(prometheus),
  ]);
  add('auditor', 'read');
  add('application', 'read,submit');
  await chain.ready();
});
after(async () => {
  await chain?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Makes a token. */
function add(name, rights, { expires = Date.now() + 86_400_000, more = [] } = {}) {
  const made = chain.offline('token', 'add', '--name', name, '--rights', rights, '--expires', new Date(expires).toISOString(), ...more);
  secrets[name] = made.trim();
  writeFileSync(join(directory, name), made, { mode: 0o600 });
  return secrets[name];
}

/** For how many seconds the listener keeps a silent connection open. */
function silence() {
  const begun = Date.now();
  return new Promise((done, fail) => {
    net.connect(port, '127.0.0.1').once('error', fail).once('close', () => done((Date.now() - begun) / 1000)).resume();
  });
}

/** Sends a request over HTTP, and returns the status, the headers and the text of the answer. */
function send(options, body) {
  return new Promise((done, fail) => {
    const headers = { 'content-type': 'application/json', ...options.headers };
    const request = (options.ca ? https : http).request({ method: 'POST', agent: false, ...options, headers }, (response) => {
      let text = '';
      response.on('data', (part) => { text += part; });
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text) }));
    });
    request.once('error', fail);
    request.end(body && JSON.stringify(body));
  });
}

const call = (method, params = []) => ({ jsonrpc: '2.0', id: 1, method, params });
const bearer = (token) => (token ? { authorization: `Bearer ${token}` } : {});
const ca = () => ({ ca: readFileSync(certificate), rejectUnauthorized: true });
const ask = (token, body, path = '/') => send({ host: '127.0.0.1', port, path, ...ca(), headers: bearer(token) }, body);
const operator = (body, headers) => send({ host: '127.0.0.1', port: chain.port, headers }, body);
const privileged = (body) => send({ socketPath: socket }, body);
const well = (path, at = health) => send({ host: '127.0.0.1', port: at, path, method: 'GET' });
const code = (promise) => promise.then(() => 0, (error) => error.code);

/**
 * polkadot.js with a token. It has no option for a certificate, so it does not check this one; `ask` and `kexin` do.
 */
async function connect(token) {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  const provider = new WsProvider(`wss://localhost:${port}`, false, bearer(token));
  await provider.connect();
  await provider.isReady;
  return provider;
}

const polkadot = async (token) =>
  ApiPromise.create({ provider: await connect(token), rpc: definitions.rpc, types: definitions.types, noInitWarn: true });

/** The client with a token. */
const kexin = (token, ...args) =>
  spawnSync(join(bin, 'kexin'), ['--node', `wss://localhost:${port}`, '--token', join(directory, token), '--json', ...args], {
    cwd: directory, encoding: 'utf8', timeout: 60_000, env: { ...process.env, SSL_CERT_FILE: certificate },
  });

test('a request without a valid token is refused', async () => {
  const expired = add('expired', 'read', { expires: Date.now() + 2000 });
  assert.equal((await ask(expired, call('system_chain'))).status, 200);
  const refused = async (token, word, path) => {
    const answer = await ask(token, call('system_chain'), path);
    assert.deepEqual([answer.status, answer.json().error.code, answer.headers['www-authenticate']], [401, 8101, 'Bearer']);
    assert.match(answer.json().error.message, word);
  };
  await refused(undefined, /Authorization: Bearer/);
  await refused(`${secrets.auditor}0`, /unknown/);
  await refused(undefined, /Authorization: Bearer/, `/?token=${secrets.auditor}`);
  await until('the end of the token', async () => (await ask(expired, call('system_chain'))).status === 401);
  await refused(expired, /expired/);
  const stored = readFileSync(join(chain.directory, 'chain/chains/kexin_dev/rpc-auth-tokens.json'), 'utf8');
  assert.ok(!stored.includes(secrets.auditor.slice(6)));
  const listed = JSON.parse(chain.offline('token', 'list', '--json')).map(({ name }) => name);
  assert.deepEqual(listed, ['auditor', 'application', 'expired']);
});

test('the listed methods are served, and no others', async () => {
  const { methods } = (await ask(secrets.auditor, call('rpc_methods'))).json().result;
  assert.deepEqual(methods, SERVED);
  const all = (await operator(call('rpc_methods'))).json().result.methods;
  const others = all.filter((method) => !SERVED.includes(method));
  for (const unsafe of ['author_insertKey', 'author_rotateKeys', 'system_addReservedPeer', 'system_peers', 'state_getPairs', 'offchain_localStorageSet']) {
    assert.ok(others.includes(unsafe), unsafe);
  }
  for (let at = 0; at < others.length; at += 50) {
    const batch = others.slice(at, at + 50).map((method, id) => ({ ...call(method), id }));
    const answers = (await ask(secrets.application, batch)).json();
    assert.deepEqual(answers.map(({ error }) => error?.code), batch.map(() => -32601));
  }
});

test('no port serves unsafe methods, and only the user of the node can open its socket', async () => {
  for (const headers of [{}, { 'x-forwarded-for': '192.0.2.1' }, { host: 'ledger.example' }]) {
    const answer = await operator(call('system_peers'), headers);
    assert.ok(answer.status === 403 || answer.json().error.code === -32601);
  }
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  assert.deepEqual((await privileged(call('system_peers'))).json().result, []);
  const refused = (...options) => {
    const base = ['--chain', 'dev', '--tmp', '--rpc-port', '0', '--no-prometheus', '--listen-addr', '/ip4/127.0.0.1/tcp/0'];
    const run = spawnSync(join(bin, 'kexin-node'), [...base, ...options], { encoding: 'utf8', timeout: 20_000 });
    assert.equal(run.status, 1, options.join(' '));
    return run.stderr;
  };
  assert.match(refused('--rpc-methods', 'unsafe'), /--operator-socket/);
  assert.match(refused('--unsafe-rpc-external'), /--rpc-auth/);
  assert.match(refused('--rpc-auth', '0.0.0.0:0'), /--rpc-auth-tls-cert/);
  assert.match(refused('--rpc-auth', '127.0.0.1:0', '--rpc-auth-tls-cert', key, '--rpc-auth-tls-key', key), /no certificate|PEM/);
});

test('polkadot.js reads with the right read, and sends with the right submit', async () => {
  const [reader, sender] = [await polkadot(secrets.auditor), await polkadot(secrets.application)];
  const alice = new Keyring({ type: 'sr25519' }).addFromUri('//Alice');
  const remark = (api) => api.tx.system.remark('0x01');
  assert.equal((await reader.rpc.index.status()).toJSON().error, null);
  await new Promise((done) => { reader.rpc.chain.subscribeFinalizedHeads(done); });
  assert.equal(await code(remark(reader).signAndSend(alice)), 8102);
  await new Promise((done, fail) => {
    remark(sender).signAndSend(alice, ({ status, dispatchError }) => {
      if (status.isFinalized) (dispatchError ? fail : done)(dispatchError?.toString());
    }).catch(fail);
  });
  await Promise.all([reader.disconnect(), sender.disconnect()]);
});

test('the client works with a token', () => {
  const dataset = `0x${'d0'.repeat(32)}`;
  assert.equal(kexin('application', '--key', '//Alice', 'members', 'add-key', '//Alice//steward', '--powers', 'steward').status, 0);
  const declare = ['--key', '//Alice//steward', 'dataset', 'declare', dataset];
  assert.match(kexin('auditor', ...declare).stderr, /right submit/);
  assert.equal(kexin('application', ...declare).status, 0);
  assert.equal(JSON.parse(kexin('auditor', 'log', dataset).stdout).count, 0);
  writeFileSync(join(directory, 'wrong'), 'kexin_0', { mode: 0o600 });
  assert.match(kexin('wrong', 'status').stderr, /--token/);
});

test('a token is limited to its calls per minute', async () => {
  const token = add('slow', 'read', { more: ['--requests-per-minute', '60'] });
  const provider = await connect(token);
  // Opening the connection counts as the first call.
  await provider.send('system_chain', []);
  const batch = Array.from({ length: 50 }, (_, id) => ({ ...call('system_chain'), id }));
  assert.ok((await ask(token, batch)).json().every(({ result }) => result));
  let answer;
  let more = 0;
  while ((answer = await ask(token, call('system_chain'))).status === 200) more += 1;
  // Some calls were added meanwhile.
  assert.ok(more >= 9 && more <= 15, String(more));
  assert.deepEqual([answer.status, answer.json().error.code, answer.headers['retry-after']], [429, 8103, '1']);
  assert.equal(await code(provider.send('system_chain', [])), 8103);
  assert.equal((await ask(secrets.auditor, call('system_chain'))).status, 200);
  await until('a new call', async () => (await ask(token, call('system_chain'))).status === 200, 3);
  await provider.disconnect();
});

test('requests, batches and connections have their limits', async () => {
  const large = ask(secrets.auditor, call('state_call', ['x'.repeat(2 * 1024 * 1024)]));
  // The listener does not wait for the whole request.
  assert.ok([413, 'EPIPE', 'ECONNRESET'].includes(await large.then(({ status }) => status, (error) => error.code)));
  const many = Array.from({ length: 51 }, (_, id) => ({ ...call('system_chain'), id }));
  assert.equal((await ask(secrets.auditor, many)).json().error.code, -32010);
  const open = [];
  for (let number = 0; number < 3; number += 1) open.push(await connect(secrets.auditor));
  const refused = await ask(secrets.auditor, call('system_chain'));
  assert.deepEqual([refused.status, refused.json().error.code], [429, 8104]);
  assert.equal((await ask(secrets.application, call('system_chain'))).status, 200);
  const [first] = open;
  await Promise.all(Array.from({ length: 100 }, () => first.send('system_chain', [])));
  const subscribe = () => first.subscribe('chain_finalizedHead', 'chain_subscribeFinalizedHeads', [], () => {});
  for (let number = 0; number < 64; number += 1) await subscribe();
  assert.equal(await code(subscribe()), -32006);
  await open.pop().disconnect();
  await until('a free connection', async () => (await ask(secrets.auditor, call('system_chain'))).status === 200);
  await Promise.all(open.map((provider) => provider.disconnect()));
});

test('a revoked token is refused at once, and its connections are closed', async () => {
  const token = add('leaver', 'read');
  const provider = await connect(token);
  let heads = 0;
  await provider.subscribe('chain_newHead', 'chain_subscribeNewHeads', [], () => { heads += 1; });
  await until('a new head', () => heads > 0);
  const gone = new Promise((done) => provider.on('disconnected', done));
  chain.offline('token', 'revoke', 'leaver');
  assert.equal(await code(provider.send('system_chain', [])), 8101);
  await gone;
  assert.equal((await ask(token, call('system_chain'))).status, 401);
});

test('a damaged file of tokens closes the listener, and the node goes on', async () => {
  const file = join(chain.directory, 'chain/chains/kexin_dev/rpc-auth-tokens.json');
  const good = readFileSync(file);
  const state = async () => (await well('/health')).json();
  assert.equal((await state()).rpcAuth, 'open');
  writeFileSync(file, good.subarray(0, 100));
  const refused = await ask(secrets.auditor, call('system_chain'));
  assert.deepEqual([refused.status, refused.json().error.code], [503, 8106]);
  const { rpcAuth, best } = await state();
  assert.equal(rpcAuth, 'closed');
  const unready = await well('/ready');
  assert.equal(unready.status, 503);
  assert.match(unready.json().reasons[0], /authenticated RPC listener/);
  await until('another block', async () => (await state()).best > best);
  writeFileSync(file, good);
  assert.equal((await ask(secrets.auditor, call('system_chain'))).status, 200);
  assert.equal((await well('/ready')).status, 200);
  assert.match(readFileSync(join(chain.directory, 'node.log'), 'utf8'), /rpc-auth-tokens\.json is damaged/);
});

test('a node is ready when it has peers and finality is near', async () => {
  idle = silence();
  const nodes = [];
  const at = await freePort();
  const ready = async () => {
    const answer = await well('/ready', at).catch(() => undefined);
    return answer && { status: answer.status, reasons: answer.json().reasons.join() };
  };
  try {
    nodes.push(await Chain.spawn('local', 'alice', ['--health', `127.0.0.1:${at}`, '--ready-max-lag', '1']));
    await until('the node to miss its peers', async () => (await ready())?.reasons.includes('no peers'));
    nodes.push(await Chain.spawn('local', 'bob', ['--bootnodes', nodes[0].address]));
    await until('the node to be ready', async () => (await ready()).status === 200);
    // Two of four validators make blocks that never become final.
    await until('finality to lag', async () => (await ready()).reasons.includes('finality'));
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
});

test('a silent connection is closed, and Prometheus has the figures of all this', async () => {
  const seconds = await idle;
  assert.ok(seconds > 5 && seconds < 15, String(seconds));
  const { text } = await send({ host: '127.0.0.1', port: prometheus, path: '/metrics', method: 'GET' });
  const figure = (name) => Number(text.split('\n').find((line) => line.startsWith(name))?.split(' ').pop() ?? NaN);
  assert.ok(figure('kexin_rpc_auth_calls_total{token="auditor"') > 0);
  for (const reason of ['closed', 'expired-token', 'missing-right', 'no-token', 'rate-limit', 'token-connections', 'unknown-token']) {
    assert.ok(figure(`kexin_rpc_auth_refusals_total{reason="${reason}"`) > 0, reason);
  }
  for (const name of ['kexin_rpc_auth_connections', 'kexin_finality_lag_blocks', 'kexin_index_accesses_total', 'kexin_validator_silent_blocks']) {
    assert.ok(figure(name) >= 0, name);
  }
});
