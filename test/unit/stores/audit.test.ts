// A pass as the command runs it, and what readers are told of the latest one.
import { describe, expect, it } from 'vitest';
import { formatAudit } from '../../../src/cli/format-audit.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { auditNow } from '../../../src/stores/audit/audit-now.ts';
import { type AuditProgress, AuditStore } from '../../../src/stores/audit/audit-progress.ts';
import { type AuditDeps, auditStep, beginPass } from '../../../src/stores/audit/audit-step.ts';
import { readAuditReport } from '../../../src/stores/audit/read-report.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { type Table, text, textOf } from '../../../src/stores/table.ts';
import { Windows } from '../../../src/stores/windows.ts';
import { AuditedSystem } from '../../support/audited-system.ts';
import { collect } from '../../support/collect.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { tableOver } from '../../support/table-over.ts';

const T0 = 1_700_000_000_000;
const PIPELINE = parsePipeline({
  aggregations: [{ name: 'm', window: { tumbling: '10s' } }],
  rollups: [{ name: 'all', of: 'm', by: [] }],
});

async function setUp(sources = 3) {
  const system = new AuditedSystem(PIPELINE);
  const records = Array.from({ length: 20 * sources }, (_, at) => {
    const time = T0 + Math.floor(at / sources) * 2_000;
    const data = { source: `s${at % sources}`, id: at, time, values: { v: 1 } };
    return kinesisRecord({ data, sequence: sequenceOf(at + 1), arrivalMs: time });
  });
  await system.aggregate(records);
  await system.closeAll();
  system.nowMs = T0 + 3_600_000;
  const { tables } = system;
  const deps = {
    pipeline: PIPELINE,
    states: new SourceStates(tables.sources),
    windows: new Windows(tables.windows),
    deadLetters: new DeadLetters(tables.deadLetters),
    nowMs: () => system.nowMs,
    depth: 120,
    starts: 10,
  };
  const sleep = async (ms: number) => {
    system.nowMs += ms;
  };
  return { system, deps, sleep };
}

async function deleteWindow({ tables }: AuditedSystem, at: number): Promise<void> {
  const items = await collect(tables.windows.scan());
  const item = items.filter((each) => textOf(each, 'series')?.startsWith('source|') === true)[at] ?? {};
  const [series = '', window = ''] = [textOf(item, 'series'), textOf(item, 'window')];
  await tables.windows.deleteMany([{ series: text(series), window: text(window) }]);
}

async function toWaiting(begun: AuditProgress, deps: AuditDeps): Promise<AuditProgress> {
  let progress = begun;
  while (progress.phase !== 'waiting') progress = await auditStep(progress, deps);
  return progress;
}

/** As where a source is written between each two calls. */
function refusingFences({ tables }: AuditedSystem): SourceStates {
  const commit: Table['commit'] = async (writes) =>
    writes.map(() => ({ kind: 'refused', stored: undefined }));
  return new SourceStates(tableOver(tables.sources, { commit }));
}

describe('a pass at once', () => {
  it('finds that everything adds up, and says how much it compared', async () => {
    const { system, deps, sleep } = await setUp();
    await system.rollUp();
    const progress = await auditNow(deps, { waitMs: 60_000, sleep });
    expect(progress).toMatchObject({
      phase: 'done',
      found: 0,
      compared: { sources: 3, windows: 12, rollupWindows: 4 },
    });
    expect(formatAudit(progress)).toBe(
      'compared: 3 sources, 12 windows, 0 letters, 4 rollup windows\neverything adds up',
    );
  });

  it('waits for changes under way, and decides once they are handled', async () => {
    const { system, deps } = await setUp();
    const progress = await auditNow(deps, { waitMs: 60_000, sleep: async () => system.rollUp() });
    expect(progress).toMatchObject({ phase: 'done', found: 0, suspects: [] });
  });

  it('leaves undecided what nobody handles the changes of', async () => {
    const { deps, sleep } = await setUp();
    const progress = await auditNow(deps, { waitMs: 5_000, sleep });
    expect(progress).toMatchObject({ phase: 'waiting', found: 0 });
    expect(progress.suspects).toHaveLength(3);
    expect(formatAudit(progress)).toContain('changes of their sources are still to be handled');
  });

  it('names a window that is not stored, and what that points to', async () => {
    const { system, deps } = await setUp();
    await system.rollUp();
    await deleteWindow(system, 5);
    const progress = await auditNow(deps, { waitMs: 60_000, sleep: async () => system.rollUp() });
    expect(progress.found).toBe(1);
    expect(formatAudit(progress)).toMatch(
      /window-missing: source "s1", aggregation m, window from 2023-11-14T22:13:40\.000Z\n {4}found 0, expected 1: .*\n {4}likely cause: a window that closed is not stored/,
    );
  });

  it('lets go of what looked missing of a source that is no more', async () => {
    const { system, deps, sleep } = await setUp();
    const waiting = await auditNow(deps, { waitMs: 5_000, sleep });
    expect(waiting.suspects).toHaveLength(3);
    await system.tables.sources.deleteMany([{ source: text('s0') }, { source: text('s1') }]);
    system.nowMs += 25 * 3_600_000;
    expect((await auditStep(waiting, deps)).suspects).toMatchObject([{ source: 's2' }]);
  });

  it('decides with another fence where the changes were lost that the first one was behind', async () => {
    const { system, deps, sleep } = await setUp();
    const waiting = await auditNow(deps, { waitMs: 5_000, sleep });
    // Rollup is off for longer than a change stream keeps changes.
    system.handled = system.tables.changes.sources.length;
    system.nowMs += 24 * 3_600_000;
    const again = await auditStep(waiting, deps);
    expect(again).toMatchObject({ phase: 'done', found: 0 });
    await system.rollUp();
    const next = await toWaiting(beginPass(again, system.nowMs, deps), deps);
    expect(await auditStep(next, deps)).toMatchObject({ phase: 'done', found: 3, suspects: [] });
  });

  it('lets go of a source that takes no fence for a day', async () => {
    const { system, deps } = await setUp();
    const fenceless = { ...deps, states: refusingFences(system) };
    const progress = await toWaiting(beginPass(undefined, system.nowMs, fenceless), fenceless);
    expect(progress.suspects).toHaveLength(3);
    system.nowMs += 24 * 3_600_000 + 1;
    expect(await auditStep(progress, fenceless)).toMatchObject({ phase: 'done', found: 0, suspects: [] });
  });

  it('goes over sources page by page, whatever changes in between', async () => {
    const { system, deps, sleep } = await setUp(250);
    await system.rollUp();
    expect(await auditNow(deps, { waitMs: 60_000, sleep })).toMatchObject({
      found: 0,
      compared: { sources: 250 },
    });
  });
});

