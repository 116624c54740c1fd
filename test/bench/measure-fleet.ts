// One fleet of a given size, measured over batches of 1,000 events.

import { createAggregate } from '../../consumers/aggregate/aggregate.ts';
import { StateCache, stateCacheBytes } from '../../consumers/aggregate/state-cache.ts';
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import { foldEvents } from '../../src/core/fold.ts';
import { percentile } from '../../src/core/percentile.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import { aggregationTexts, decodeState, encodeState } from '../../src/core/state-encoding.ts';
import { createDynamoDbClient } from '../../src/platform/dynamodb-client.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { DynamoTable } from '../../src/stores/dynamo-table.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';
import { shardsInMemory } from '../support/shards-in-memory.ts';
import { BENCH_ENVIRONMENT } from './bench-environment.ts';
import { createPipeline } from './bench-pipeline.ts';
import { sentStates } from './sent-states.ts';
import { StubDynamoDb } from './stub-dynamodb.ts';

export const FLEETS = [10, 100, 1_000, 10_000, 100_000, 1_000_000];
export const MEMORY_MB = 1_024;

export interface FleetFigures {
  readonly sources: number;
  readonly microsPerEvent: number;
  readonly readsPerEvent: number;
  readonly writesPerEvent: number;
  readonly bytesPerEvent: number;
  /** How many states in the cache are hot, and how many cold. */
  readonly hot: number;
  readonly cold: number;
}

/** Seconds that each source has reported for. */
const HISTORY = 5;
const BATCH = 1_000;
const WARM_UP_BATCHES = 20;
const BATCHES = 30;
const PIPELINE = createPipeline();
const SHARD = 'shardId-000000000000' as ShardId;
const STREAM = 'arn:aws:kinesis:eu-central-1:123456789012:stream/telemetry';
const START_MS = 1_767_225_600_000;
const FIRST_SEQUENCE = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

export async function measureFleet(sources: number): Promise<FleetFigures> {
  Object.assign(process.env, BENCH_ENVIRONMENT);
  const stub = new StubDynamoDb(createDynamoDbClient, storedItem);
  const cache = new StateCache({
    bytes: stateCacheBytes(MEMORY_MB),
    aggregations: aggregationTexts(PIPELINE),
  });
  const totals = { reads: 0, writes: 0 };
  const aggregate = createAggregate({
    shards: shardsInMemory(),
    pipeline: PIPELINE,
    states: new SourceStates(new DynamoTable(stub.client, 'sources')),
    deadLetters: new DeadLetters(new DynamoTable(stub.client, 'dead-letters')),
    log: SILENT,
    meter: {
      publish: ({ stateReads = 0, stateWrites = 0 }) => {
        totals.reads += stateReads;
        totals.writes += stateWrites;
      },
    },
    nowMs: Date.now,
    cache,
  });
  for (let at = 0; at < sources; at += 1) {
    const source = nameOf(at);
    cache.put(source, {
      state: decodeState(source, ENCODED, PIPELINE),
      version: 1,
      encoded: ENCODED,
      check: 1,
    });
  }
  let count = 0;
  const micros: number[] = [];
  let bytes = 0;
  for (let batch = 0; batch < WARM_UP_BATCHES + BATCHES; batch += 1) {
    if (batch === WARM_UP_BATCHES) Object.assign(totals, { reads: 0, writes: 0 });
    const event = { Records: Array.from({ length: BATCH }, () => nextRecord(count++, sources)) };
    const before = process.cpuUsage();
    const { batchItemFailures } = await aggregate(event);
    const { user, system } = process.cpuUsage(before);
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} records failed`);
    const sent = stub.takeRequests().flatMap(sentStates);
    if (batch < WARM_UP_BATCHES) continue;
    micros.push((user + system) / BATCH);
    bytes += sent.reduce((sum, { state }) => sum + state.length, 0);
  }
  const events = BATCHES * BATCH;
  return {
    sources,
    microsPerEvent:
      percentile(
        micros.toSorted((a, b) => a - b),
        0.5,
      ) ?? Number.NaN,
    readsPerEvent: totals.reads / events,
    writesPerEvent: totals.writes / events,
    bytesPerEvent: bytes / events,
    ...cache.size,
  };
}

function nameOf(at: number): string {
  return `thermometer-${String(at).padStart(7, '0')}`;
}

/** As it stands in the table when measuring begins: a device that has counted for some seconds. */
function stateSoFar(source: string): SourceState {
  const at = Array.from({ length: HISTORY }, (_, second) => second);
  const events = at.map((second) => eventAt(source, second));
  const { state } = foldEvents(
    emptySourceState(source, PIPELINE),
    {
      stream: STREAM,
      shard: SHARD,
      events,
      sequences: at.map((second) => sequenceAt(second)),
      indexes: at.map(() => 0),
      arrivalsMs: events.map(({ time }) => time + 250),
      strays: undefined,
    },
    PIPELINE,
  );
  state.ids.takeWrites(Number.POSITIVE_INFINITY, []);
  return state;
}

function eventAt(source: string, second: number) {
  return {
    source,
    id: 100_000 + second,
    type: 'measurement',
    time: START_MS + second * 1_000,
    values: {
      temperature_celsius: 20 + (second % 7) / 8,
      humidity_percent: 40 + (second % 5),
      pressure_hpa: 1_000 + (second % 11) / 4,
      battery_volts: 3.5,
    },
    tags: { site: 'plant-1', model: 'thermometer-mk2' },
  };
}

function sequenceAt(count: number): SequenceNumber {
  return String(FIRST_SEQUENCE + BigInt(count)) as SequenceNumber;
}

/** Each source has had HISTORY events, and none is asked for twice before all have been. */
function nextRecord(count: number, sources: number): KinesisEventRecord {
  const source = nameOf(count % sources);
  const event = eventAt(source, HISTORY + Math.floor(count / sources));
  const sequence = sequenceAt(HISTORY + count);
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: source,
      sequenceNumber: sequence,
      data: Buffer.from(JSON.stringify(event)).toString('base64'),
      approximateArrivalTimestamp: (event.time + 250) / 1_000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${SHARD}:${sequence}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::123456789012:role/tidemill-aggregate',
    awsRegion: 'eu-central-1',
    eventSourceARN: STREAM,
  };
}

/** All have done the same, and a state does not hold its source's name. */
const ENCODED = encodeState(stateSoFar(nameOf(0)));
const ENCODED_TEXT = Buffer.from(ENCODED).toString('base64');

/** What a source that was forgotten is read as. One that has been written since would have to be kept: no fleet comes round so far. */
function storedItem(source: string) {
  return {
    source: { S: source },
    version: { N: '1' },
    state: { B: ENCODED_TEXT },
  };
}
