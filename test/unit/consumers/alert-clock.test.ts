import { describe, expect, it } from 'vitest';
import { createAlert } from '../../../consumers/alert/alert.ts';
import { createAlertClock } from '../../../consumers/alert-clock/alert-clock.ts';
import type { PipelineDefinition } from '../../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { rollupSeries } from '../../../src/core/series.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { encodeState } from '../../../src/core/state-encoding.ts';
import type { StoredWindow } from '../../../src/core/stored-window.ts';
import { Alerts } from '../../../src/stores/alerts.ts';
import { retireSource } from '../../../src/stores/retire-source.ts';
import { RollupDirectory } from '../../../src/stores/rollup-directory.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { Windows } from '../../../src/stores/windows.ts';
import { changeRecord } from '../../support/change-records.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { Observed } from '../../support/observed.ts';
import { StoredTables } from '../../support/stored-tables.ts';
import { collect } from '../../support/table-under-test.ts';

const MINUTE = 60_000;
const DEFINITION: PipelineDefinition = {
  aggregations: [{ name: 'a', window: { tumbling: '1m' } }],
  alerts: [{ name: 'silent', when: { absent: '5m' }, filter: { sources: ['s'] } }],
};

/** Sources write states, the consumer hears of each, and the clock looks when it is told to. */
function setUp(definition = DEFINITION) {
  const pipeline = parsePipeline(definition);
  const tables = new StoredTables();
  const states = new SourceStates(tables.sources);
  const alerts = new Alerts(tables.alerts);
  const observed = new Observed();
  const common = { pipeline, alerts, log: observed.log, meter: observed.meter };
  const alert = createAlert({ ...common, windows: new Windows(tables.windows), nowMs: () => 0 });
  const windows = new Windows(tables.windows);
  const directory = new RollupDirectory(tables.readers);
  const versions = new Map<string, number>();
  let told = 0;
  const hear = async () => {
    const records = tables.changes.sources.map((change, at) => changeRecord(change, sequenceOf(at)));
    const Records = records.slice(told);
    told = records.length;
    expect(await alert({ Records })).toEqual({ batchItemFailures: [] });
  };
  return {
    tables,
    observed,
    alerts,
    windows,
    directory,
    hear,
    async arrive(source: string, lastArrivalMs: number) {
      const state = { ...emptySourceState(source, pipeline), lastArrivalMs, maxTime: lastArrivalMs };
      const expectedVersion = versions.get(source);
      await states.commit([{ source, expectedVersion, state: encodeState(state), closesAtMs: undefined }]);
      versions.set(source, (expectedVersion ?? 0) + 1);
    },
    retire: (source: string, nowMs: number) => retireSource(source, { states, nowMs }),
    look: (nowMs: number, remainingMs: number | (() => number) = 60_000) =>
      createAlertClock({ ...common, states, windows, directory, readUpToMs: async () => nowMs })(
        {},
        {
          getRemainingTimeInMillis: () => (typeof remainingMs === 'number' ? remainingMs : remainingMs()),
        },
      ),
    async status(source: string) {
      const all = await collect(alerts.scan());
      const found = all.find(({ series }) => series === `source||${source}`);
      return found === undefined
        ? undefined
        : `${found.state.status} ${found.state.sequence} ${found.checkAtMs}`;
    },
  };
}

