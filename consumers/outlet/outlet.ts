// The consumer of messages on their way out: sends each on, to a stream or an event bus that any number of functions read. One told
// again has the id it had; what is not taken fails from there on, and comes again.
import type { SequenceNumber } from '../../src/core/brands.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { OUTLET_TABLE } from '../../src/platform/names.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import { batchItemFailures } from '../../src/wire/batch-item-failures.ts';
import { readChangeRecord } from '../../src/wire/change-record.ts';
import type { BatchItemFailures, DynamoDbEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';
import type { Destination, SentMessage } from './destination.ts';

export interface OutletDeps {
  readonly destination: Destination;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
}

interface Waiting {
  readonly sequence: SequenceNumber;
  readonly message: SentMessage;
}

export function createOutlet(
  deps: OutletDeps,
): (event: StreamEvent<DynamoDbEventRecord>) => Promise<BatchItemFailures> {
  return async ({ Records }) => {
    const waiting = Records.flatMap(messageOf);
    const failures: { readonly sequence: SequenceNumber; readonly reason: string }[] = [];
    for (const call of callsOf(waiting, deps.destination)) failures.push(...(await send(call, deps)));
    deps.meter.publish({
      batches: 1,
      records: Records.length,
      sent: waiting.length - failures.length,
      failures: failures.length,
      ...lagOf(Records, deps.clock),
    });
    if (failures.length > 0)
      deps.log.error('messages not sent', { failures: failures.length, first: failures.slice(0, 5) });
    return batchItemFailures(failures.map(({ sequence }) => sequence));
  };
}

/** Removals are housekeeping: what expires was sent, or was given up with its records kept. */
function messageOf(record: DynamoDbEventRecord): Waiting[] {
  const { newImage, sequence } = readChangeRecord(record);
  const { [OUTLET_TABLE.key]: key, [OUTLET_TABLE.body]: body } = newImage ?? {};
  if (typeof key !== 'string' || typeof body !== 'string') return [];
  return [{ sequence, message: { key, body } }];
}

/** As many a call as the destination takes. */
function callsOf(waiting: readonly Waiting[], { most, mostBytes }: Destination): Waiting[][] {
  const calls: Waiting[][] = [];
  let bytes = 0;
  for (const one of waiting) {
    const size = Buffer.byteLength(one.message.body) + Buffer.byteLength(one.message.key);
    const call = calls.at(-1);
    if (call === undefined || call.length >= most || bytes + size > mostBytes) {
      calls.push([one]);
      bytes = size;
    } else {
      call.push(one);
      bytes += size;
    }
  }
  return calls;
}

/** How often what was not taken is sent again before the batch is. */
const ATTEMPTS = 4;
/** Before the second; doubled each time. */
const PAUSE_MS = 100;

async function send(
  call: readonly Waiting[],
  { destination, clock }: OutletDeps,
): Promise<readonly { readonly sequence: SequenceNumber; readonly reason: string }[]> {
  let left: readonly (Waiting & { readonly reason: string })[] = call.map((one) => ({ ...one, reason: '' }));
  for (let attempt = 0; attempt < ATTEMPTS && left.length > 0; attempt += 1) {
    if (attempt > 0) await clock.sleep(PAUSE_MS * 2 ** (attempt - 1));
    const answers = await destination
      .put(left.map(({ message }) => message))
      .catch((error: unknown) => String(error));
    left = left.flatMap((one, at) => {
      const reason = typeof answers === 'string' ? answers : answers[at];
      return reason === undefined ? [] : [{ ...one, reason }];
    });
  }
  return left;
}

/** Since the last of the messages was noted. */
function lagOf(records: readonly DynamoDbEventRecord[], clock: Clock): { readonly lagMs?: number } {
  const created = records.at(-1)?.dynamodb.ApproximateCreationDateTime;
  return created === undefined ? {} : { lagMs: Math.max(0, clock.nowMs() - created * 1_000) };
}
