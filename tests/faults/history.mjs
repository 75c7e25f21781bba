// The model checker: whether the answers of the nodes are one history that has everything that was acknowledged as
// final.
//
// It is pure. An acknowledgement is `{ dataset, source, block }`, with the number of the block in which the event was
// reported final. An observation is the answer of one node at one of its final blocks: `{ node, block: { number, hash
// }, logs, entries }`, where `logs` has the count and root of each dataset's log, and `entries`, if they were read, the
// sources of its entries in their order.

/** The violations of the history, a sentence each. */
export function violations(acknowledgements, observations) {
  return [...forks(observations), ...logs(observations), ...entries(observations), ...lost(acknowledgements, observations)];
}

const place = ({ node, block }) => `${node} at block ${block.number}`;

/** Two final blocks of one number. */
function forks(observations) {
  const found = [];
  const first = new Map();
  for (const observation of observations) {
    const { number, hash } = observation.block;
    const known = first.get(number);
    if (!known) first.set(number, observation);
    else if (known.block.hash !== hash) found.push(`${place(observation)} and ${place(known)} have two different final blocks`);
  }
  return found;
}

/** Logs that differ at one block, or go back from one block to a later one. */
function logs(observations) {
  const found = [];
  const latest = new Map();
  for (const observation of [...observations].sort((one, other) => one.block.number - other.block.number)) {
    for (const [dataset, log] of Object.entries(observation.logs)) {
      const before = latest.get(dataset);
      latest.set(dataset, { observation, log });
      if (!before) continue;
      const same = before.log.count === log.count && before.log.root === log.root;
      const between = `${place(before.observation)} and ${place(observation)}, the log of ${dataset}`;
      if (before.observation.block.number === observation.block.number) {
        if (!same) found.push(`${between} differs: ${before.log.count} and ${log.count} entries`);
      } else if (log.count < before.log.count) {
        found.push(`${between} goes back from ${before.log.count} to ${log.count} entries`);
      } else if (log.count === before.log.count && !same) {
        found.push(`${between} changes though it does not grow`);
      }
    }
  }
  return found;
}

/** Duplicate entries, other numbers of entries than the log's count, and entries in different orders. */
function entries(observations) {
  const found = [];
  const longest = new Map();
  const read = observations.filter((observation) => observation.entries);
  for (const observation of read) {
    for (const [dataset, sources] of Object.entries(observation.entries)) {
      const about = `${place(observation)}, the log of ${dataset}`;
      if (new Set(sources).size !== sources.length) found.push(`${about} has an event twice`);
      const { count } = observation.logs[dataset];
      if (sources.length !== count) found.push(`${about} has ${count} entries and lists ${sources.length}`);
      const other = longest.get(dataset);
      if (!other || other.sources.length < sources.length) longest.set(dataset, { observation, sources });
    }
  }
  for (const observation of read) {
    for (const [dataset, sources] of Object.entries(observation.entries)) {
      const other = longest.get(dataset);
      const at = sources.findIndex((source, index) => source !== other.sources[index]);
      if (at >= 0) found.push(`${place(observation)} and ${place(other.observation)}, entry ${at} of the log of ${dataset} differs`);
    }
  }
  return found;
}

/** Events that were acknowledged as final and are missing. */
function lost(acknowledgements, observations) {
  const found = [];
  for (const observation of observations) {
    if (!observation.entries) continue;
    const known = new Map(Object.entries(observation.entries).map(([dataset, sources]) => [dataset, new Set(sources)]));
    const missing = acknowledgements.filter(
      ({ dataset, source, block }) => block <= observation.block.number && known.has(dataset) && !known.get(dataset).has(source),
    );
    if (missing.length) {
      const [{ source, block }] = missing;
      found.push(`${place(observation)} lost ${missing.length} acknowledged events, such as ${source} of block ${block}`);
    }
  }
  return found;
}

/** The number of events that were acknowledged as final and that some observation does not have. */
export function countLost(acknowledgements, observations) {
  const missing = new Set();
  for (const { block, entries } of observations) {
    if (!entries) continue;
    const known = new Set(Object.values(entries).flat());
    for (const event of acknowledgements) if (event.block <= block.number && !known.has(event.source)) missing.add(event.source);
  }
  return missing.size;
}
