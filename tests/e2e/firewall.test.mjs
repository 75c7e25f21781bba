// The firewall of deploy/: the hospitals reach the node's port, a stranger does not.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { root } from './harness.mjs';

const NODE = `kexin-node-${process.pid}`;
const PEER = `kexin-peer-${process.pid}`;
const HOSPITAL = '192.0.2.10';
const STRANGER = '192.0.2.66';
let listener;

const run = (command, input) => {
  const [program, ...args] = command.split(' ');
  return spawnSync(program, args, { encoding: 'utf8', input, timeout: 10_000 });
};
const must = (command, input) => {
  const { status, stderr } = run(command, input);
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
};

// Making two network namespaces with a cable between them needs root.
const possible = run('unshare --net true').status === 0 && run('nft --version').status === 0;
const skip = possible ? false : 'no right to make network namespaces here, or no nft';

before(async () => {
  if (skip) return;
  must(`ip netns add ${NODE}`);
  must(`ip netns add ${PEER}`);
  must(`ip -n ${NODE} link add cable type veth peer name cable netns ${PEER}`);
  for (const [namespace, addresses] of [[NODE, ['192.0.2.1']], [PEER, [HOSPITAL, STRANGER]]]) {
    for (const address of addresses) must(`ip -n ${namespace} address add ${address}/24 dev cable`);
    must(`ip -n ${namespace} link set cable up`);
  }
  const server = "require('node:net').createServer((socket) => socket.end('kexin')).listen(30333, () => console.log('ready'))";
  listener = spawn('ip', ['netns', 'exec', NODE, process.execPath, '-e', server], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((ready) => listener.stdout.once('data', ready));
});
after(() => {
  listener?.kill();
  for (const namespace of [NODE, PEER]) run(`ip netns delete ${namespace}`);
});

/** Whether a client with this address gets an answer from the node's port. */
function reaches(address) {
  const client = `const socket = require('node:net').connect({ host: '192.0.2.1', port: 30333, localAddress: '${address}' });
    socket.on('data', () => process.exit(0)); socket.on('error', () => process.exit(1)); setTimeout(() => process.exit(1), 3000)`;
  return spawnSync('ip', ['netns', 'exec', PEER, process.execPath, '-e', client]).status === 0;
}

test('without the firewall, every address reaches the port', { skip }, () => {
  assert.ok(reaches(HOSPITAL) && reaches(STRANGER));
});

test('with the firewall, hospitals reach the port and strangers do not, also after it is loaded again', { skip }, () => {
  const rules = readFileSync(join(root, 'deploy/firewall.nft'), 'utf8');
  for (let times = 0; times < 2; times += 1) must(`ip netns exec ${NODE} nft -f -`, rules);
  assert.ok(reaches(HOSPITAL));
  assert.ok(!reaches(STRANGER));
});
