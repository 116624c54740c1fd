// npm run bench:ids: what a commit writes, by what a source's events have for ids. The real function, over a table that counts; measured
// once as many ids are remembered as the horizon and the open windows ask for.
import { createAggregate } from '../../consumers/aggregate/aggregate.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { bytesOf } from '../../src/stores/table.ts';
import { sequenceOf } from '../support/event-streams.ts';
import { kinesisRecord } from '../support/kinesis-records.ts';
import { shardsInMemory } from '../support/shards-in-memory.ts';

interface Scenario {
  readonly title: string;
  readonly eventsPerSecond: number;
  readonly allowedLateness: string;
  /** Until as much is remembered as ever will be. */
  readonly seconds: number;
}

const SCENARIOS: readonly Scenario[] = [
  { title: '10 events a second', eventsPerSecond: 10, allowedLateness: '0s', seconds: 900 },
  { title: '1 event a second, 1 h of lateness', eventsPerSecond: 1, allowedLateness: '1h', seconds: 4_500 },
];

const IDS: Readonly<Record<string, (at: number) => { readonly id?: string | number }>> = {
  none: () => ({}),
  'a counter': (at) => ({ id: 100_000 + at }),
  UUIDs: (at) => ({ id: `3d6f0a70-1111-4000-8000-${String(at).padStart(12, '0')}` }),
};

const START_MS = 1_767_225_600_000;
/** Commits measured. */
const LAST_SECONDS = 300;
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

async function measure(
  { eventsPerSecond, allowedLateness, seconds }: Scenario,
  idOf: (at: number) => { readonly id?: string | number },
) {
  const written: { state: number; pages: number }[] = [];
  let second = { state: 0, pages: 0 };
  const quarantined = { events: 0 };
  const table = new MemoryTable({ partitionKey: 'source' }, ({ newImage }) => {
    if (newImage === undefined) return;
    second.state += bytesOf(newImage, 'state')?.length ?? 0;
    second.pages += bytesOf(newImage, 'page')?.length ?? 0;
  });
  const aggregate = createAggregate({
    shards: shardsInMemory(),
    pipeline: parsePipeline({
      aggregations: [{ name: 'minute', window: { tumbling: '60s' }, allowedLateness }],
      dedupe: { horizon: '10m' },
    }),
    states: new SourceStates(table),
    deadLetters: new DeadLetters(new MemoryTable({ partitionKey: 'record', sortKey: 'event' })),
    log: SILENT,
    meter: {
      publish: (counts) => {
        quarantined.events += counts['quarantined'] ?? 0;
      },
    },
    nowMs: () => START_MS,
  });
  for (let at = 0; at < seconds; at += 1) {
    const data = Array.from({ length: eventsPerSecond }, (_, n) => {
      const time = START_MS + at * 1_000 + n * Math.floor(1_000 / eventsPerSecond);
      return {
        source: 'pump',
        ...idOf(at * eventsPerSecond + n),
        time,
        values: { flow: 20 + (n % 7) / 8, pressure: 3 },
      };
    });
    second = { state: 0, pages: 0 };
    await aggregate({
      Records: [
        kinesisRecord({ data, sequence: sequenceOf(at + 1), arrivalMs: START_MS + (at + 1) * 1_000 }),
      ],
    });
    written.push(second);
  }
  if (quarantined.events > 0)
    throw new Error(`found ${quarantined.events} events quarantined, expected none`);
  const last = written.slice(-LAST_SECONDS);
  const mean = (of: (each: { state: number; pages: number }) => number) =>
    last.reduce((sum, each) => sum + of(each), 0) / last.length;
  return {
    state: mean(({ state }) => state),
    pages: mean(({ pages }) => pages),
    most: Math.max(...last.map(({ state, pages }) => state + pages)),
  };
}

process.stdout.write(
  [
    'Bytes a commit writes, one commit a second and source, windows of a minute, a horizon of 10 min.',
    '',
    '| source | ids | state | pages | both | most in one commit |',
    '| ------ | --- | ----: | ----: | ---: | -----------------: |',
    '',
  ].join('\n'),
);
for (const scenario of SCENARIOS) {
  for (const [name, idOf] of Object.entries(IDS)) {
    const { state, pages, most } = await measure(scenario, idOf);
    const cells = [state, pages, state + pages, most].map((bytes) => bytes.toFixed(0));
    process.stdout.write(`| ${[scenario.title, name, ...cells].join(' | ')} |\n`);
  }
}
