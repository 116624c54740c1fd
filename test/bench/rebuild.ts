// npm run bench:rebuild [events]: an archive in a folder, rebuilt into a generation whose tables are in memory: events a second, and what the
// process holds as it goes. The fold is the functions' own; what DynamoDB takes comes beside it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import { auditGeneration } from '../../src/rebuild/audit-generation.ts';
import { rebuildAll } from '../../src/rebuild/rebuild.ts';
import { ArchiveWriter } from '../../src/stores/archive/archive-writer.ts';
import { FolderObjects } from '../../src/stores/archive/folder-objects.ts';
import { kinesisArchivedLine } from '../../src/wire/archived-line.ts';
import { generationOf } from '../support/rebuilt-generation.ts';

const EVENTS = Number(process.argv[2] ?? 1_000_000);
const SOURCES = 200;
const EVENTS_A_RECORD = 10;
const SHARDS = 4;
const RECORDS_A_BATCH = 2_000;
const START_MS = Date.parse('2026-11-28T00:00:00Z');
const DEFINITION = {
  aggregations: [
    { name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '1m', idleTimeout: '5m' },
  ],
  rollups: [{ name: 'all', of: 'per-minute', by: ['site'] }],
};

/** Each source in turn, an event a second of its own. */
function recordAt(at: number) {
  const source = at % SOURCES;
  const second = Math.floor(at / SOURCES) * EVENTS_A_RECORD;
  const events = Array.from({ length: EVENTS_A_RECORD }, (_, each) => ({
    id: second + each,
    time: START_MS + (second + each) * 1_000,
    values: { temperature: 20 + ((source + each) % 17) / 10, humidity: 40 + (each % 9) },
    tags: { site: `site-${source % 8}` },
  }));
  return { source, arrivalMs: START_MS + (second + EVENTS_A_RECORD) * 1_000, events };
}

async function writeArchive(folder: string): Promise<number> {
  const writer = new ArchiveWriter(new FolderObjects(folder));
  const records = Math.ceil(EVENTS / EVENTS_A_RECORD);
  for (let from = 0; from < records; from += RECORDS_A_BATCH) {
    const count = Math.min(RECORDS_A_BATCH, records - from);
    const batch = Array.from({ length: count }, (_, at) => ({ at: from + at, ...recordAt(from + at) }));
    for (const [shard, own] of Map.groupBy(batch, ({ source }) => source % SHARDS)) {
      await writer.append(
        { stream: 'telemetry', shard: `shardId-00000000000${shard}` as ShardId },
        own.map(({ at, source, arrivalMs, events }) =>
          kinesisArchivedLine({
            kinesis: {
              kinesisSchemaVersion: '1.0',
              partitionKey: `device-${source}`,
              sequenceNumber: String(1_000_000 + at) as SequenceNumber,
              data: Buffer.from(JSON.stringify({ source: `device-${source}`, events })).toString('base64'),
              approximateArrivalTimestamp: arrivalMs / 1_000,
            },
          }),
        ),
      );
    }
  }
  return records;
}

/** Windows of sources and rollups: each minute one for each source and one for each site. */
function windowsIn(events: number): number {
  return Math.floor(events / SOURCES / 60) * (SOURCES + 8);
}

/** In MB, once what is garbage has gone. */
function heapMb(): number {
  collectGarbage();
  return getHeapStatistics().used_heap_size / 1e6;
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const folder = mkdtempSync(join(tmpdir(), 'bench-rebuild-'));
try {
  const records = await writeArchive(folder);
  const { options, tables } = generationOf(new FolderObjects(folder), DEFINITION);
  const steps: { readonly events: number; readonly heap: number; readonly windows: number }[] = [];
  const folded = new Map<string, number>();
  let nextStep = records / 10;
  let [pausedMs, cpuPaused] = [0, 0];
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
  const onProgress = ({ hour, shard, records: count }: { hour: string; shard: string; records: number }) => {
    folded.set(`${hour} ${shard}`, count);
    const sum = [...folded.values()].reduce((total, each) => total + each, 0);
    if (sum < nextStep) return;
    nextStep = sum + records / 10;
    const [before, cpuBefore] = [performance.now(), process.cpuUsage()];
    steps.push({ events: sum * EVENTS_A_RECORD, heap: heapMb(), windows: windowsIn(sum * EVENTS_A_RECORD) });
    pausedMs += performance.now() - before;
    const spent = process.cpuUsage(cpuBefore);
    cpuPaused += spent.user + spent.system;
  };
  await rebuildAll({ ...options, onProgress });
  const seconds = (performance.now() - startedMs - pausedMs) / 1_000;
  const used = process.cpuUsage(cpu);
  const { problems, events } = await auditGeneration(options, tables);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  process.stdout.write(
    '| events folded | windows in the tables, about | heap, MB |\n| ---: | ---: | ---: |\n',
  );
  for (const { events: sum, heap, windows } of steps)
    process.stdout.write(
      `| ${sum.toLocaleString('en')} | ${windows.toLocaleString('en')} | ${heap.toFixed(1)} |\n`,
    );
  process.stdout.write(
    `\n${events.toLocaleString('en')} events in ${seconds.toFixed(1)} s: ${Math.round(events / seconds).toLocaleString('en')} a second; ` +
      `${((used.user + used.system - cpuPaused) / events).toFixed(1)} µs of CPU an event\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
