// A consortium of real nodes that reach each other through links that the test controls.
import { appendFileSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { account, ask, Chain, consortium, until, voter } from '../e2e/harness.mjs';
import { Links } from './links.mjs';

/** Whether this is a nightly run. */
export const nightly = process.env.KEXIN_FAULTS === 'nightly';

export const sleep = (milliseconds) => new Promise((next) => setTimeout(next, milliseconds));

/** Prints the figures of a test, and appends them as JSON to the file that `KEXIN_FAULTS_JSON` names. */
export function figures(test, values) {
  const rounded = Object.entries(values).map(([name, value]) => [name, typeof value === 'number' ? Math.round(value * 10) / 10 : value]);
  test.diagnostic(`figures: ${rounded.map(([name, value]) => `${name} ${value}`).join(', ')}`);
  const file = process.env.KEXIN_FAULTS_JSON;
  if (file) appendFileSync(file, `${JSON.stringify({ test: test.name, ...Object.fromEntries(rounded) })}\n`);
}

/** Pseudo-random numbers. The seed is `KEXIN_FAULTS_SEED`, or a new one, which the test prints. */
export class Chance {
  seed = Number(process.env.KEXIN_FAULTS_SEED ?? Date.now() % 1_000_000);
  #state = this.seed;

  /** A whole number from 0 to below this one. */
  below(limit) {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** One of these. */
  one(items) {
    return items[this.below(items.length)];
  }
}

/** Nodes that reach each other through links that the test controls. Each is a `Chain` with a label. */
export class Network {
  /**
   * Starts a validator for each label. The part before a dash is the development name of its session keys, so `bob` and
   * `bob-twin` are two nodes with the same keys. Nodes in `later` are only prepared. `environment` has variables for
   * each label, and `prepared` is called with each node before it runs.
   */
  static async start(labels, { sessionBlocks = 10, later = [], environment = {}, prepared = () => {} } = {}) {
    const network = new Network();
    network.links = new Links();
    network.spec = consortium(sessionBlocks, (spec) => adapt(spec, labels));
    network.nodes = await Promise.all(
      [...labels, ...later].map(async (label) => {
        const node = await Chain.prepare(network.spec, label.split('-')[0], ['--reserved-only', '--name', label]);
        node.options.push('--operator-socket', socketOf(node));
        return Object.assign(node, { label, environment: environment[label] ?? {} });
      }),
    );
    network.pairs = [];
    for (const from of network.nodes) {
      for (const to of network.nodes) {
        if (from === to) continue;
        const [[dialler], [target, id]] = [from, to].map(({ address }) => address.split('/')).map(([, , , , port, , id]) => [Number(port), id]);
        const link = await network.links.open(dialler, target);
        network.pairs.push({ from, to, at: link.at });
        from.options.push('--reserved-nodes', `/ip4/127.0.0.1/tcp/${link.port}/p2p/${id}`);
      }
    }
    network.nodes.forEach(prepared);
    for (const node of network.nodes) if (labels.includes(node.label)) node.run();
    const running = network.nodes.filter((node) => node.running);
    await network.finalize(2, running);
    return network;
  }

  /** The node of this label. */
  get(label) {
    return this.nodes.find((node) => node.label === label);
  }

  /** Changes every link for which `choose` returns a change. */
  link(choose) {
    const changes = this.pairs.map(({ from, to, at }) => [at, choose(from.label, to.label)]).filter(([, change]) => change);
    return Promise.all(changes.map(([at, change]) => this.links.set(at, change)));
  }

  /** Separates groups of nodes by setting the links between them to this state. */
  part(groups, state = 'held') {
    const group = (label) => groups.findIndex((labels) => labels.includes(label));
    return this.link((from, to) => (group(from) !== group(to) ? { state } : undefined));
  }

  /** Restores all links. */
  heal() {
    return this.link(() => ({ state: 'open', delay: 0 }));
  }

  /**
   * Waits until each of these nodes has finalized this many blocks more than any had, and returns how many seconds that
   * took.
   */
  async finalize(blocks, nodes = this.nodes) {
    const heads = await Promise.all(nodes.map((node) => finalized(node).catch(() => 0)));
    return this.reach(Math.max(...heads) + blocks, nodes);
  }

  /** Waits until this block is final on each of these nodes, and returns how many seconds that took. */
  async reach(wanted, nodes = this.nodes) {
    const reached = async () => (await Promise.all(nodes.map(finalized))).every((number) => number >= wanted);
    return withLogs(nodes, until(`finality of block ${wanted} on ${nodes.map(({ label }) => label)}`, reached));
  }

  /** Waits until a node has finalized the last final block of another. */
  async catchUp(node, other) {
    const wanted = await finalized(other);
    return withLogs([node], until(`${node.label} at block ${wanted}`, async () => (await finalized(node)) >= wanted));
  }

  async stop() {
    await Promise.all(this.nodes.filter((node) => node.running).map((node) => node.end('SIGKILL')));
    await this.links.close();
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}

/**
 * Changes `local` for these tests: gateways exist from genesis, extra validators belong to hospitals without a seat,
 * and nodes do not discover loopback addresses, which would bypass the links.
 */
function adapt(spec, validators) {
  spec.chainType = 'Live';
  const { members, session } = spec.genesis.runtimeGenesis.patch;
  HOSPITALS.forEach((name, member) => members.members[member].keys.push([account(gatewayOf(name)), ['gateway', 'steward']]));
  for (const name of validators.filter((name) => !HOSPITALS.includes(name))) {
    const key = account(uri(name));
    members.members.push({ kind: 'hospital', name: `The hospital of ${name}`, region: 276, seat: false, keys: [[key, ['administrator']]] });
    members.validators.push(key);
    session.keys.push([key, key, { babe: key, grandpa: voter(uri(name)) }]);
  }
}

/** The hospitals of `local`, by the development names of their validators; the number of each member is its place. */
export const HOSPITALS = ['alice', 'bob', 'charlie', 'dave'];

/** The key of a development name. */
export const uri = (name) => `//${name[0].toUpperCase()}${name.slice(1)}`;

/** The key with which a hospital records accesses. */
export const gatewayOf = (name) => `${uri(name)}//gateway`;

/** The offences for which validators are suspended at the last final block: the kinds by the hospital's name. */
export const offences = (node) => ask(node, offencesIn);

/** The same through an open connection. */
export async function offencesIn(api) {
  const at = await api.at(await api.rpc.chain.getFinalizedHead());
  const found = {};
  for (const [member, name] of HOSPITALS.entries()) {
    const validator = await at.query.members.validatorsOf(member);
    if (validator.isSome && validator.unwrap().offence.isSome) found[name] = validator.unwrap().offence.unwrap().kind.toUtf8();
  }
  return found;
}

/** The number of the last final block of a node. */
export async function finalized(node) {
  const header = await node.rpc('chain_getHeader', await node.rpc('chain_getFinalizedHead'));
  return Number(header.number);
}

/** The socket on which a node serves unsafe methods. */
const socketOf = (node) => join(node.directory, 'operator');

/** Calls an unsafe method on the operator's socket. */
function operator(node, method, ...params) {
  const options = { socketPath: socketOf(node), path: '/', method: 'POST', headers: { 'content-type': 'application/json' } };
  return new Promise((done, fail) => {
    const asked = request(options, async (response) => {
      const { result, error } = JSON.parse((await response.toArray()).join(''));
      if (error) fail(new Error(`${method}: ${error.message}`));
      else done(result);
    });
    asked.once('error', fail);
    asked.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
  });
}

/** The labels of the nodes that a node is connected to. */
export async function peers(network, node) {
  const ids = (await operator(node, 'system_peers')).map(({ peerId }) => peerId);
  return network.nodes.filter(({ address }) => ids.some((id) => address.endsWith(id))).map(({ label }) => label);
}

/** Adds the ends of these nodes' logs to the error, if there is one. */
export const withLogs = (nodes, promise) =>
  promise.catch((error) => {
    const ends = nodes.map((node) => `${node.label}, ${node.running ? 'which runs' : 'which has ended'}: ${lastLines(node)}`);
    throw new Error([error.message, ...ends].join('\n'));
  });

/** The end of a node's log. */
const lastLines = (node, bytes = 4000) => readFileSync(join(node.directory, 'node.log'), 'utf8').slice(-bytes);
