// Floods: how a hospital at work is affected by a sender that sends as much as it can.
//
// As a program, this measures: `node floods.mjs [FLOOD...]`, with `KEXIN_FLOOD_SECONDS` for each (by default 60). It
// measures the hospital's time to finality without a flood just before each flood, in the same run on the same machine.
import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { newStream, packed, pair } from '../e2e/harness.mjs';
import { batchOf, datasetOf, declareAll } from './load.mjs';
import { gatewayOf, HOSPITALS, Network, sleep } from './network.mjs';

/** How often the quiet hospital records, in milliseconds. */
const PACE = 500;
/** An access that takes longer counts as never final, in milliseconds. */
const NEVER = 120_000;
/** The most events that a batch may have. */
const MAX_BATCH = 2_000;

/** A percentile of the values. */
export function percentile(values, hundredth) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * hundredth) / 100) - 1)];
}

/** The resident memory of a node, in MiB. */
const memory = (node) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${node.node.pid}/status`, 'utf8'))[1]) / 1024;

/** A network with a connection to each node. Each hospital has a dataset. */
export class Flooded {
  static async start() {
    const flooded = new Flooded();
    flooded.network = await Network.start(HOSPITALS, { sessionBlocks: 300 });
    await declareAll(flooded.network);
    flooded.apis = Object.fromEntries(
      await Promise.all(flooded.network.nodes.map(async (node) => [node.label, await node.polkadot()])),
    );
    return flooded;
  }

  /** Records accesses of the quiet hospital for this many seconds, and returns the seconds until each was final. */
  async quiet(seconds) {
    const api = this.apis.alice;
    const signer = pair(gatewayOf('alice'));
    this.begun ??= (await api.rpc.system.accountNextIndex(signer.address)).toNumber();
    this.nonce ??= this.begun;
    const times = [];
    const waits = [];
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      const begun = Date.now();
      const final = this.#final(api, signer).then(
        () => times.push((Date.now() - begun) / 1000),
        () => times.push(Infinity),
      );
      waits.push(final);
      await sleep(PACE);
    }
    await Promise.all(waits);
    return times;
  }

  /** Sends an access until the pool accepts it, and waits until it is final. */
  #final(api, signer) {
    this.stream ??= newStream().stream;
    const nonce = this.nonce;
    this.nonce += 1;
    const call = api.tx.access.record(datasetOf('alice'), { stream: this.stream, event: nonce - this.begun }, packed(batchOf(1)));
    return new Promise((done, fail) => {
      let waiting = true;
      const end = (settle) => {
        waiting = false;
        clearTimeout(late);
        settle();
      };
      const late = setTimeout(() => end(() => fail(new Error('never final'))), NEVER);
      const again = () => waiting && setTimeout(send, 200);
      const seen = (result) => {
        if (result.isFinalized) end(result.dispatchError ? () => fail(new Error('refused')) : done);
        else if (result.isError) again();
      };
      const send = () => waiting && call.signAndSend(signer, { nonce }, seen).catch(again);
      send();
    });
  }

  /** Measures the quiet hospital without a flood and with it, and the memory of the nodes. */
  async measure(flood, seconds) {
    const { nodes } = this.network;
    const alone = await this.quiet(seconds);
    const before = nodes.map(memory);
    const peak = [...before];
    const flooding = { stopped: false, sent: 0, taken: 0, refused: {} };
    const work = flood(this, flooding);
    const watch = setInterval(() => nodes.forEach((node, at) => (peak[at] = Math.max(peak[at], memory(node)))), 250);
    const under = await this.quiet(seconds);
    flooding.stopped = true;
    await work;
    clearInterval(watch);
    await sleep(10_000);
    const after = nodes.map(memory);
    return { alone, under, memory: { before, peak, after }, ...flooding };
  }

  async stop() {
    await Promise.all(Object.values(this.apis ?? {}).map((api) => api.disconnect()));
    await this.network.stop();
  }
}

/** Sends until the flood ends, this many at a time, and counts what is accepted and refused. */
async function pour(flooding, width, send) {
  const one = async (lane) => {
    while (!flooding.stopped) {
      flooding.sent += 1;
      try {
        await send(lane);
        flooding.taken += 1;
      } catch ({ message }) {
        const why = message.slice(0, 80);
        flooding.refused[why] = (flooding.refused[why] ?? 0) + 1;
        await sleep(1);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, (_, lane) => one(lane)));
}

/**
 * A gateway that sends batches of this many events as fast as its node accepts them, several in one call if `wrapped`.
 * Each lane makes its call once, so that making it takes no time, and changes the positions as the nonce changes.
 */
async function gateway(flooded, flooding, name, size, { tip = 0, width = 4, wrapped = 0 } = {}) {
  const api = flooded.apis[name];
  const signer = pair(gatewayOf(name));
  const begun = (await api.rpc.system.accountNextIndex(signer.address)).toNumber();
  let nonce = begun;
  const { stream } = newStream();
  const dataset = datasetOf(name);
  const record = () => api.tx.access.record(dataset, { stream, event: 0 }, packed(batchOf(size)));
  const lanes = Array.from({ length: width }, () => {
    const call = wrapped ? api.tx.utility.batch(Array.from({ length: wrapped }, record)) : record();
    return { call, records: wrapped ? [...call.method.args[0]] : [call.method] };
  });
  await pour(flooding, width, async (lane) => {
    const mine = nonce;
    nonce += 1;
    const { call, records } = lanes[lane];
    records.forEach(({ args: [, first] }, at) => {
      const event = ((mine - begun) * records.length + at) * size;
      first.set('event', api.registry.createType('Compact<u64>', event));
    });
    try {
      await call.signAndSend(signer, { nonce: mine, tip });
    } catch (error) {
      nonce = Math.min(nonce, mine);
      await sleep(20);
      throw error;
    }
  });
}

export const FLOODS = {
  'a gateway that never stops, with large batches': (flooded, flooding) => gateway(flooded, flooding, 'bob', MAX_BATCH),
  'a gateway that never stops, with batches of one': (flooded, flooding) => gateway(flooded, flooding, 'bob', 1, { width: 16 }),
  'a gateway that never stops and offers tips': (flooded, flooding) =>
    gateway(flooded, flooding, 'bob', MAX_BATCH, { tip: 10n ** 30n }),
  'a wrapped batch': (flooded, flooding) => gateway(flooded, flooding, 'bob', MAX_BATCH / 4, { wrapped: 10 }),
  'strangers': async (flooded, flooding) => {
    const apis = Object.values(flooded.apis);
    const call = apis[0].tx.system.remark('0x00');
    await pour(flooding, 16, (lane) => {
      const api = apis[lane % apis.length];
      return api.tx.system.remark(call.args[0]).signAndSend(pair(`//Stranger//${lane}`), { nonce: 0 });
    });
  },
  'batches that are too large': (flooded, flooding) =>
    gateway(flooded, flooding, 'bob', MAX_BATCH * 20),
  'queries to the node of the hospital': async (flooded, flooding) => {
    const [node] = flooded.network.nodes;
    const dataset = datasetOf('alice');
    const queries = [
      ['access_events', { limit: 1000 }],
      ['access_log', dataset],
      ['access_proof', dataset, { from: 0 }],
      ['audit_finality'],
      ['lineage_trace', { artifact: dataset, direction: 'descendants' }],
      ['access_events', { subject: `0x${randomBytes(32).toString('hex')}` }],
      ['state_getMetadata'],
    ];
    await pour(flooding, 32, (lane) => node.rpc(...queries[lane % queries.length]));
  },
  'all others at once': async (flooded, flooding) => {
    await Promise.all(HOSPITALS.slice(1).map((name) => gateway(flooded, flooding, name, MAX_BATCH, { width: 8 })));
  },
};

/** The figures of a flood with their names. */
export function summary({ alone, under, memory, sent, taken, refused }) {
  const [normal, flooded] = [percentile(alone, 99), percentile(under, 99)];
  const round = (values) => values.map((value) => Math.round(value)).join('/');
  return {
    samples: `${alone.length}+${under.length}`,
    'p50 alone': percentile(alone, 50),
    'p99 alone': normal,
    'p50 under the flood': percentile(under, 50),
    'p99 under the flood': flooded,
    ratio: flooded / normal,
    sent,
    taken,
    refused: JSON.stringify(refused),
    'MiB before': round(memory.before),
    'MiB at the most': round(memory.peak),
    'MiB after': round(memory.after),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  const seconds = Number(process.env.KEXIN_FLOOD_SECONDS ?? 60);
  for (const [name, flood] of Object.entries(FLOODS)) {
    if (wanted.length && !wanted.some((part) => name.includes(part))) continue;
    const flooded = await Flooded.start();
    try {
      console.log(JSON.stringify({ flood: name, seconds, ...summary(await flooded.measure(flood, seconds)) }, null, 1));
    } finally {
      await flooded.stop();
    }
  }
  process.exit(0);
}
