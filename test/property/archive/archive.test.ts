// The law of the archive: whatever batches a shard is cut into, however often and by how many writers they are delivered, and wherever
// writers end, it reads back as exactly what the shard carried, and its manifests say so.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hourOf } from '../../../src/core/archive/archive-names.ts';
import type { ArchivedLine } from '../../../src/core/archive/archived-object.ts';
import { totalsOf } from '../../../src/core/archive/manifest.ts';
import { ArchiveReader } from '../../../src/stores/archive/archive-reader.ts';
import { ArchiveWriter } from '../../../src/stores/archive/archive-writer.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import type { Objects } from '../../../src/stores/archive/objects.ts';
import { digestOf } from '../../../src/stores/archive/pack-object.ts';
import {
  arbitraryDelivery,
  arbitraryShard,
  cutInto,
  delivered,
  PLACE,
} from '../../support/arbitrary-archive.ts';
import { failingObjects } from '../../support/failing-objects.ts';
import { runs } from '../../support/runs.ts';

async function linesOf(objects: Objects): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { line } of new ArchiveReader(objects).records(PLACE)) lines.push(line);
  return lines;
}

async function expectExactly(objects: Objects, stream: readonly ArchivedLine[]): Promise<void> {
  expect(await linesOf(objects)).toEqual(stream.map(({ line }) => line));
  const hours = await new ArchiveReader(objects).hours(PLACE);
  const told = hours.map(({ place, manifest, problems }) => {
    const { records, bytes, digest } = totalsOf(manifest);
    return { hour: place.hour, records, bytes, digest, problems };
  });
  const carried = [...Map.groupBy(stream, ({ arrivalMs }) => hourOf(arrivalMs))].map(([hour, records]) => ({
    hour,
    records: records.length,
    bytes: records.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0),
    digest: digestOf(records),
    problems: [],
  }));
  expect(told).toEqual(carried.sort((a, b) => (a.hour < b.hour ? -1 : 1)));
}

const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 });
const crash = fc.record({
  failing: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
  isDone: fc.boolean(),
});

describe('an archive', () => {
  test('holds a shard exactly, whatever was delivered before in whatever pieces, and wherever that ended', async () => {
    const before = fc.array(fc.record({ delivery: arbitraryDelivery, crash, warm: fc.boolean() }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(arbitraryShard, before, sizes, async (stream, earlier, cuts) => {
        const objects = new MemoryObjects();
        const warm = new ArchiveWriter(objects);
        for (const { delivery, crash: trouble, warm: isWarm } of earlier) {
          const writer = isWarm ? warm : new ArchiveWriter(failingObjects(objects, trouble));
          await writer.append(PLACE, delivered(stream, delivery)).catch(expectCrash);
        }
        for (const batch of cutInto(stream, cuts)) await warm.append(PLACE, batch);
        await expectExactly(objects, stream);
      }),
      { numRuns: runs(200) },
    );
  });

  test('holds it exactly when several writers deliver it side by side', async () => {
    const writers = fc.array(fc.tuple(sizes, crash), { minLength: 2, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(arbitraryShard, writers, fc.scheduler(), async (stream, side, scheduler) => {
        const objects = new MemoryObjects();
        const turn = (what: string) => scheduler.schedule(Promise.resolve(), what);
        const work = side.map(async ([cuts, trouble]) => {
          const writer = new ArchiveWriter(failingObjects(objects, { ...trouble, turn }));
          for (const batch of cutInto(stream, cuts)) {
            // As the mapping does: until it is through.
            while ((await writer.append(PLACE, batch).catch(expectCrash)) === undefined);
          }
        });
        await scheduler.waitFor(Promise.all(work));
        await expectExactly(objects, stream);
      }),
      { numRuns: runs(100) },
    );
  });

  test('tells of what each of several writers brought that had different parts of it', async () => {
    const writers = fc.array(fc.tuple(arbitraryDelivery, sizes), { minLength: 2, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(arbitraryShard, writers, fc.scheduler(), async (stream, side, scheduler) => {
        const objects = new MemoryObjects();
        const turn = (what: string) => scheduler.schedule(Promise.resolve(), what);
        const work = side.map(async ([delivery, cuts]) => {
          const writer = new ArchiveWriter(failingObjects(objects, { turn }));
          for (const batch of cutInto(delivered(stream, delivery), cuts)) await writer.append(PLACE, batch);
        });
        await scheduler.waitFor(Promise.all(work));
        const brought = new Set(side.flatMap(([delivery]) => delivered(stream, delivery)));
        await expectExactly(
          objects,
          stream.filter((record) => brought.has(record)),
        );
      }),
      { numRuns: runs(100) },
    );
  });

  test('holds what has been appended from then on, whatever ends afterwards', async () => {
    const steps = fc.array(fc.record({ delivery: arbitraryDelivery, crash }), {
      minLength: 1,
      maxLength: 10,
    });
    await fc.assert(
      fc.asyncProperty(arbitraryShard, steps, async (stream, deliveries) => {
        const objects = new MemoryObjects();
        const appended = new Set<string>();
        for (const { delivery, crash: trouble } of deliveries) {
          const batch = delivered(stream, delivery);
          const done = await new ArchiveWriter(failingObjects(objects, trouble))
            .append(PLACE, batch)
            .catch(expectCrash);
          if (done !== undefined) for (const { line } of batch) appended.add(line);
          const lines = new Set<string>();
          for await (const { line } of new ArchiveReader(objects).recordsOf(
            await new ArchiveReader(objects).hours(PLACE),
          )) {
            lines.add(line);
          }
          expect([...appended].filter((line) => !lines.has(line))).toEqual([]);
        }
      }),
      { numRuns: runs(100) },
    );
  });

  test('gives a range of arrivals, and no other', async () => {
    const border = fc.integer({ min: -10_000, max: 8_000_000 });
    await fc.assert(
      fc.asyncProperty(arbitraryShard, sizes, border, border, async (stream, cuts, from, to) => {
        const objects = new MemoryObjects();
        const writer = new ArchiveWriter(objects);
        for (const batch of cutInto(stream, cuts)) await writer.append(PLACE, batch);
        const startMs = stream[0]?.arrivalMs ?? 0;
        const range = { fromMs: startMs + from, toMs: startMs + to };
        const found: string[] = [];
        for await (const { line } of new ArchiveReader(objects).records(PLACE, range)) found.push(line);
        const within = stream.filter(({ arrivalMs }) => arrivalMs >= range.fromMs && arrivalMs < range.toMs);
        expect(found).toEqual(within.map(({ line }) => line));
      }),
      { numRuns: runs(100) },
    );
  });
});

function expectCrash(error: unknown): undefined {
  if (!(error instanceof Error && /^call \d+ /.test(error.message))) throw error;
  return undefined;
}
