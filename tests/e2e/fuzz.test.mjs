// Hostile requests to a real node: every answer is JSON-RPC with a documented code, the node stays up and small, and
// its later answers are right. `KEXIN_FUZZ_SEED` chooses other requests, `KEXIN_FUZZ=N` makes N times as many.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket } from '@polkadot/x-ws';
import { access, blake2AsHex, Chain, definitions, newStream, packed, pair } from './harness.mjs';

const SEED = Number(process.env.KEXIN_FUZZ_SEED ?? 1);
const TIMES = Number(process.env.KEXIN_FUZZ ?? 1);
const DATASET = blake2AsHex('the dataset of the requests');
/** How much larger the node may get, in MiB: room for cached states and answers, not for the requests. */
const GROWTH = 384;

/**
 * The codes of JSON-RPC itself: invalid JSON, invalid request, unknown method, invalid parameters, too many or too
 * large.
 */
const PROTOCOL = [-32700, -32600, -32601, -32602, -32005, -32007, -32008, -32009, -32010, -32011];
/** The codes of `node/src/rpc/error.rs`. */
const OWN = Array.from({ length: 14 }, (_, at) => 8001 + at);
/** What no answer may reveal: paths, internals, and panics. */
const INTERNAL = /panick|unwrap|\.rs\b|backtrace|RUST_|sqlx|sqlite|select |\/(root|home|tmp|usr|work)\//i;

/** Numbers that are the same in every run (mulberry32). */
let state = SEED;
const number = (below) => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
};
const one = (of) => of[number(of.length)];
const bytes = (length) => `0x${Array.from({ length }, () => number(256).toString(16).padStart(2, '0')).join('')}`;

let chain;
let api;
let known;
before(async () => {
  chain = await Chain.start();
  chain.setUpHospital(DATASET);
  chain.access(DATASET, 0);
  api = await chain.polkadot();
  const page = await chain.rpc('access_events', { limit: 1 });
  const trace = await chain.rpc('lineage_trace', { artifact: DATASET, direction: 'ancestors', limit: 1 });
  known = {
    hashes: [DATASET, page.block.hash, bytes(32), bytes(31), bytes(33), `0x${'00'.repeat(32)}`, `0X${'00'.repeat(32)}`, DATASET.slice(2)],
    cursors: [page.next, trace.next, bytes(8), bytes(20), bytes(48), '0x', 'cursor', ''].filter((cursor) => cursor != null),
    accounts: [pair('//Alice').address, '', 'not an account', bytes(32)],
  };
});
after(async () => {
  await api?.disconnect();
  await chain?.stop();
});

/** JSON text of an unexpected value. It is text because JavaScript can't hold some of the numbers. */
const special = () =>
  one([
    () => 'null',
    () => 'true',
    () => one(['0', '-1', '1', '2', '1.5', '1e999', '-0', '4294967295', '4294967296', '9007199254740993', '18446744073709551615', '18446744073709551616']),
    () => JSON.stringify(one(['', '0x', 'é😀\u202e', 'x'.repeat(one([100, 100_000])), '\u0000', "'; DROP TABLE events; --", '../../etc/passwd', '%s%n'])),
    () => '"\\ud800"',
    () => '[]',
    () => '{}',
    () => `${'['.repeat(100)}${']'.repeat(100)}`,
    () => `${'['.repeat(5000)}${']'.repeat(5000)}`,
    () => `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`,
    () => JSON.stringify(Array(10_000).fill(0)),
    () => JSON.stringify(one(known.hashes)),
    () => JSON.stringify(one(known.cursors)),
    () => JSON.stringify(one(known.accounts)),
    () => JSON.stringify(bytes(number(100))),
  ])();

const words = ['TREAT', 'MLTRAINING', 'train', 'read', 'ancestors', 'descendants', 'person', 'PURPOSE', 'purpose'];
const fields = [
  'artifact', 'direction', 'depth', 'limit', 'cursor', 'dataset', 'subject', 'purpose', 'operation', 'region', 'recipient', 'time',
  'activity', 'reporter', 'breaches', 'from', 'to', 'index', 'hospital', 'member', 'account', 'campaign', 'motion', 'code', 'unknown',
];

/** A value that usually fits the field. */
const fitting = (field) => {
  if (number(6) === 0) return special();
  if (/cursor/.test(field)) return JSON.stringify(one(known.cursors));
  if (/direction|purpose|operation/.test(field)) return JSON.stringify(one(words));
  if (/limit|depth|from|to|index|time|region|recipient|reporter|hospital|member|campaign/.test(field)) return one(['0', '1', '2', '276', '1000', '1001', '4294967295', '9007199254740991', '18446744073709551615']);
  if (/breaches/.test(field)) return one(['true', 'false']);
  return JSON.stringify(one(known.hashes));
};