describe('the clock of alerts', () => {
  it('fires for a source that fell silent, and leaves alone one that did not', async () => {
    const { arrive, hear, look, status } = setUp();
    await arrive('s1', 0);
    await arrive('s2', 0);
    await hear();
    await arrive('s2', 4 * MINUTE);
    await hear();
    expect(await look(4 * MINUTE)).toMatchObject({ checked: 0 });
    expect(await look(5 * MINUTE)).toMatchObject({ checked: 2, transitions: 1, finished: true });
    expect(await status('s1')).toBe(`firing 1 ${10 * MINUTE}`);
    expect(await status('s2')).toBe(`ok 0 ${9 * MINUTE}`);
    expect(await look(5 * MINUTE)).toMatchObject({ checked: 0 });
  });

  it('writes once a source and duration, however much the source sends', async () => {
    const { arrive, hear, look, tables } = setUp();
    for (let minute = 0; minute < 60; minute += 1) {
      await arrive('s', minute * MINUTE);
      await hear();
      await look(minute * MINUTE + 1);
    }
    // The first arrival, and one look at most each five minutes.
    expect(tables.changes.alerts.length).toBeLessThanOrEqual(1 + 60 / 5);
    expect(tables.changes.alerts.length).toBeGreaterThan(10);
  });

  it('is not needed to end a silence: the arrival does', async () => {
    const { arrive, hear, look, status } = setUp();
    await arrive('s', 0);
    await hear();
    await look(5 * MINUTE);
    await arrive('s', 7 * MINUTE);
    await hear();
    expect(await status('s')).toBe(`resolved 2 ${12 * MINUTE}`);
  });

  it('ends a silence that fired only because arrivals were told of late', async () => {
    const { arrive, hear, look, status } = setUp();
    await arrive('s', 0);
    await hear();
    await look(5 * MINUTE);
    await arrive('s', 4 * MINUTE);
    await hear();
    expect(await status('s')).toBe(`firing 1 ${10 * MINUTE}`);
    expect(await look(10 * MINUTE)).toMatchObject({ transitions: 2 });
    expect(await status('s')).toBe(`firing 3 ${15 * MINUTE}`);
  });

  it('watches no source that the alert is not about', async () => {
    const { arrive, hear, status } = setUp();
    await arrive('other', 0);
    await hear();
    expect(await status('other')).toBeUndefined();
  });

  it('lets go of what the pipeline has no more, and the alert takes it up again', async () => {
    const { arrive, hear, look, tables } = setUp();
    await arrive('s', 0);
    await hear();
    const without = createAlertClock({
      pipeline: parsePipeline({ ...DEFINITION, alerts: [] }),
      alerts: new Alerts(tables.alerts),
      states: new SourceStates(tables.sources),
      windows: new Windows(tables.windows),
      directory: new RollupDirectory(tables.readers),
      readUpToMs: async () => 5 * MINUTE,
      log: new Observed().log,
      meter: new Observed().meter,
    });
    const time = { getRemainingTimeInMillis: () => 60_000 };
    expect(await without({}, time)).toMatchObject({ checked: 1, transitions: 0 });
    expect(await without({}, time)).toMatchObject({ checked: 0 });
    await arrive('s', 6 * MINUTE);
    await hear();
    expect(await look(11 * MINUTE)).toMatchObject({ checked: 1, transitions: 1 });
  });

  it('with its time running out leaves the rest to the next run', async () => {
    const { arrive, hear, look } = setUp();
    await arrive('s', 0);
    await hear();
    expect(await look(5 * MINUTE, 9_000)).toMatchObject({ checked: 0, finished: false });
    expect(await look(5 * MINUTE)).toMatchObject({ checked: 1, finished: true });
  });
});

