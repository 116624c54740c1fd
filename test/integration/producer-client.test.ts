// The client, the SDK and a real Kinesis server: everything arrives, in order, whatever happens to the calls.
import type { Server } from 'node:http';
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import kinesalite from 'kinesalite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKinesisSink } from '../../producers/client/kinesis-sink.ts';
import type { RecordSink } from '../../producers/client/record-sink.ts';
import { createTelemetryClient } from '../../producers/client/telemetry-client.ts';
import { replayPaced } from '../../producers/replay/paced.ts';
import { simulateIotFleet } from '../../producers/simulators/iot-fleet.ts';
import { createRandom } from '../../producers/simulators/random.ts';
import type { SimulatedArrival } from '../../producers/simulators/simulation.ts';
import type { TelemetryEvent } from '../../src/core/event.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { decodeRecord } from '../../src/wire/record-codec.ts';
import { brokenRules } from '../support/broken-rules.ts';

const EVENTS = 20_000;
const SOURCES = 97;
const startMs = 1_700_000_000_000;
let server: Server;
let kinesis: KinesisClient;

beforeAll(async () => {
  server = kinesalite({ createStreamMs: 0, deleteStreamMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server listens on no port');
  kinesis = new KinesisClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    endpoint: `http://127.0.0.1:${address.port}`,
    requestHandler: new NodeHttpHandler({}),
  });
});

