// Buckets beside the pipeline, by the template: what was put into the stream is read back, and a file that is dropped is played.
import { expect } from 'vitest';
import { totalsOf } from '../../src/core/archive/manifest.ts';
import { decodeState } from '../../src/core/state-encoding.ts';
import { OUTPUTS } from '../../src/platform/names.ts';
import { startRuntime } from '../../src/run/runtime.ts';
import { ArchiveReader } from '../../src/stores/archive/archive-reader.ts';

const never = new AbortController().signal;
const PIPELINE = { aggregations: [{ name: 'a', window: { tumbling: '1m' } }] };

export async function expectCarriedAndDropped({ inMemory }: { readonly inMemory: boolean }): Promise<void> {
  const runtime = await startRuntime({
    pipeline: PIPELINE,
    settings: { archive: true, incoming: true },
    shards: 2,
    schedules: false,
    httpPort: 0,
    inMemory,
  });
  try {
    const records = Array.from({ length: 300 }, (_, at) => {
      const event = { source: `device-${at % 17}`, time: Date.now(), values: { at } };
      return {
        partitionKey: event.source,
        data: Buffer.from(at % 50 === 0 ? [0xff, at] : JSON.stringify(event)),
      };
    });
    for (let at = 0; at < records.length; at += 100) {
      await runtime.sink.putRecords(
        { streamName: runtime.streamName, records: records.slice(at, at + 100) },
        never,
      );
    }
    await runtime.caughtUp();
    const reader = new ArchiveReader(
      runtime.buckets.open(runtime.system.outputs.get(OUTPUTS.archiveBucket) ?? ''),
    );
    expect(await reader.streams()).toEqual([runtime.streamName]);
    const found: string[] = [];
    let counted = 0;
    const shards = await reader.shards(runtime.streamName);
    expect(shards).toHaveLength(2);
    for (const shard of shards) {
      const place = { stream: runtime.streamName, shard };
      for (const { manifest, unlisted, problems } of await reader.hours(place)) {
        expect([unlisted, problems]).toEqual([[], []]);
        counted += totalsOf(manifest).records;
      }
      for await (const { fields } of reader.records(place)) {
        const { partitionKey, text, base64 } = fields;
        const data = typeof text === 'string' ? Buffer.from(text) : Buffer.from(String(base64), 'base64');
        found.push(`${String(partitionKey)} ${data.toString('hex')}`);
      }
    }
    expect(counted).toBe(300);
    const put = records.map(({ partitionKey, data }) => `${partitionKey} ${data.toString('hex')}`);
    expect(found.sort()).toEqual(put.sort());
    expect(runtime.figures.sum('aggregate', 'records')).toBe(300);

    const incoming = runtime.buckets.open(runtime.system.outputs.get(OUTPUTS.incomingBucket) ?? '');
    const file = '{"source":"dropped","time":"2026-11-28T09:00:00Z","values":{"v":1}}\n'.repeat(3);
    for (const name of ['a.ndjson', 'broken.ndjson.gz', 'b.ndjson']) {
      await incoming.put(`incoming/${name}`, Buffer.from(name.endsWith('gz') ? [0x1f, 0x8b, 8] : file));
      await runtime.caughtUp();
    }
    const report = async (name: string) =>
      JSON.parse((await incoming.get(`reports/${name}.json`))?.body.toString() ?? '{}');
    expect(await report('a.ndjson')).toMatchObject({ outcome: 'played', contents: { events: 3 } });
    expect(await report('b.ndjson')).toMatchObject({ outcome: 'played', playedAs: 'a.ndjson' });
    expect(await report('broken.ndjson.gz')).toMatchObject({ problem: { code: 'truncated' } });
    const [dropped] = await runtime.states.load(['dropped']);
    expect(decodeState('dropped', dropped?.state ?? new Uint8Array(), runtime.pipeline).counts).toMatchObject(
      { received: 3, applied: 3 },
    );
  } finally {
    await runtime.stop();
  }
}