describe('sources that have sent nothing since a rule was deployed', () => {
  it('are taken up by a walk over all of them, once for each change of the rules', async () => {
    const { arrive, look, status, tables } = setUp();
    for (let at = 0; at < 450; at += 1) await arrive(`s${at}`, 0);
    await arrive('other', 0);
    expect(await look(4 * MINUTE)).toMatchObject({ transitions: 0, finished: true });
    expect(await status('s449')).toBe(`ok 0 ${5 * MINUTE}`);
    expect(await status('other')).toBeUndefined();
    expect(await look(5 * MINUTE)).toMatchObject({ checked: 450, transitions: 450 });
    const writes = tables.changes.alerts.length;
    await look(5 * MINUTE + 1);
    expect(tables.changes.alerts.length, 'nothing is walked again').toBe(writes);
  });

  it('fire at once where they have been silent for long enough', async () => {
    const { arrive, look, status } = setUp();
    await arrive('s', 0);
    expect(await look(60 * MINUTE)).toMatchObject({ transitions: 1 });
    expect(await status('s')).toMatch(/^firing 1 /);
  });

  it('are gone on with from where the time ran out', async () => {
    const { arrive, look, status } = setUp();
    for (let at = 0; at < 450; at += 1) await arrive(`s${at}`, 0);
    let looks = 0;
    // Time enough for the first look at the clock, and for one page.
    const pages = () => {
      looks += 1;
      return looks <= 2 ? 60_000 : 0;
    };
    expect(await look(MINUTE, pages)).toMatchObject({ finished: false });
    expect(await look(MINUTE)).toMatchObject({ finished: true });
    for (const at of [0, 200, 449]) expect(await status(`s${at}`)).toBe(`ok 0 ${5 * MINUTE}`);
  });
});

describe('what stands without anything observed', () => {
  it('goes stale, a silence too, and begins anew with what comes after', async () => {
    const [rule] = DEFINITION.alerts ?? [];
    if (rule === undefined) throw new Error('no rule is defined');
    const { arrive, hear, look, status } = setUp({ ...DEFINITION, alerts: [{ ...rule, staleAfter: '1h' }] });
    await arrive('s', 0);
    await hear();
    await look(5 * MINUTE);
    expect(await look(59 * MINUTE)).toMatchObject({ transitions: 0 });
    expect(await look(60 * MINUTE)).toMatchObject({ transitions: 1 });
    expect(await status('s')).toBe('resolved 2 undefined');
    expect(await look(600 * MINUTE)).toMatchObject({ checked: 0 });
    await arrive('s', 700 * MINUTE);
    await hear();
    expect(await look(705 * MINUTE)).toMatchObject({ transitions: 1 });
    expect(await status('s')).toMatch(/^firing 3 /);
  });
});

describe('a source that was retired', () => {
  it('has its alerts resolve, and is forgotten by the clock until it sends again', async () => {
    const { arrive, hear, look, retire, status } = setUp();
    await arrive('s', 0);
    await hear();
    await look(5 * MINUTE);
    expect(await status('s')).toMatch(/^firing 1 /);
    expect(await retire('s', 6 * MINUTE)).toEqual({ kind: 'retired' });
    await hear();
    expect(await status('s')).toBe('resolved 2 undefined');
    await retire('s', 7 * MINUTE);
    await hear();
    expect(await status('s'), 'retired twice is retired once').toBe('resolved 2 undefined');
    expect(await look(600 * MINUTE)).toMatchObject({ checked: 0, transitions: 0 });
    await arrive('s', 700 * MINUTE);
    await hear();
    expect(await look(705 * MINUTE)).toMatchObject({ transitions: 1 });
    expect(await status('s')).toMatch(/^firing 3 /);
  });

  it('is not taken up by a walk for new rules', async () => {
    const { arrive, look, retire, status } = setUp();
    await arrive('s', 0);
    await retire('s', MINUTE);
    expect(await look(60 * MINUTE)).toMatchObject({ transitions: 0 });
    expect(await status('s')).toBeUndefined();
  });

  it('must be known', async () => {
    const { retire } = setUp();
    expect(await retire('nobody', MINUTE)).toEqual({ kind: 'unknown' });
  });
});

describe('what a run does not reach', () => {
  it('is counted, and comes first at the next one', async () => {
    const { arrive, hear, look, status, observed } = setUp();
    for (let at = 0; at < 250; at += 1) await arrive(`s${at}`, 250 - at);
    await hear();
    let looks = 0;
    // For one group of a hundred, then for counting.
    const time = () => {
      looks += 1;
      return looks === 1 ? 60_000 : 9_000;
    };
    expect(await look(6 * MINUTE, time)).toMatchObject({ checked: 100, finished: false });
    expect(observed.published.at(-1)).toMatchObject({ unreached: 150 });
    // Those that were due first.
    expect(await status('s249')).toMatch(/^firing/);
    expect(await status('s149')).toMatch(/^ok/);
    expect(await look(6 * MINUTE)).toMatchObject({ checked: 150, finished: true });
    expect(observed.published.at(-1)).toMatchObject({ unreached: 0 });
  });
});

