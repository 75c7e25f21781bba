// Starts real nodes and runs the real client, for the tests beside this file.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ApiPromise, WsProvider } from '@polkadot/api';
import { encodeAddress, Keyring } from '@polkadot/keyring';
import { blake2AsHex } from '@polkadot/util-crypto';

// For the tests in other directories, which share the packages of this one.
export { blake2AsHex };

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** The directory with the node, the client and the runtimes for tests. */
export const bin = process.env.KEXIN_BIN;
if (!bin) throw new Error('KEXIN_BIN must name the directory with kexin and kexin-node');
export const definitions = JSON.parse(readFileSync(join(root, 'web/polkadot-js.json'), 'utf8'));

/**
 * The ports of this process: they start at another place than those of the processes that run beside it, and are below
 * those that systems give to outgoing connections. So nothing takes a port between now and the start of its server.
 */
const PORTS = { first: 10_000, count: 22_000, step: 128 };
let nextPort = (process.pid * PORTS.step) % PORTS.count;

/** A port of the loopback interface that is free now, and that no other test takes. */
export async function freePort() {
  const port = PORTS.first + nextPort;
  nextPort = (nextPort + 1) % PORTS.count;
  const server = createServer();
  const free = await new Promise((done) => {
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => done(true));
  });
  if (!free) return freePort();
  await new Promise((closed) => server.close(closed));
  return port;
}

/**
 * Waits until something holds, and returns how many seconds that took. The limit is generous: the machine may be busy,
 * and a node whose synchronisation stalled takes minutes to recover.
 */
export async function until(what, holds, seconds = 480) {
  const begun = Date.now();
  const taken = () => (Date.now() - begun) / 1000;
  for (let why = ''; ; await new Promise((next) => setTimeout(next, 100))) {
    try {
      if (await holds()) return taken();
    } catch (error) {
      why = `: ${error.message}`;
    }
    if (taken() > seconds) throw new Error(`${what}: not within ${seconds} s${why}`);
  }
}

