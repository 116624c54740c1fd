// The batches every case is given: Kinesis events as Lambda hands them over, of devices that report once a second.
// What they add up to is kept beside them, so that every case can be checked while it is timed.
import { createRandom } from '../../producers/simulators/random.ts';
import type { KinesisEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';
import type { Totals } from './totals.ts';
import { addToTotals } from './totals.ts';

export type BenchEvent = StreamEvent<KinesisEventRecord>;

/** `flat`: what a device of another make sends, all members beside each other under names of its own. */
export type EventForm = 'own' | 'flat';

export interface WorkloadSize {
  /** In a batch; each holds one event of about 250 bytes. */
  readonly records: number;
  /** Each sends an event a second, so a batch of 1,000 records from 100 sources is ten seconds of them. */
  readonly sources: number;
}

export interface Workload {
  /** The next batches, later in event time than those before, as the texts that the runtime of Lambda parses. */
  next(batches: number): string[];
  /** What the events of all batches so far add up to. */
  readonly totals: Totals;
}

export const SHARD = 'shardId-000000000000';

export function createWorkload(
  { records, sources }: WorkloadSize,
  { seed = 1, form = 'own' }: { readonly seed?: number; readonly form?: EventForm } = {},
): Workload {
  const random = createRandom(seed);
  const totals: Totals = new Map();
  const names = Array.from({ length: sources }, (_, at) => `thermometer-${String(at).padStart(6, '0')}`);
  let tick = 0;
  let sequence = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;

  const nextRecord = (source: string, at: number): KinesisEventRecord => {
    const time = START_MS + tick * 1000 + at;
    const values = {
      temperature_celsius: rounded(random.between(-20, 60), 2),
      humidity_percent: rounded(random.between(0, 100), 1),
      pressure_hpa: rounded(random.between(950, 1050), 2),
      battery_volts: rounded(random.between(3, 4.2), 3),
    };
    addToTotals(totals, source, Object.values(values));
    const tags = { site: `plant-${at % 8}`, model: `thermometer-mk${at % 3}` };
    const id = FIRST_ID + at * 7919 + tick;
    const event =
      form === 'own'
        ? { source, id, type: 'measurement', time, values, tags }
        : { device: source, counter: id, kind: 'measurement', at: time, ...values, ...tags };
    sequence += 3n;
    return {
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: source,
        sequenceNumber: String(sequence),
        data: Buffer.from(JSON.stringify(event)).toString('base64'),
        approximateArrivalTimestamp: (time + 250) / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${SHARD}:${sequence}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: 'arn:aws:iam::123456789012:role/tidemill-aggregate',
      awsRegion: 'eu-central-1',
      eventSourceARN: 'arn:aws:kinesis:eu-central-1:123456789012:stream/telemetry',
    };
  };

  const nextBatch = (): string => {
    const batch: KinesisEventRecord[] = [];
    while (batch.length < records) {
      for (const [at, name] of names.entries()) if (batch.length < records) batch.push(nextRecord(name, at));
      tick += 1;
    }
    return JSON.stringify({ Records: batch } satisfies BenchEvent);
  };

  return { totals, next: (batches) => Array.from({ length: batches }, nextBatch) };
}

const START_MS = 1_767_225_600_000;
/** Devices have counted for a while, some longer than others. */
const FIRST_ID = 100_000;

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
