// The report about the pilot that an auditor keeps, and how the verifier refuses changed copies of it.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blake2AsHex } from '@polkadot/util-crypto';
import { api, chain, genesis } from './play.mjs';

const DATASET = 'text:retina-images-v1';
const MODEL = 'text:retina-model-v1';
// 120 of the training, 13 of clinicians, and one after a withdrawal; none of the four outside the consents was for the
// model.
const ACCESSES = 134;

const path = (name) => join(chain.directory, name);
const read = (name) => readFileSync(path(name), 'utf8');
const verify = (name, ...more) => chain.kexin(['--json', 'verify', name, '--genesis', genesis, ...more], { check: false });
/** The verifier's exit code and error for the report after a change. */
const changed = (change) => {
  const report = JSON.parse(read('report.json'));
  change(report);
  writeFileSync(path('changed.json'), JSON.stringify(report));
  const { code, out } = verify('changed.json');
  return [code, JSON.parse(out).error];
};

test('a report is fetched, and proves itself', () => {
  const args = ['report', MODEL, '--genesis', genesis, '--out', 'report.json', '--html', 'report.html', '--markdown', 'report.md'];
  const printed = chain.json(args);
  assert.equal(printed.verdict.status, 'compliant');
  assert.equal(printed.accesses.forModel, 120);
  assert.deepEqual(printed.files, ['report.json', 'report.html', 'report.md']);
  const { code, out } = verify('report.json');
  assert.equal(code, 0, out);
  const proved = JSON.parse(out);
  assert.deepEqual([proved.accepted, proved.complete, proved.genesis], [true, true, genesis]);
  assert.equal(proved.accesses.forModel + proved.accesses.other, ACCESSES);
  assert.ok(Math.abs(Date.now() - proved.block.time) < 600_000);
  assert.ok(proved.notices.some(({ code }) => code === 'consent-ended'));
  assert.match(read('report.html'), /<svg/);
  assert.match(read('report.md'), /Retina AI/);
});

test('the accesses are judged again by the consents that the report shows', () => {
  const judged = (consents) => {
    const out = `consents-${consents}.json`;
    chain.kexin(['report', MODEL, '--genesis', genesis, '--consents', consents, '--out', out]);
    assert.equal(JSON.parse(read(out)).consents, consents === 'none' ? undefined : consents);
    const { judgements } = JSON.parse(verify(out).out);
    const others = judgements.notAgain.reduce((sum, { count }) => sum + count, 0);
    assert.equal(judgements.again + others, ACCESSES);
    assert.deepEqual(judgements.rules.map(({ specVersion }) => specVersion), [1]);
    return { again: judgements.again, reasons: judgements.notAgain.map(({ reason }) => reason) };
  };
  const [all, model, none] = ['all', 'model', 'none'].map(judged);
  assert.ok(all.again >= 120 && all.again >= model.again && model.again >= none.again, JSON.stringify({ all, model, none }));
  assert.ok(!all.reasons.some((reason) => reason.endsWith('not-shown')), all.reasons.join());
  const shown = read('consents-all.json');
  assert.ok(shown.includes('"consents":"all"'));
  writeFileSync(path('hidden.json'), shown.replace(',"consents":"all"', ''));
  const hidden = verify('hidden.json');
  assert.deepEqual([hidden.code, JSON.parse(hidden.out).error], [1, 'State']);
});

test('the client does not trust the node', () => {
  const wrong = chain.kexin(['report', MODEL, '--genesis', `0x${'11'.repeat(32)}`, '--out', 'wrong.json'], { check: false });
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /nothing was written/);
  assert.ok(!existsSync(path('wrong.json')));
  const claimed = chain.kexin(['report', MODEL, '--out', 'claimed.json']);
  assert.ok(claimed.out.startsWith('unproved') && claimed.out.includes(genesis), claimed.out);
  const unknown = chain.kexin(['report', 'text:no such model', '--genesis', genesis], { check: false });
  assert.match(unknown.err, /8002/);
});

test('a report of an older block is one of that block', () => {
  const { number } = JSON.parse(read('report.json')).report.block;
  const printed = chain.json(['report', MODEL, '--genesis', genesis, '--at', String(number), '--out', 'again.json']);
  assert.equal(printed.block.number, number);
  assert.deepEqual(JSON.parse(read('again.json')).report, JSON.parse(read('report.json')).report);
});