/** Source `dev` with these ids, one a second, and what makes every window of them close. */
async function withIds(ids: readonly (string | number)[], { late }: { readonly late?: number } = {}) {
  const system = new AuditedSystem(PIPELINE);
  const made = ids.map((id, at) => ({ id, time: T0 + at * 1_000 }));
  const more = late === undefined ? [] : [{ id: late, time: T0 }];
  const all = [...made, { time: T0 + (ids.length + 3_600) * 1_000 }, ...more];
  const records = all.map((each, at) => {
    const data = { source: 'dev', values: { v: 1 }, ...each };
    return kinesisRecord({ data, sequence: sequenceOf(at + 1), arrivalMs: T0 + 10_000_000 });
  });
  await system.aggregate(records);
  await system.rollUp();
  const { sources, windows, deadLetters } = system.tables;
  const deps = {
    pipeline: PIPELINE,
    states: new SourceStates(sources),
    windows: new Windows(windows),
    deadLetters: new DeadLetters(deadLetters),
    nowMs: () => system.nowMs,
    depth: 120,
    starts: 10,
  };
  const sleep = async () => {};
  return { system, progress: await auditNow(deps, { waitMs: 0, sleep }) };
}

function count(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

describe('numbers that a counter has left out', () => {
  it('are told, and are no difference', async () => {
    const { system, progress } = await withIds([...count(1, 20), ...count(24, 40), ...count(42, 50)]);
    const first = { source: 'dev', from: 21, to: 23, missing: 4, notApplied: 0 };
    expect(progress).toMatchObject({ found: 0, ids: { counters: 1, withGaps: 1, missing: 4, first } });
    expect(formatAudit(progress)).toContain(
      'everything adds up\nids that count: 4 numbers are left out by 1 of 1 sources (information, no difference)\n' +
        '  the first: source "dev", ids 21 to 23; it has left out 4',
    );
    await system.auditAll();
    expect(await readAuditReport(new AuditStore(system.readers))).toMatchObject({
      differences: 0,
      ids: { missing: 4, first },
    });
  });

  it('may be those of events that were late', async () => {
    const { progress } = await withIds([...count(1, 20), ...count(22, 40)], { late: 21 });
    expect(progress).toMatchObject({ ids: { missing: 1, first: { notApplied: 1 } } });
    expect(formatAudit(progress)).toContain('id 21; it has left out 1, and 1 of its events were late');
  });

  it.each([
    ['a counter that begins anew', [...count(100, 130), ...count(1, 30)]],
    ['one that wraps around, with its last numbers left out', [...count(200, 250), ...count(2, 30)]],
    ['one that is set far ahead', [...count(1, 30), ...count(1_000_000, 1_000_030)]],
  ])('are none: %s', async (_, ids) => {
    expect((await withIds(ids)).progress.ids).toEqual({ counters: 1, withGaps: 0, missing: 0 });
  });

  it.each([
    ['times', count(1, 30).map((at) => T0 + at * 1_000)],
    ['every other number, of a counter that two share', count(1, 30).map((at) => 2 * at)],
    ['texts', count(1, 30).map((at) => `msg-${at}`)],
    ['too few', [1, 2, 3, 5, 6, 7]],
  ])('are none where ids do not count: %s', async (_, ids) => {
    expect((await withIds(ids)).progress.ids).toEqual({ counters: 0, withGaps: 0, missing: 0 });
  });
});

describe('what the scheduled audit has found', () => {
  it('is told of the latest whole pass, until another finds nothing', async () => {
    const { system } = await setUp();
    const store = new AuditStore(system.readers);
    await system.rollUp();
    expect(await readAuditReport(store)).toBeUndefined();
    await system.auditAll();
    expect(await readAuditReport(store)).toMatchObject({
      sources: 3,
      windows: 12,
      rollupWindows: 4,
      differences: 0,
    });
    await deleteWindow(system, 0);
    await system.auditAll();
    expect(await readAuditReport(store)).toMatchObject({
      differences: 1,
      first: {
        kind: 'window-missing',
        place: expect.stringContaining('aggregation m'),
        found: 0,
        expected: 1,
      },
    });
  });

  it('is not written over by a run that began before another', async () => {
    const { system } = await setUp();
    const store = new AuditStore(system.readers);
    await system.audit();
    const { progress, version } = await store.load();
    expect(progress).toBeDefined();
    if (progress === undefined) return;
    expect(await store.save({ ...progress, found: 1 }, version)).toBe(true);
    expect(await store.save({ ...progress, found: 2 }, version)).toBe(false);
    expect((await store.load()).progress).toMatchObject({ found: 1 });
  });
});