/** An object with some of the fields, sometimes with an extra or duplicate one. */
const object = (names) => {
  const chosen = names.filter(() => number(2) === 0).concat(number(8) === 0 ? [one(fields)] : []);
  return `{${chosen.map((name) => `"${name}":${fitting(name)}`).join(',')}}`;
};

/** Parameters of a method as text, right or wrong. */
const parameters = ({ params, description }) => {
  const named = description.includes('{') ? fields.filter((name) => new RegExp(`\\b${name}\\b`).test(description)) : [];
  const list = params.map(({ name, type }) => {
    if (number(5) === 0) return special();
    if (/Json/.test(type)) return object(named);
    return type === 'Text' ? JSON.stringify(one(known.accounts)) : fitting(name === 'time' ? name : 'hash');
  });
  if (number(4) === 0) list.splice(number(list.length + 1));
  if (number(6) === 0) list.push(special());
  if (number(12) === 0) return object(params.map(({ name }) => name));
  return number(12) === 0 ? special() : `[${list.join(',')}]`;
};

/** Functions of `runtime/api`, and some of Substrate. */
const RUNTIME = [
  'LineageApi_artifact', 'LineageApi_trace', 'AccessApi_log', 'AccessApi_check', 'ConsentApi_subject', 'ConsentApi_dataset', 'LedgerEventsApi_ledger_events',
  'NetworkApi_admitted_nodes', 'AnnotationApi_claimable', 'Core_version', 'Core_execute_block', 'TaggedTransactionQueue_validate_transaction', 'no_such_api',
];

const own = Object.entries(definitions.rpc).flatMap(([space, methods]) =>
  Object.entries(methods).map(([name, method]) => [`${space}_${name}`, method]),
);

/** One request as text, no subscription: over HTTP, the server's library refuses those with an internal error. */
const request = (id) => {
  const [name, method] = one(own.filter(([name]) => name !== 'access_subscribeBreaches'));
  return `{"jsonrpc":"2.0","id":${id},"method":"${name}","params":${parameters(method)}}`;
};

/** Posts text, and returns the status and the text of the answer. */
const post = async (body) => {
  const answer = await fetch(`http://127.0.0.1:${chain.port}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(30_000),
  });
  return { status: answer.status, text: await answer.text() };
};

/** The number of answers by code, and how much of the log has been checked. */
const counted = {};
let seen = 0;

/** Checks that an answer is a result, or a documented error with a message. */
function check(answer, asked, codes, stock = /^$/) {
  assert.equal(answer.jsonrpc, '2.0', asked);
  if (!answer.error) {
    assert.ok('result' in answer, `neither result nor error: ${asked}`);
    counted.result = (counted.result ?? 0) + 1;
    return;
  }
  const { code, message, data } = answer.error;
  const error = `${message} ${typeof data === 'string' ? data : JSON.stringify(data ?? '')}`;
  counted[code] = (counted[code] ?? 0) + 1;
  assert.ok(codes.includes(code), `code ${code} (${error.slice(0, 300)}) for ${asked.slice(0, 300)}`);
  // The error may repeat the request, but add no more than that.
  assert.ok(stock.test(message) || (message.length > 0 && error.length < asked.length + 500), `${error.length} letters for ${asked.length}: ${error.slice(0, 300)}`);
  if (!stock.test(message)) assert.doesNotMatch(message, INTERNAL, asked.slice(0, 300));
}

const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${chain.node.pid}/status`, 'utf8'))[1]) / 1024;
const log = () => readFileSync(join(chain.directory, 'node.log'), 'utf8');

/**
 * Checks that the node is up, within its memory, did not panic, and answers right. With `runtime`, the runtime may have
 * rejected its input.
 */
async function unharmed(test, before, runtime = false) {
  assert.ok(chain.running, log().slice(-2000));
  const { count } = await chain.rpc('access_log', DATASET);
  assert.equal(count, 1);
  const { events } = await chain.rpc('access_events', { dataset: DATASET });
  assert.equal(events.length, 1);
  const grown = memory() - before;
  test.diagnostic(`seed ${SEED}: ${JSON.stringify(counted)}, ${Math.round(grown)} MiB more`);
  assert.ok(grown < GROWTH, `the node grew by ${grown} MiB`);
  const panics = [...log().slice(seen).matchAll(/panicked at .*\n(.*)/g)].map(([, why]) => why);
  seen = log().length;
  const foreign = panics.filter((why) => !runtime || !why.startsWith('Bad input data provided to '));
  assert.deepEqual(foreign, []);
  for (const code of Object.keys(counted)) delete counted[code];
}