afterAll(async () => {
  kinesis.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test('20,000 events of 97 sources over three shards all arrive, each source’s in order', async () => {
  await createStream('plain', 3);
  const sink = createKinesisSink(kinesis);
  const client = createTelemetryClient({
    stream: 'plain',
    deps: { sink, clock: systemClock, random: Math.random },
  });
  for (let n = 0; n < EVENTS; n++) await client.put(reading(n));
  await client.close();
  const events = await readAll('plain');
  expect(numbersBySource(events)).toEqual(expected());
  expect(client.stats()).toMatchObject({ accepted: EVENTS, delivered: EVENTS, failed: 0, retries: 0 });
  // Sources' events travel together: few records, few calls.
  expect(client.stats().records).toBeLessThan(EVENTS / 20);
});

test('answers lost and records refused cost repeats, never order nor events', async () => {
  await createStream('faulty', 2);
  const client = createTelemetryClient({
    stream: 'faulty',
    deps: { sink: faulty(createKinesisSink(kinesis)), clock: systemClock, random: Math.random },
    options: {
      maxRecordBytes: 2_000,
      maxCallBytes: 20_000,
      backoffBaseMs: 1,
      backoffCapMs: 5,
      maxAttempts: 100,
    },
  });
  for (let n = 0; n < EVENTS; n++) await client.put(reading(n));
  await client.close();
  const events = await readAll('faulty');
  const firsts = [...new Map(events.map((event) => [event.id, event])).values()];
  expect(events.length).toBeGreaterThan(EVENTS);
  expect(firsts).toHaveLength(EVENTS);
  expect(numbersBySource(firsts)).toEqual(expected());
  expect(client.stats()).toMatchObject({ accepted: EVENTS, delivered: EVENTS, failed: 0 });
});

test('a stream that is not there is said at once, and no event is lost silently', async () => {
  const sink = createKinesisSink(kinesis);
  const client = createTelemetryClient({
    stream: 'missing',
    deps: { sink, clock: systemClock, random: Math.random },
  });
  await client.put(reading(1));
  await expect(client.close()).rejects.toMatchObject({
    code: 'delivery-failed',
    failedEvents: 1,
    events: [{ source: 'device-1', values: { n: 1 } }],
    cause: { code: 'ResourceNotFoundException', failure: 'refused' },
  });
});

test('a simulated fleet goes through as it is, and the consumer finds in it what was injected', async () => {
  await createStream('fleet', 1);
  const simulation = simulateIotFleet({
    seed: 11,
    startMs: Date.now() - 3_600_000,
    endMs: Date.now() - 3_000_000,
    devices: 20,
    malformedShare: 0.01,
    wrongClocks: { offset: 0.1, drifting: 0.1, farFuture: 0.1, since1970: 0.1 },
  });
  const sink = createKinesisSink(kinesis);
  const client = createTelemetryClient({
    stream: 'fleet',
    deps: { sink, clock: systemClock, random: Math.random },
    options: { stampIds: false, gzipAboveBytes: 1_000 },
  });
  const sent = [...simulation.arrivals];
  const events = recorded(sent);
  await replayPaced({ events, client, speed: 'max', clock: systemClock });
  await client.close();
  const items = await readItems('fleet');
  const { arrivals, malformed } = simulation.summary();
  expect(malformed).toBeGreaterThan(0);
  expect(items).toHaveLength(arrivals);
  // Whether its time can be right is judged of an event by its source's state.
  expect(items.filter((item) => item.kind === 'quarantined')).toHaveLength(
    sent.filter(({ event }) => brokenRules(event).length > 0).length,
  );
});

const reading = (n: number) => ({
  source: `device-${n % SOURCES}`,
  time: startMs + n,
  values: { n },
  tags: { site: 'north' },
});

function* recorded(arrivals: Iterable<SimulatedArrival>) {
  for (const { atMs, event } of arrivals) yield { arrivedAt: atMs, event };
}

/** Stores through the real server, but hides some answers and sends some records on without storing them. */
function faulty(sink: RecordSink): RecordSink {
  const random = createRandom('faulty');
  return {
    async putRecords({ streamName, records }, signal) {
      const sent = records.filter(() => !random.chance(0.2));
      const results = sent.length > 0 ? await sink.putRecords({ streamName, records: sent }, signal) : [];
      if (random.chance(0.15)) throw new Error('socket hang up');
      const stored = new Map(sent.map((record, i) => [record, results[i]]));
      return records.map(
        (record) =>
          stored.get(record) ?? {
            kind: 'refused',
            code: 'ProvisionedThroughputExceededException',
            message: 'Rate exceeded',
          },
      );
    },
  };
}

async function createStream(name: string, shards: number): Promise<void> {
  await kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  // The server makes streams in the next turn of its loop; the list is there when the stream is.
  for (let there = 0; there < shards; ) {
    const { Shards } = await kinesis.send(new ListShardsCommand({ StreamName: name }));
    there = Shards?.length ?? 0;
  }
}

/** Every event in the stream, shard after shard, in stream order. */
async function readAll(stream: string): Promise<TelemetryEvent[]> {
  return (await readItems(stream)).flatMap((item) => (item.kind === 'event' ? [item.event] : []));
}

async function readItems(stream: string) {
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName: stream }));
  const items = [];
  for (const { ShardId } of Shards) {
    const start = await kinesis.send(
      new GetShardIteratorCommand({ StreamName: stream, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    );
    let iterator = start.ShardIterator;
    for (let full = true; full; ) {
      const page = await kinesis.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 1_000 }));
      for (const { Data } of page.Records ?? []) {
        const data = Buffer.from(Data ?? []).toString('base64');
        items.push(...decodeRecord(data));
      }
      iterator = page.NextShardIterator;
      full = (page.Records ?? []).length > 0;
    }
  }
  return items;
}

function numbersBySource(events: readonly TelemetryEvent[]): Record<string, unknown[]> {
  const bySource: Record<string, unknown[]> = {};
  for (const { source, values } of events) {
    bySource[source] ??= [];
    bySource[source].push(values['n']);
  }
  return bySource;
}

function expected(): Record<string, number[]> {
  const bySource: Record<string, number[]> = {};
  for (let n = 0; n < EVENTS; n++) {
    const { source } = reading(n);
    bySource[source] ??= [];
    bySource[source].push(n);
  }
  return bySource;
}
