// The law of dropped files: whatever a file's events are cut into, wherever runs end, however often it is dropped and whoever is at it at
// once, each event counts once, and the report is the same.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIncoming, type IncomingDeps } from '../../consumers/incoming/incoming.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import type { OutgoingRecord } from '../../src/platform/outgoing-stream.ts';
import { MemoryObjects } from '../../src/stores/archive/memory-objects.ts';
import type { Objects } from '../../src/stores/archive/objects.ts';
import { PipelineRunner } from '../../src/testing/pipeline-runner.ts';
import { ProcessEnd, ProcessEnded } from '../support/ending-table.ts';
import { runs } from '../support/runs.ts';
import { windowsView } from '../support/system-view.ts';

const PIPELINE = parsePipeline({
  aggregations: [
    { name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '5m', idleTimeout: '10m' },
    // None of its events is late: one that was, and comes again, may touch a session that has begun since, and is in time then.
    { name: 'visits', window: { session: { gap: '5m' } }, allowedLateness: '15m', idleTimeout: '1h' },
  ],
});
const START_MS = Date.parse('2026-11-28T09:00:00Z');
const NOW_MS = START_MS + 7_200_000;
const RUN_MS = 900_000;

/** A bucket and a stream that outlive the processes which work on them. */
class World {
  readonly bucket = new MemoryObjects();
  readonly carried: OutgoingRecord[] = [];
  nowMs = NOW_MS;

  /** A new process; `time`: so many looks at the clock before its time is nearly up. */
  process(end: ProcessEnd, time = Number.POSITIVE_INFINITY, limits?: IncomingDeps['limits']) {
    const { log, meter } = memoryHost({ pipeline: PIPELINE });
    const handle = createIncoming({
      pipeline: PIPELINE,
      bucket: endingObjects(this.bucket, end),
      stream: {
        put: (records) =>
          end.call(async () => {
            this.carried.push(...records);
            return records.map(() => undefined);
          }),
      },
      clock: { nowMs: () => this.nowMs, sleep: async () => {} },
      random: () => 0,
      log,
      meter,
      ...(limits === undefined ? {} : { limits }),
    });
    let looks = 0;
    const getRemainingTimeInMillis = () => (looks++ > time ? 1 : RUN_MS);
    return (event: Parameters<typeof handle>[0]) => handle(event, { getRemainingTimeInMillis });
  }

  async drop(name: string, body: string) {
    const outcome = await this.bucket.put(`incoming/${name}`, Buffer.from(body));
    if (outcome.kind === 'refused') throw new Error('refused');
    const object = { key: `incoming/${name}`, etag: outcome.tag };
    return { 'detail-type': 'Object Created', detail: { object } };
  }

  async report(name: string): Promise<string | undefined> {
    return (await this.bucket.get(`reports/${name}.json`))?.body.toString();
  }

  async underWay(): Promise<number> {
    let files = 0;
    for await (const _ of this.bucket.list('under-way/')) files += 1;
    return files;
  }
}

function endingObjects(inner: Objects, end: ProcessEnd): Objects {
  return {
    name: inner.name,
    get: (key) => end.call(() => inner.get(key)),
    put: (key, body, condition) => end.call(() => inner.put(key, body, condition)),
    async *list(prefix, after) {
      await end.call(async () => {});
      yield* inner.list(prefix, after);
    },
    remove: (key) => end.call(() => inner.remove(key)),
  };
}

const forever = () => new ProcessEnd({ calls: undefined, isDone: false });

/** What the stream comes to. */
async function cameTo(carried: readonly OutgoingRecord[]) {
  const runner = new PipelineRunner({ pipeline: PIPELINE, startMs: START_MS, batchSize: 100 });
  for (const record of carried) runner.put({ kind: 'record', ...record, arrivalMs: NOW_MS });
  await runner.caughtUp();
  await runner.close('everything');
  const windows = await windowsView(runner, 'source');
  await runner.stop();
  return windows;
}

