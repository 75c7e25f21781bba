// Gateways of hospitals that record accesses while a test runs, the journal of what was acknowledged as final, and the
// witness that keeps querying the nodes.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { access, blake2AsHex, inTime, newStream, packed, pair, until } from '../e2e/harness.mjs';
import { countLost, violations } from './history.mjs';
import { finalized, gatewayOf, HOSPITALS, sleep, withLogs } from './network.mjs';

/** How long a gateway waits for finality before it sends a batch again, in milliseconds. */
const RESEND = 60_000;
/** How often the witness queries the nodes, in milliseconds. */
const LOOK = 500;

// polkadot.js logs each lost connection with everything that was sent over it. Here they are lost on purpose.
const { error } = console;
console.error = (...words) => words.some((word) => /RPC-CORE|API-WS/.test(String(word))) || error(...words);

/** The dataset of a hospital. */
export const datasetOf = (name) => blake2AsHex(`the patients of ${name}`);

/** Declares the dataset of every hospital. */
export const declareAll = (network) =>
  Promise.all(HOSPITALS.map((name) => network.get(name).kexinLater(['dataset', 'declare', datasetOf(name)], gatewayOf(name))));

/** A batch of present accesses with new sources. */
export const batchOf = (size) =>
  Array.from({ length: size }, () => {
    const source = `0x${randomBytes(32).toString('hex')}`;
    return access({ source, actor: `0x${'a1'.repeat(32)}`, outcome: 'Permitted' });
  });

/** The connections of gateways to nodes, which are opened again after they are lost. */
class Connections {
  #open = new Map();

  to(node) {
    const known = this.#open.get(node);
    if (known) return known;
    const connecting = node.polkadot(false);
    const opening = inTime(20_000, 'a connection', connecting).then((api) => {
      api.once('disconnected', () => this.drop(node));
      return api;
    });
    opening.catch(() => {
      this.drop(node);
      // One that comes too late would never be closed.
      connecting.then((api) => api.disconnect()).catch(() => {});
    });
    this.#open.set(node, opening);
    return opening;
  }

  drop(node) {
    const known = this.#open.get(node);
    this.#open.delete(node);
    known?.then((api) => api.disconnect()).catch(() => {});
  }