test('the node itself makes the same report, without a proof', async () => {
  const { report } = JSON.parse(read('report.json'));
  const model = blake2AsHex(MODEL.slice('text:'.length));
  assert.deepEqual((await api.rpc.audit.report(model, report.block.hash)).toJSON(), report);
  const newest = (await api.rpc.audit.report(model)).toJSON();
  assert.ok(newest.block.number >= report.block.number);
  assert.deepEqual(newest.datasets, report.datasets);
  await assert.rejects(api.rpc.audit.report(genesis), { code: 8002 });
  await assert.rejects(api.rpc.audit.report(model, model), { code: 8001 });
});

test('a report that was changed is refused', () => {
  const entries = (report) => report.logs[0].entries;
  assert.deepEqual(changed(() => {}), [0, undefined]);
  assert.deepEqual(changed((report) => entries(report).pop()), [1, 'EntriesMissing']);
  assert.deepEqual(changed((report) => entries(report).splice(5, 1)), [1, 'EntriesMissing']);
  assert.deepEqual(changed((report) => entries(report).push(entries(report)[0])), [1, 'EntriesAdded']);
  const byte = (hash) => hash.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
  assert.deepEqual(changed((report) => (entries(report)[0].event.actor = byte(entries(report)[0].event.actor))), [1, 'EntryAltered']);
  const hidden = (report) => (entries(report).find(({ breaches }) => breaches.length).breaches = []);
  assert.deepEqual(changed(hidden), [1, 'BreachHidden']);
  assert.deepEqual(changed((report) => (report.report.verdict.status = 'breached')), [1, 'Differs']);
  assert.deepEqual(changed((report) => (report.report.block.time += 86_400_000)), [1, 'Differs']);
  assert.equal(changed((report) => report.state.pop())[0], 1);
  assert.equal(changed((report) => (report.finality.justification = byte(report.finality.justification)))[0], 1);
  const elsewhere = chain.kexin(['verify', 'report.json', '--genesis', `0x${'11'.repeat(32)}`], { check: false });
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.err, /another chain|about the chain/);
});

test('complete logs prove that an access did not happen', () => {
  assert.equal(verify('report.json', '--absent-purpose', 'PUBHLTH').code, 0);
  assert.equal(verify('report.json', '--absent-recipient', '77').code, 0);
  const marketing = verify('report.json', '--absent-purpose', 'HMARKT');
  assert.equal(marketing.code, 5);
  assert.match(JSON.parse(marketing.out).message, /3 accesses for HMARKT/);
  assert.equal(verify('report.json', '--not-before', '2100-01-01T00:00:00Z').code, 4);
});

test('accesses are proved alone and all together', () => {
  chain.kexin(['proof', DATASET, '7', '--genesis', genesis, '--out', 'one.json']);
  chain.kexin(['proof', DATASET, '0..', '--genesis', genesis, '--out', 'all.json']);
  const [one, all] = ['one.json', 'all.json'].map((name) => JSON.parse(verify(name).out));
  assert.deepEqual([one.accepted, one.first, one.entries, one.complete], [true, 7, 1, false]);
  assert.deepEqual([all.accepted, all.entries, all.count, all.complete], [true, ACCESSES, ACCESSES, true]);
  assert.equal(verify('one.json', '--absent-recipient', '77').code, 5);
  assert.equal(verify('all.json', '--absent-recipient', '77').code, 0);
});

test('a proved report is exported in every format', () => {
  const exported = (format) => chain.kexin(['export', 'report.json', '--genesis', genesis, '--format', format]).out;
  assert.ok(Object.keys(JSON.parse(exported('prov-json')).activity).length > ACCESSES);
  for (const format of ['fhir-r4', 'fhir-r5']) {
    const kinds = JSON.parse(exported(format)).entry.map(({ resource }) => resource.resourceType);
    assert.equal(kinds.filter((kind) => kind === 'AuditEvent').length, ACCESSES);
  }
  const events = exported('openlineage').trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(events.map(({ eventType }) => eventType), ['START', 'COMPLETE', undefined]);
  assert.match(exported('dot'), /^digraph/);
  assert.equal(exported('html'), read('report.html'));
});
