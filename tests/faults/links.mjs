// The links between nodes: a TCP relay for each ordered pair of nodes, which can hold, cut or delay the traffic.
//
// They run in their own thread, so that they continue while a test waits for a command.
import { createServer, connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

/** Forwards data from one side to the other, in order, after the delay of the link. */
function relay(link, from, to) {
  let last = Promise.resolve();
  from.on('data', (chunk) => {
    if (!link.delay) {
      last = last.then(() => to.write(chunk));
      return;
    }
    const due = Date.now() + link.delay;
    last = last.then(async () => {
      await new Promise((next) => setTimeout(next, Math.max(0, due - Date.now())));
      to.write(chunk);
    });
  });
  from.on('error', () => {});
  from.on('close', () => to.destroy());
}

/**
 * Opens a link to the node that listens on the port `target`. Nodes exchange the addresses that they know, so other
 * nodes dial the link, too, and are rejected: a node dials from the port on which it listens, which identifies it.
 */
function open({ target, dialler }) {
  const link = { state: 'open', delay: 0, pairs: new Set() };
  const server = createServer((near) => {
    near.on('error', () => {});
    if (link.state === 'cut' || near.remotePort !== dialler) return near.resetAndDestroy();
    const far = connect(target, '127.0.0.1');
    const sockets = [near, far];
    link.pairs.add(sockets);
    near.on('close', () => link.pairs.delete(sockets));
    relay(link, near, far);
    relay(link, far, near);
    if (link.state === 'held') sockets.forEach((socket) => socket.pause());
  });
  link.set = ({ state, delay }) => {
    if (delay !== undefined) link.delay = delay;
    if (state === undefined) return;
    link.state = state;
    for (const sockets of link.pairs) {
      for (const socket of sockets) {
        if (state === 'cut') socket.resetAndDestroy();
        else if (state === 'held') socket.pause();
        else socket.resume();
      }
    }
  };
  link.close = () => {
    link.set({ state: 'cut' });
    server.close();
  };
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => done(Object.assign(link, { port: server.address().port })));
  });
}

if (!isMainThread) {
  const links = [];
  parentPort.on('message', async ({ call, ends, at, set, close }) => {
    let answer;
    if (ends) {
      const link = await open(ends);
      answer = { at: links.push(link) - 1, port: link.port };
    }
    if (set) links[at].set(set);
    if (close) links.forEach((link) => link.close());
    parentPort.postMessage({ call, answer });
  });
}

/** The thread of the links. */
export class Links {
  constructor() {
    this.calls = new Map();
    this.worker = new Worker(fileURLToPath(import.meta.url));
    this.worker.on('message', ({ call, answer }) => {
      this.calls.get(call).done(answer);
      this.calls.delete(call);
    });
    this.worker.once('error', (error) => this.calls.forEach(({ fail }) => fail(error)));
  }

  #call(message) {
    const call = this.calls.size ? Math.max(...this.calls.keys()) + 1 : 0;
    return new Promise((done, fail) => {
      this.calls.set(call, { done, fail });
      this.worker.postMessage({ call, ...message });
    });
  }

  /**
   * Opens a link between the nodes that listen on these ports of the loopback interface. Returns its number and the
   * port to dial.
   */
  open(dialler, target) {
    return this.#call({ ends: { dialler, target } });
  }

  /**
   * Changes a link: `state` is `open`, `held` (nothing arrives and no side is notified, as when packets are lost) or
   * `cut` (connections are reset), `delay` is in milliseconds and for each way.
   */
  set(at, set) {
    return this.#call({ at, set });
  }

  async close() {
    await this.#call({ close: true });
    await this.worker.terminate();
  }
}
