import { expect, test } from 'vitest';
import { foldAdditions } from '../../../src/core/fold-additions.ts';
import { contributionsAfterMissed, contributionsMissed, contributionsOf } from '../../../src/core/rollup.ts';
import { decodeChangedWindows } from '../../../src/core/state-changes.ts';
import { SHARD, sequenceOf } from '../../support/event-streams.ts';
import { eventOf, pipelineOf } from '../../support/events.ts';
import { StreamRunner } from '../../support/stream-runner.ts';

test('a change that closes a window of an old size and opens one of the new adds to each of the two', () => {
  const rollups = [{ name: 'all', of: 'a0', levels: [[]], parts: 1 }];
  const [old, changed] = [10, 20].map((sizeMs) => ({ ...pipelineOf({ sizeMs }), rollups }));
  if (old === undefined || changed === undefined) throw new Error('two pipelines');
  const runner = new StreamRunner(old);
  const entry = (record: number) => ({
    event: eventOf({ time: record }),
    at: { shard: SHARD, sequence: sequenceOf(record), index: 0 },
    arrivalMs: 1_000,
  });
  runner.deliver([entry(1)]);
  runner.changePipeline(changed);
  runner.deliver([entry(2)]);
  const additions = runner.changes.flatMap(({ source, version, before, after }) =>
    contributionsOf(
      source,
      before === undefined ? undefined : decodeChangedWindows(source, before),
      decodeChangedWindows(source, after),
      changed,
    ).map((contribution) => ({ source, version, sequence: sequenceOf(version), madeMs: 0, contribution })),
  );
  expect(
    additions.map(({ version, contribution: { end, events, open } }) => ({ version, end, events, open })),
  ).toEqual([
    { version: 1, end: 10, events: 1, open: true },
    { version: 2, end: 10, events: 0, open: false },
    { version: 2, end: 20, events: 1, open: true },
  ]);
  const [begun, closed] = additions;
  const fold = (from: typeof additions) => foldAdditions(undefined, from, { part: 0 }).window;
  expect(fold(begun === undefined ? [] : [begun])).toMatchObject({ final: false });
  expect(fold(begun === undefined || closed === undefined ? [] : [begun, closed])).toMatchObject({
    events: 1,
    final: true,
  });
});

test('a change that cannot be read, of a window that other tags told apart before, leaves what is new incomplete and tells nothing again', () => {
  const rollupBy = (tag: string) => [{ name: 'r', of: 'a0', levels: [[tag]], parts: 1 }];
  const [old, changed] = ['site', 'model'].map((tag) => ({
    ...pipelineOf({ sizeMs: 10, groupBy: [tag] }),
    rollups: rollupBy(tag),
  }));
  if (old === undefined || changed === undefined) throw new Error('two pipelines');
  const runner = new StreamRunner(old);
  const entry = (record: number) => ({
    event: eventOf({ time: record, tags: { site: 'x', model: 'y' } }),
    at: { shard: SHARD, sequence: sequenceOf(record), index: 0 },
    arrivalMs: 1_000,
  });
  runner.deliver([entry(1)]);
  runner.changePipeline(changed);
  runner.deliver([entry(2)]);
  const last = runner.changes.at(-1);
  if (last === undefined) throw new Error('no change');
  const { source, version, after } = last;
  const state = decodeChangedWindows(source, after);
  for (const missed of [contributionsMissed, contributionsAfterMissed]) {
    const additions = missed(source, state, changed).map((contribution) => ({
      source,
      version: version + 1,
      sequence: sequenceOf(version + 1),
      madeMs: 0,
      contribution,
    }));
    const part = additions.filter(({ contribution }) => contribution.series.includes('y'));
    expect(part).toHaveLength(1);
    expect(foldAdditions(undefined, part, { part: 0 }).window).toMatchObject({
      events: 0,
      incomplete: true,
      final: false,
    });
  }
});

test('changes of contents that have one digest by chance are folded in all the same, each once', () => {
  const pipeline = {
    ...pipelineOf({ sizeMs: 10 }),
    rollups: [{ name: 'all', of: 'a0', levels: [[]], parts: 1 }],
  };
  const runner = new StreamRunner(pipeline);
  for (const record of [1, 2, 3]) {
    const at = { shard: SHARD, sequence: sequenceOf(record), index: 0 };
    runner.deliver([{ event: eventOf({ time: record }), at, arrivalMs: 1_000 }]);
  }
  const additions = runner.changes.flatMap(({ source, version, before, after }) =>
    contributionsOf(
      source,
      before === undefined ? undefined : decodeChangedWindows(source, before),
      decodeChangedWindows(source, after),
      pipeline,
    ).map((contribution) => ({
      source,
      version,
      sequence: sequenceOf(version),
      madeMs: 0,
      contribution: { ...contribution, digests: { before: version === 1 ? 0 : 7, after: 7 } },
    })),
  );
  let window = foldAdditions(undefined, additions.slice(0, 1), { part: 0 }).window;
  for (const addition of [...additions, ...additions.slice(1), ...additions])
    window = foldAdditions(window, [addition], { part: 0 }).window;
  expect(window).toMatchObject({ events: 3 });
});
