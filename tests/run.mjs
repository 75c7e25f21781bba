// Runs the tests with real nodes, each file in a process of its own: `node tests/run.mjs [PART-OF-A-PATH...]`.
//
// Most files wait for slots and leave the processors idle, so as many of them run side by side as there are processors.
// Files that keep a processor busy run beside them on all processors but one, at least one at a time. `KEXIN_LANES`
// sets how many of the first kind run at a time.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * Files that keep a processor busy: hospitals record all the while, or the client and the node work without a pause.
 */
const BUSY = /^faults\/(?!history)|^e2e\/(fuzz|import)/;
/**
 * Files that take minutes, the longest first. They start before the others, so that none of them runs alone at the end.
 */
const LONG = [
  'faults/storage', 'e2e/finality', 'e2e/pilot', 'e2e/keys', 'faults/byzantine', 'e2e/upgrade', 'faults/floods', 'faults/partition',
  'e2e/validators', 'e2e/examples', 'e2e/peers', 'e2e/readme',
];
/** Ends a file once its tests and hooks have, whatever a library keeps open: an option from Node 20.14 on. */
const EXIT = spawnSync(process.execPath, ['--test-force-exit', '--eval', '0']).status === 0 ? ['--test-force-exit'] : [];
/** How long a file may take, in minutes. */
const LIMIT = process.env.KEXIN_FAULTS === 'nightly' || process.env.KEXIN_FUZZ ? 360 : 30;

const place = (file) => {
  const at = LONG.findIndex((start) => file.startsWith(`${start}.`));
  return at < 0 ? LONG.length : at;
};
const wanted = process.argv.slice(2);
const files = ['e2e', 'faults']
  .flatMap((directory) => readdirSync(join(here, directory)).map((name) => `${directory}/${name}`))
  .filter((file) => file.endsWith('.test.mjs') && (wanted.length === 0 || wanted.some((part) => file.includes(part))))
  .sort((one, other) => place(one) - place(other));

const running = new Set();
const results = [];

/** Ends a file with everything that it started. */
function end(child, signal = 'SIGKILL') {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nothing of it is left.
  }
}

/** Runs a file, and prints what it wrote once it has ended. */
async function runFile(file) {
  const begun = Date.now();
  // A process group of its own: whatever a test started ends with it.
  const options = { cwd: join(here, file.split('/')[0]), stdio: ['ignore', 'pipe', 'pipe'], detached: true };
  const child = spawn(process.execPath, [...EXIT, '--test-reporter=spec', join(here, file)], options);
  running.add(child);
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end(child);
  }, LIMIT * 60_000);
  const code = await new Promise((done) => child.once('exit', done));
  clearTimeout(timer);
  end(child);
  running.delete(child);
  const seconds = Math.round((Date.now() - begun) / 1000);
  const report = `\n--- ${file}, ${seconds} s${late ? `: not within ${LIMIT} minutes` : ''}\n${Buffer.concat(output)}`;
  results.push({ file, seconds, report, passed: code === 0 });
  console.log(report);
}

/** Runs files in their order, so many at a time. */
function pool(queue, lanes) {
  const lane = async () => {
    for (let file = queue.shift(); file; file = queue.shift()) await runFile(file);
  };
  return Promise.all(Array.from({ length: lanes }, lane));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of running) end(child);
    process.exit(1);
  });
}

if (!process.env.KEXIN_BIN) throw new Error('KEXIN_BIN must name the directory with kexin and kexin-node');
if (files.length === 0) throw new Error(`no test has ${wanted.join(' or ')} in its path`);
const processors = availableParallelism();
await Promise.all([
  pool(files.filter((file) => BUSY.test(file)), Math.max(1, processors - 1)),
  pool(files.filter((file) => !BUSY.test(file)), Number(process.env.KEXIN_LANES ?? processors)),
]);
console.log('seconds  file');
for (const { file, seconds, passed } of results.sort((one, other) => other.seconds - one.seconds)) {
  console.log(`${String(seconds).padStart(7)}  ${file}${passed ? '' : ' (failed)'}`);
}
const failed = results.filter(({ passed }) => !passed);
// Once more, where the end of a long log shows them.
for (const { report } of failed) console.log(report);
process.exitCode = failed.length === 0 ? 0 : 1;