test('hostile parameters over HTTP, alone and in batches', async (test) => {
  const before = memory();
  for (let at = 0; at < 300 * TIMES; at += 1) {
    const batch = number(5) === 0 ? Array.from({ length: 1 + number(20) }, (_, id) => request(id)) : undefined;
    const asked = batch ? `[${batch.join(',')}]` : request(at);
    const { text } = await post(asked);
    const answers = [JSON.parse(text)].flat();
    if (batch && answers.length > 1) assert.equal(answers.length, batch.length);
    for (const answer of answers) check(answer, asked, [...PROTOCOL, ...OWN]);
  }
  await unharmed(test, before);
});

test('hostile parameters, subscriptions and invalid requests over WebSocket', async (test) => {
  const before = memory();
  const socket = new WebSocket(chain.url);
  await new Promise((done, fail) => Object.assign(socket, { onopen: done, onerror: fail }));
  let waiting = () => {};
  socket.onmessage = ({ data }) => waiting(String(data));
  const closed = new Promise((_, fail) => {
    socket.onclose = () => fail(new Error('the connection was closed'));
  });
  closed.catch(() => {});
  const ask = (text) => {
    const answered = new Promise((done) => {
      waiting = (data) => 'method' in JSON.parse(data) || done(data);
    });
    socket.send(text);
    return Promise.race([answered, closed]);
  };
  for (let at = 0; at < 800 * TIMES; at += 1) {
    const subscribe = `{"jsonrpc":"2.0","id":${at},"method":"access_subscribeBreaches","params":[${special()}]}`;
    const unsubscribe = `{"jsonrpc":"2.0","id":${at},"method":"access_unsubscribeBreaches","params":[${special()}]}`;
    const noRequest = one(['{', '[]', '[1]', '{"id":1}', special(), `{"jsonrpc":"1.0","id":${special()},"method":"access_log"}`, `{"jsonrpc":"2.0","id":1,"method":${special()}}`]);
    const asked = one([request(at), request(at), request(at), subscribe, unsubscribe, noRequest]);
    for (const answer of [JSON.parse(await ask(asked))].flat()) check(answer, asked, [...PROTOCOL, ...OWN]);
  }
  socket.onclose = null;
  socket.close();
  await unharmed(test, before);
});

test('runtime APIs with invalid arguments', async (test) => {
  const before = memory();
  for (let at = 0; at < 300 * TIMES; at += 1) {
    const asked = JSON.stringify({ jsonrpc: '2.0', id: at, method: 'state_call', params: [one(RUNTIME), bytes(number(one([4, 40, 400])))] });
    // 4003 is Substrate's code for every runtime call that is aborted.
    check(JSON.parse((await post(asked)).text), asked, [4003], /Client error: Execution failed/);
  }
  await unharmed(test, before, true);
});

test('invalid transactions', async (test) => {
  const before = memory();
  const signer = pair('//Alice//gateway');
  const nonce = (await api.rpc.system.accountNextIndex(signer.address)).toNumber();
  const event = access({ source: bytes(32), actor: bytes(32), outcome: 'Permitted' });
  const signed = await api.tx.access.record(DATASET, newStream(), packed([event])).signAsync(signer, { nonce });
  const honest = signed.toHex();
  for (let at = 0; at < 500 * TIMES; at += 1) {
    let hex = honest;
    for (let change = 0; change <= number(3) && hex.length > 2; change += 1) {
      const place = 2 + 2 * number(hex.length / 2 - 1);
      hex = one([
        () => hex.slice(0, place) + bytes(1).slice(2) + hex.slice(place + 2),
        () => hex.slice(0, place) + hex.slice(place + 2),
        () => hex.slice(0, place) + bytes(number(4)).slice(2) + hex.slice(place),
        () => hex.slice(0, place),
        () => bytes(number(300)),
      ])();
    }
    if (hex === honest) continue;
    const asked = JSON.stringify({ jsonrpc: '2.0', id: at, method: 'author_submitExtrinsic', params: [hex] });
    const answer = JSON.parse((await post(asked)).text);
    assert.ok(answer.error, `taken: ${hex}`);
    // 1010: invalid. 1012: invalid, and banned for a while. 1040: not a transaction. 1002: the runtime can't decode it,
    // or a list is too long.
    check(answer, asked, [1010, 1012, 1040, 1002], /wasm `unreachable` instruction executed/);
  }
  await unharmed(test, before, true);
});
