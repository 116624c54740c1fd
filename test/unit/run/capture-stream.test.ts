import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ShardId } from '../../../src/core/brands.ts';
import { MemoryStream } from '../../../src/event-source/memory-stream.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { type CaptureProgress, captureStream } from '../../../src/run/capture-stream.ts';
import { ArchiveReader } from '../../../src/stores/archive/archive-reader.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import type { Objects } from '../../../src/stores/archive/objects.ts';
import { failingObjects } from '../../support/failing-objects.ts';
import { runs } from '../../support/runs.ts';

const NEVER = new AbortController().signal;

function streamOf(records: number): MemoryStream {
  const stream = new MemoryStream({ kind: 'kinesis', clock: systemClock, shards: 2 });
  for (let at = 0; at < records; at += 1) stream.putData(`key-${at % 7}`, Buffer.from(`data ${at}`));
  return stream;
}

async function capture(source: MemoryStream, objects: Objects): Promise<CaptureProgress> {
  return await captureStream({ source, stream: 's', objects, clock: systemClock, signal: NEVER });
}

async function archived(objects: Objects): Promise<string[]> {
  const reader = new ArchiveReader(objects);
  const found: string[] = [];
  for (const shard of await reader.shards('s')) {
    for await (const { fields } of reader.records({ stream: 's', shard })) found.push(String(fields['text']));
  }
  return found.sort();
}

const dataOf = (records: number) => Array.from({ length: records }, (_, at) => `data ${at}`).sort();

describe('a capture', () => {
  test('puts all that a stream holds into an archive, and ends', async () => {
    const objects = new MemoryObjects();
    const done = await capture(streamOf(2_500), objects);
    expect(done).toMatchObject({ records: 2_500, shards: 2, caughtUp: 2, gaps: [] });
    expect(await archived(objects)).toEqual(dataOf(2_500));
  });

  test('goes on from where one before has ended, wherever that was, and doubles nothing', async () => {
    const crash = fc.record({
      failing: fc.nat({ max: 14 }),
      isDone: fc.boolean(),
      more: fc.nat({ max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(crash, { maxLength: 5 }), async (crashes) => {
        const stream = streamOf(0);
        const objects = new MemoryObjects();
        let put = 0;
        for (const { more, ...trouble } of crashes) {
          for (const end = put + more; put < end; put += 1)
            stream.putData(`key-${put % 7}`, Buffer.from(`data ${put}`));
          await capture(stream, failingObjects(objects, trouble)).catch((error: unknown) => {
            if (!String(error).includes('call ')) throw error;
          });
        }
        const { records } = await capture(stream, objects);
        expect(records).toBeLessThanOrEqual(put);
        expect(await archived(objects)).toEqual(dataOf(put));
        expect((await capture(stream, objects)).records).toBe(0);
      }),
      { numRuns: runs(60) },
    );
  });

  test('keeps what it has read when it is told to stop', async () => {
    const stopping = new AbortController();
    const objects = new MemoryObjects();
    const stream = streamOf(300);
    const following = captureStream({
      source: stream,
      stream: 's',
      objects,
      // It looks for new shards every ten seconds.
      clock: { ...systemClock, sleep: (ms, abort) => systemClock.sleep(ms / 1_000, abort) },
      follow: true,
      signal: stopping.signal,
      onProgress: ({ caughtUp }) => {
        if (caughtUp === 2) stopping.abort();
      },
    });
    await following;
    expect(await archived(objects)).toEqual(dataOf(300));
  });

  test('tells what the stream has let go of', async () => {
    const objects = new MemoryObjects();
    const stream = streamOf(10);
    const trimming = { kind: stream.kind, arn: stream.arn, listShards: () => stream.listShards() };
    let trimmed = false;
    const done = await captureStream({
      source: {
        ...trimming,
        openIterator: (shard, position) => stream.openIterator(shard, position),
        read: async (shard: ShardId, iterator, limit) => {
          if (trimmed) return await stream.read(shard, iterator, limit);
          trimmed = true;
          return { kind: 'trimmed' };
        },
      },
      stream: 's',
      objects,
      clock: systemClock,
      signal: NEVER,
    });
    expect(done.gaps).toEqual([
      expect.stringMatching(
        /^shardId-\d+: the stream has let go of records from its beginning: they are not in the archive$/,
      ),
    ]);
    expect(await archived(objects)).toEqual(dataOf(10));
  });

  test('ends with why a stream cannot be read', async () => {
    const stream = streamOf(1);
    const failing = {
      kind: stream.kind,
      arn: stream.arn,
      listShards: () => stream.listShards(),
      openIterator: async () => ({ kind: 'unavailable' as const, reason: 'nobody is there' }),
      read: (shard: ShardId, iterator: string, limit: number) => stream.read(shard, iterator, limit),
    };
    const clock = { nowMs: () => 0, sleep: async () => {} };
    const done = captureStream({
      source: failing,
      stream: 's',
      objects: new MemoryObjects(),
      clock,
      signal: NEVER,
    });
    await expect(done).rejects.toThrow('cannot be opened: nobody is there');
  });
});