/** Rejects if a promise takes longer than this many milliseconds. */
export function inTime(milliseconds, what, promise) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${what}: not within ${milliseconds / 1000} s`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The pair of keys of a development name. */
export const pair = (uri) => new Keyring({ type: 'sr25519' }).addFromUri(uri);

/** Its account, as the chain writes it. */
export const account = (uri) => encodeAddress(pair(uri).publicKey, 7391);

/** The account of the key with which a validator votes on finality. */
export const voter = (uri) => encodeAddress(new Keyring({ type: 'ed25519' }).addFromUri(uri).publicKey, 7391);

/**
 * Writes the chain specification of four hospitals as in `local`, with sessions of this many blocks, and returns the
 * file. `change` can edit it.
 */
export function consortium(sessionBlocks, change = () => {}) {
  const made = spawnSync(join(bin, 'kexin-node'), ['export-chain-spec', '--chain', 'local'], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const spec = JSON.parse(made.stdout);
  spec.genesis.runtimeGenesis.patch.members.sessionBlocks = sessionBlocks;
  // Session keys can be changed with every session.
  spec.genesis.runtimeGenesis.patch.members.keyInterval = 0;
  change(spec);
  const file = join(mkdtempSync(join(tmpdir(), 'kexin-e2e-')), 'chain.json');
  writeFileSync(file, JSON.stringify(spec));
  return file;
}

/** A present access as a FHIR R4 AuditEvent. */
export const accessEvent = (number, recorded = new Date().toISOString()) =>
  JSON.stringify({
    resourceType: 'AuditEvent',
    id: `e${number}`,
    action: 'R',
    recorded,
    outcome: '0',
    agent: [{ who: { reference: 'Practitioner/1' }, requestor: true, purposeOfUse: [{ coding: [{ code: 'TREAT' }] }] }],
  });

/** An access with these fields and otherwise at the present time. */
export const access = (fields) => ({
  occurred: Date.now() - 1000,
  subject: null,
  purpose: null,
  operation: 'Read',
  region: null,
  recipient: null,
  activity: null,
  ...fields,
});

let lastStream = 0n;

/** The position of the first access in a new stream, above those of this program and of `kexin`. */
export function newStream() {
  const now = BigInt(Date.now()) << 20n;
  lastStream = (now > lastStream ? now : lastStream) + 1n;
  return { stream: lastStream, event: 0 };
}

/** Accesses as the parameter of the ledger's call: what they share is written once. */
export function packed(accesses) {
  const list = () => {
    const [items, places] = [[], new Map()];
    const place = (item) => {
      const key = JSON.stringify(item);
      if (!places.has(key)) places.set(key, items.push(item) - 1);
      return places.get(key);
    };
    return { items, place };
  };
  const [actors, subjects, usages] = [list(), list(), list()];
  const start = Math.min(...accesses.map(({ occurred }) => occurred));
  const events = accesses.map(({ source, occurred, actor, subject, ...usage }) => ({
    source,
    after: occurred - start,
    actor: actors.place(actor),
    subject: subject && subjects.place(subject),
    usage: usages.place(usage),
  }));
  return { V1: { start, actors: actors.items, subjects: subjects.items, usages: usages.items, events } };
}

/** A validator, with a hospital's directory beside it. */
export class Chain {
  /** The only validator of a development chain. */
  static async start() {
    const chain = await Chain.spawn('dev', 'alice', ['--force-authoring']);
    await chain.ready();
    return chain;
  }

  /** A validator with the session keys of one of the development names, or with none; it may wait for others. */
  static async spawn(spec, name, options = []) {
    const chain = await Chain.prepare(spec, name, options);
    chain.run();
    return chain;
  }

  /** The same, but the node does not run yet: its address is known, and its options can be changed. */
  static async prepare(spec, name, options = []) {
    const chain = new Chain();
    chain.directory = mkdtempSync(join(tmpdir(), 'kexin-e2e-'));
    chain.port = await freePort();
    chain.url = `ws://127.0.0.1:${chain.port}`;
    const base = ['--chain', spec, '--base-path', join(chain.directory, 'chain')];
    const made = spawnSync(join(bin, 'kexin-node'), ['key', 'generate-node-key', ...base], { encoding: 'utf8' });
    const listen = `/ip4/127.0.0.1/tcp/${await freePort()}`;
    // The last line is the peer id, after the path of the key.
    chain.address = `${listen}/p2p/${made.stderr.trim().split('\n').pop()}`;
    const log = openSync(join(chain.directory, 'node.log'), 'a');
    const silent = options.includes('--prometheus-port') ? [] : ['--no-prometheus'];
    const network = ['--rpc-port', String(chain.port), ...silent, '--no-mdns', '--listen-addr', listen];
    chain.base = base;
    chain.options = [...base, ...(name ? [`--${name}`] : []), '--validator', ...network, ...options];
    chain.listen = listen;
    chain.log = log;
    chain.environment = {};
    return chain;
  }

  /** Runs the node, for the first time or again. */
  run() {
    const env = { ...process.env, ...this.environment };
    this.node = spawn(join(bin, 'kexin-node'), this.options, { stdio: ['ignore', this.log, this.log], env });
    this.ended = new Promise((done) => this.node.once('exit', done));
  }

  /** Whether its process runs. */
  get running() {
    return this.node !== undefined && this.node.exitCode === null && this.node.signalCode === null;
  }

  /** Calls a method of JSON-RPC, and fails if the node does not answer in time. */
  async rpc(method, ...params) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const headers = { 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) };
    const answer = await (await fetch(`http://127.0.0.1:${this.port}`, request)).json();
    if (answer.error) throw Object.assign(new Error(`${method}: ${answer.error.message}`), { code: answer.error.code });
    return answer.result;
  }

  /** Sends this signal to the node, and waits until its process has ended: two minutes at the most. */
  async end(signal) {
    this.node.kill(signal);
    await inTime(120_000, `the end of the node after ${signal}`, this.ended);
  }

  /** Runs a subcommand of the node on this chain. Subcommands that open the database need the node stopped. */
  offline(...command) {
    const run = spawnSync(join(bin, 'kexin-node'), [...command, ...this.base], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`kexin-node ${command.join(' ')}: exit ${run.status}\n${run.stderr}${run.stdout}`);
    return run.stdout;
  }

  /** Waits until blocks are final. */
  async ready() {
    for (let attempt = 0; attempt < 480; attempt += 1) {
      const status = this.kexin(['--json', 'status'], { check: false });
      if (status.code === 0 && JSON.parse(status.out).finalized > 0) return;
      if (!this.running) break;
      await new Promise((next) => setTimeout(next, 500));
    }
    throw new Error(`the node does not finalize: ${readFileSync(join(this.directory, 'node.log'), 'utf8').slice(-2000)}`);
  }

  /** Runs the client in the hospital's directory. */
  kexin(args, { key, check = true } = {}) {
    const who = key ? ['--key', key] : [];
    const run = spawnSync(join(bin, 'kexin'), ['--node', this.url, ...who, ...args], {
      cwd: this.directory,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    if (check && run.status !== 0) throw new Error(`kexin ${args.join(' ')}: exit ${run.status}\n${run.stderr}${run.stdout}`);
    return { code: run.status, out: run.stdout, err: run.stderr };
  }

  /** Runs the client without blocking, so that several can run at a time. */
  async kexinLater(args, key) {
    const { stdout } = await promisify(execFile)(join(bin, 'kexin'), ['--node', this.url, '--json', '--key', key, ...args], { cwd: this.directory });
    return JSON.parse(stdout);
  }

  /**
   * Carries a motion of the council of `local`: the first of three hospitals proposes it, all three vote, and the first
   * closes it.
   */
  async decide(...args) {
    const council = args.includes('--without-finality') ? ['council', '--without-finality'] : ['council'];
    const { motion, index } = await this.kexinLater(args, '//Alice');
    const about = [motion, String(index)];
    await Promise.all(['//Alice', '//Bob', '//Charlie'].map((key) => this.kexinLater([...council, 'vote', ...about], key)));
    return this.kexinLater([...council, 'close', ...about], '//Alice');
  }

  /** The client as a process that can be killed. */
  spawnKexin(args, key) {
    return spawn(join(bin, 'kexin'), ['--node', this.url, '--key', key, ...args], { cwd: this.directory, stdio: 'ignore' });
  }

  json(args, options) {
    return JSON.parse(this.kexin(['--json', ...args], options).out);
  }

  /** Gives the hospital a gateway, a steward and a treasurer, and declares a dataset that allows everything. */
  setUpHospital(dataset) {
    this.kexin(['init', '--member', '0', '--region', '276']);
    for (const power of ['gateway', 'steward', 'treasurer']) {
      this.kexin(['members', 'add-key', `//Alice//${power}`, '--powers', power], { key: '//Alice' });
    }
    this.kexin(['dataset', 'declare', dataset], { key: '//Alice//steward' });
  }

  /** Records a present access. */
  access(dataset, number) {
    writeFileSync(join(this.directory, `${number}.json`), accessEvent(number));
    this.kexin(['import', '--dataset', dataset, `${number}.json`], { key: '//Alice//gateway' });
  }

  /** Proves an access, once a block that has it has a justification. */
  async prove(dataset, index, genesis, file, more = []) {
    const command = ['proof', dataset, String(index), '--genesis', genesis, '--out', file, ...more];
    for (let attempt = 0; attempt < 60; attempt += 1) {
      if (this.kexin(command, { check: false }).code === 0) return;
      await new Promise((next) => setTimeout(next, 500));
    }
    this.kexin(command);
  }

  /** polkadot.js with the ledger's own methods. Without `again`, it does not reconnect by itself. */
  polkadot(again = true) {
    const provider = new WsProvider(this.url, again ? undefined : false);
    if (!again) provider.connect().catch(() => {});
    const { rpc, types } = definitions;
    return ApiPromise.create({ provider, rpc, types, noInitWarn: true, throwOnConnect: !again });
  }

  async stop() {
    if (this.running) await this.end('SIGINT');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Connects polkadot.js to a node, and returns the answer to a question. */
export async function ask(node, question) {
  const api = await node.polkadot();
  try {
    return await question(api);
  } finally {
    await api.disconnect();
  }
}

/**
 * Runs a script of the README until it prints how to stop it, then asks the question, and stops the script as Ctrl-C
 * does.
 */
export async function play(command, environment, ask) {
  const [script, ...args] = command;
  const child = spawn(join(root, script), args, { env: { ...process.env, ...environment } });
  let printed = '';
  const ready = new Promise((done) => {
    const collect = (text) => {
      printed += text;
      if (printed.includes('Ctrl-C stops')) done();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
  });
  const ended = new Promise((done) => child.once('close', done));
  await Promise.race([ready, ended]);
  let answer;
  if (child.exitCode === null) {
    try {
      answer = await ask();
    } finally {
      child.kill('SIGINT');
      await ended;
    }
  }
  return { printed, status: child.exitCode, answer };
}