  async close() {
    await Promise.all([...this.#open.values()].map((opening) => opening.then((api) => api.disconnect()).catch(() => {})));
  }
}

/**
 * Sends a batch whose first access has this position, and waits for the number of the block in which it is final. Sent
 * again with the same position, it is recorded once.
 */
export function record(api, signer, dataset, first, batch, sent = () => {}) {
  let gone;
  const final = new Promise((done, fail) => {
    gone = () => fail(new Error('the node is gone'));
    api.once('disconnected', gone);
    const seen = (result) => {
      if (result.isError) fail(new Error(result.status.type));
      else if (result.isFinalized && result.dispatchError) fail(new Error(`refused: ${result.dispatchError}`));
      else if (result.isFinalized) done(result.blockNumber.toNumber());
    };
    api.tx.access.record(dataset, first, packed(batch)).signAndSend(signer, { nonce: -1 }, seen).then(sent, fail);
  });
  return final.finally(() => api.off('disconnected', gone));
}

/** The load on a network. */
export class Load {
  acknowledged = [];
  observations = [];
  /** The number of batches that had to be sent again, by reason. */
  resent = {};
  /** Seconds from sending a batch to its finality. */
  seconds = [];
  /** The highest block that a node reported as final. */
  highest = 0;
  #stopped = false;

  /**
   * Declares a dataset for every hospital. Then its gateway records batches of this many events through its own node,
   * or another that answers.
   */
  static async start(network, { batch = 50 } = {}) {
    const load = new Load();
    load.network = network;
    load.connections = new Connections();
    load.datasets = HOSPITALS.map(datasetOf);
    await declareAll(network);
    load.work = [...HOSPITALS.map((name) => load.#gateway(name, batch)), load.#witness()];
    await load.goesOn();
    return load;
  }

  async #gateway(name, size) {
    const [dataset, signer] = [datasetOf(name), pair(gatewayOf(name))];
    const nodes = [this.network.get(name), ...HOSPITALS.filter((other) => other !== name).map((other) => this.network.get(other))];
    const { stream } = newStream();
    for (let event = 0; !this.#stopped; event += size) {
      const batch = batchOf(size);
      const block = await this.#deliver(nodes, (api) => record(api, signer, dataset, { stream, event }, batch));
      if (block === undefined) return;
      for (const { source } of batch) this.acknowledged.push({ dataset, source, block });
    }
  }

  /**
   * Sends a batch until it is final, to one node after the other. Returns the number of the block, or none if the load
   * ends first.
   */
  async #deliver(nodes, send) {
    for (let attempt = 0; !this.#stopped; attempt += 1) {
      const node = nodes[attempt % nodes.length];
      if (!node.running || node.avoided) {
        await sleep(100);
        continue;
      }
      const begun = Date.now();
      try {
        const api = await this.connections.to(node);
        const block = await inTime(RESEND, 'finality', send(api));
        this.seconds.push((Date.now() - begun) / 1000);
        return block;
      } catch ({ message }) {
        this.resent[message] = (this.resent[message] ?? 0) + 1;
        await sleep(500);
      }
    }
    return undefined;
  }

  /** Keeps reading the logs of all nodes, and records when finality advances. */
  async #witness() {
    this.mark();
    while (!this.#stopped) {
      const nodes = this.network.nodes.filter((node) => node.running && !node.avoided);
      const heads = await Promise.all(nodes.map((node) => this.observe(node).catch(() => undefined)));
      const seen = heads.filter(Boolean);
      this.observations.push(...seen);
      const highest = Math.max(this.highest, ...seen.map(({ block }) => block.number));
      if (highest > this.highest) {
        const now = Date.now();
        this.longestPause = Math.max(this.longestPause, (now - this.advanced) / 1000);
        this.advanced = now;
        this.highest = highest;
      }
      await sleep(LOOK);
    }
  }

  /** Measures the longest pause of finality from now on. */
  mark() {
    this.longestPause = 0;
    this.advanced = Date.now();
  }

  /** Reads the logs of a node at one of its final blocks, by default the last. */
  async observe(node, at) {
    const hash = at ?? (await node.rpc('chain_getFinalizedHead'));
    const logs = {};
    let block;
    for (const dataset of this.datasets) {
      const { block: where, count, root } = await node.rpc('access_log', dataset, hash);
      logs[dataset] = { count, root };
      block = where;
    }
    return { node: node.label, block, logs };
  }

  /** The same with all entries, from the node's index. */
  async observeAll(node, number) {
    const hash = await node.rpc('chain_getBlockHash', number);
    const observation = await this.observe(node, hash);
    observation.entries = {};
    for (const dataset of this.datasets) {
      const sources = [];
      let cursor;
      do {
        const page = await node.rpc('access_events', { dataset, limit: 1000, cursor });
        for (const { index, event } of page.events) {
          assert.equal(index, sources.length, 'entries come in order, each once');
          sources.push(event.source);
        }
        cursor = page.next ?? undefined;
      } while (cursor);
      observation.entries[dataset] = sources.slice(0, observation.logs[dataset].count);
    }
    return observation;
  }

  /** Waits until a new batch of each hospital is final. */
  async goesOn() {
    const from = this.acknowledged.length;
    const hospitals = () => new Set(this.acknowledged.slice(from).map(({ dataset }) => dataset)).size;
    await until('a new batch of each hospital', () => hospitals() === HOSPITALS.length);
  }

  /**
   * Waits until recording continues and the honest nodes have everything that was acknowledged so far, and checks the
   * history.
   */
  async check(honest = this.network.nodes.filter((node) => node.running)) {
    await this.goesOn();
    const acknowledged = [...this.acknowledged];
    const number = Math.max(...acknowledged.map(({ block }) => block));
    const there = async (node) =>
      (await finalized(node)) >= number && (await node.rpc('index_status')).indexed.number >= number;
    const everywhere = async () => (await Promise.all(honest.map(there))).every(Boolean);
    await withLogs(honest, until(`block ${number} on all nodes`, everywhere));
    const all = await Promise.all(honest.map((node) => this.observeAll(node, number)));
    const observations = [...this.observations, ...all];
    assert.deepEqual(violations(acknowledged, observations), []);
    return { acknowledged: acknowledged.length, lost: countLost(acknowledged, all), pause: this.longestPause };
  }

  /** Ends the load. Batches that are not final yet are abandoned. */
  async stop() {
    this.#stopped = true;
    await inTime(30_000, 'the end of the connections', this.connections.close());
    await inTime(2 * RESEND, 'the end of the load', Promise.all(this.work));
  }
}