const line = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      source: fc.constantFrom('a', 'b', 'c'),
      time: fc.integer({ min: START_MS, max: START_MS + 900_000 }),
      id: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined, freq: 1 }),
      values: fc.record({ v: fc.integer({ min: -5, max: 40 }) }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ source: 'a', time: 'never', values: {} }) },
);
const file = fc
  .array(line, { minLength: 1, maxLength: 25 })
  .map((lines) => `${lines.map((each) => JSON.stringify(each)).join('\n')}\n`);
const limits = fc.record({
  records: fc.integer({ min: 1, max: 3 }),
  bytes: fc.constant(10_000),
  recordBytes: fc.constant(10_000),
  recordEvents: fc.integer({ min: 1, max: 4 }),
});
const worker = fc.record({
  calls: fc.option(fc.nat({ max: 30 }), { nil: undefined }),
  isDone: fc.boolean(),
  time: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
  limits,
  /** As S3 tells of it again, or as somebody drops it again. */
  again: fc.constantFrom('told', 'dropped', 'other', 'sweep' as const),
});
type Worker = {
  readonly calls: number | undefined;
  readonly isDone: boolean;
  readonly time: number | undefined;
};

async function plain(body: string) {
  const world = new World();
  await world.process(forever())(await world.drop('f.ndjson', body));
  return { report: await world.report('f.ndjson'), windows: await cameTo(world.carried) };
}

function untilItEnds(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => {
    if (error instanceof ProcessEnded || String(error).includes('ProcessEnded')) return undefined;
    throw error;
  });
}

const processOf = (
  world: World,
  each: Worker & { limits: IncomingDeps['limits'] },
  turn?: () => Promise<void>,
) => world.process(new ProcessEnd(each, turn), each.time, each.limits);

describe('a dropped file', () => {
  test('counts once and is reported alike, wherever runs end and however often it is dropped', async () => {
    await fc.assert(
      fc.asyncProperty(file, fc.array(worker, { maxLength: 6 }), async (body, workers) => {
        const world = new World();
        const told = await world.drop('f.ndjson', body);
        for (const each of workers) {
          const name = each.again === 'other' ? 'again/g.ndjson' : 'f.ndjson';
          const event = each.again === 'told' ? told : await world.drop(name, body);
          await untilItEnds(processOf(world, each)(each.again === 'sweep' ? {} : event));
          world.nowMs += 2 * RUN_MS;
        }
        await world.process(forever())(told);
        for (let sweep = 0; sweep < 3; sweep += 1) {
          world.nowMs += 2 * RUN_MS;
          await world.process(forever())({});
        }
        expect(await world.underWay()).toBe(0);
        const expected = await plain(body);
        const { playedAs, ...report } = JSON.parse((await world.report('f.ndjson')) ?? '{}');
        expect([undefined, 'again/g.ndjson']).toContain(playedAs);
        expect(report).toEqual(JSON.parse(expected.report ?? ''));
        expect(await cameTo(world.carried)).toEqual(expected.windows);
      }),
      { numRuns: runs(150) },
    );
  });

  test('counts once when several are at it at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        file,
        fc.array(worker, { minLength: 2, maxLength: 3 }),
        fc.scheduler(),
        async (body, workers, scheduler) => {
          const world = new World();
          const told = await world.drop('f.ndjson', body);
          const other = await world.drop('again/g.ndjson', body);
          const turn = () => scheduler.schedule(Promise.resolve());
          const running = workers.map((each, at) =>
            untilItEnds(processOf(world, each, turn)(at % 2 === 0 ? told : other)),
          );
          await scheduler.waitFor(Promise.all(running));
          for (const event of [told, other, {}, {}, {}]) {
            world.nowMs += 2 * RUN_MS;
            await world.process(forever())(event);
          }
          expect(await world.underWay()).toBe(0);
          expect(await cameTo(world.carried)).toEqual((await plain(body)).windows);
        },
      ),
      { numRuns: runs(100) },
    );
  });
});