describe('series of a rollup that were silent before their rule was deployed', () => {
  const SITES: PipelineDefinition = {
    aggregations: [{ name: 'a', window: { tumbling: '1m' } }],
    rollups: [{ name: 'site', of: 'a', by: ['site'] }],
    alerts: [
      {
        name: 'dark',
        on: { rollup: 'site' },
        when: { absent: '5m' },
        filter: { tags: { site: ['mill', 'quarry', 'closed'] } },
      },
    ],
  };
  const seriesOf = (site: string) => rollupSeries('site', [site]);

  async function withSeries(ends: Readonly<Record<string, number | undefined>>) {
    const system = setUp(SITES);
    await system.directory.note(Object.keys(ends).map(seriesOf));
    for (const [site, end] of Object.entries(ends)) {
      if (end === undefined) continue;
      const window: StoredWindow = {
        series: seriesOf(site),
        start: end - MINUTE,
        end,
        part: 0,
        marks: new Map(),
        final: false,
        moved: 0,
        events: 1,
        metrics: [],
        fields: undefined,
      };
      await system.windows.commitParts([{ expectedVersion: undefined, window, expiresAtMs: undefined }]);
    }
    const statusOf = async (site: string) => {
      const all = await collect(system.alerts.scan());
      return all.find(({ series }) => series === seriesOf(site))?.state.status;
    };
    return { ...system, statusOf };
  }

  it('fire once they have been so for long enough, by the end of their latest window', async () => {
    const { look, statusOf } = await withSeries({ mill: 10 * MINUTE, quarry: 58 * MINUTE, other: MINUTE });
    expect(await look(60 * MINUTE)).toMatchObject({ transitions: 0, finished: true });
    expect(await look(61 * MINUTE)).toMatchObject({ transitions: 1 });
    expect(await statusOf('mill')).toBe('firing');
    expect(await statusOf('quarry')).toBe('ok');
    expect(await look(63 * MINUTE)).toMatchObject({ transitions: 1 });
    expect(await statusOf('quarry')).toBe('firing');
    expect(await statusOf('other'), 'which the rule does not watch').toBeUndefined();
  });

  it('are not silent while their window is open, and count from when they were taken up where none is left', async () => {
    const { look, statusOf } = await withSeries({ mill: 61 * MINUTE, closed: undefined });
    await look(60 * MINUTE);
    await look(64 * MINUTE);
    expect(await statusOf('mill')).toBe('ok');
    await look(66 * MINUTE);
    expect([await statusOf('mill'), await statusOf('closed')]).toEqual(['firing', 'firing']);
  });

  it('are walked over in pieces, and once', async () => {
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`s${at}`, MINUTE]));
    const system = setUp({
      ...SITES,
      alerts: [{ name: 'dark', on: { rollup: 'site' }, when: { absent: '5m' } }],
    });
    await system.directory.note(Object.keys(many).map(seriesOf));
    let asked = 0;
    const timeForOne = () => {
      asked += 1;
      return asked === 1 ? 60_000 : 0;
    };
    expect(await system.look(0, timeForOne)).toMatchObject({ finished: false });
    expect((await collect(system.alerts.scan())).length).toBe(50);
    expect(await system.look(0)).toMatchObject({ finished: true });
    expect((await collect(system.alerts.scan())).length).toBe(120);
    const writes = system.tables.changes.alerts.length;
    await system.look(0);
    expect(system.tables.changes.alerts.length).toBe(writes);
  });
});
