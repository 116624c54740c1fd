// The consumer of the alerts' changelog: publishes each transition to the event bus. A batch that comes again publishes
// again, under the same id: at least once to the bus, once in effect for whoever keeps the ids it has seen.
import type { SequenceNumber } from '../../src/core/brands.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { BusEntry, EventBus } from '../../src/platform/event-bus.ts';
import { ALERT_DETAIL_TYPE, ALERT_EVENT_SOURCE } from '../../src/platform/names.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { AlertEvent } from '../../src/wire/alert-event.ts';
import { alertEvents } from '../../src/wire/alert-event.ts';
import { batchItemFailures } from '../../src/wire/batch-item-failures.ts';
import type { BatchItemFailures, DynamoDbEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';

export interface PublishDeps {
  readonly bus: EventBus;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
}

interface Pending {
  readonly sequence: SequenceNumber;
  readonly entry: BusEntry;
}

export function createPublish(
  deps: PublishDeps,
): (event: StreamEvent<DynamoDbEventRecord>) => Promise<BatchItemFailures> {
  return async ({ Records }) => {
    const unreadable: string[] = [];
    const pending = Records.flatMap((record) =>
      readEvents(record, unreadable).map((event): Pending => {
        const entry = {
          source: ALERT_EVENT_SOURCE,
          detailType: ALERT_DETAIL_TYPE,
          detail: JSON.stringify(event),
        };
        // the stream's own number, digits by its contract
        return { sequence: record.dynamodb.SequenceNumber as SequenceNumber, entry };
      }),
    );
    const failures: { readonly sequence: SequenceNumber; readonly reason: string }[] = [];
    for (let at = 0; at < pending.length; at += ENTRIES_PER_CALL) {
      failures.push(...(await putAll(pending.slice(at, at + ENTRIES_PER_CALL), deps)));
    }
    deps.meter.publish({
      batches: 1,
      records: Records.length,
      published: pending.length - failures.length,
      ...(unreadable.length === 0 ? {} : { unreadableChanges: unreadable.length }),
      failures: failures.length,
    });
    if (unreadable.length > 0) deps.log.error('changes not readable', { first: unreadable.slice(0, 5) });
    if (failures.length > 0) {
      deps.log.error('transitions not published', { failures: failures.length, first: failures.slice(0, 5) });
    }
    return batchItemFailures(failures.map(({ sequence }) => sequence));
  };
}

/** One that cannot be read must not keep all others waiting: it will not be read the next time either. */
function readEvents(record: DynamoDbEventRecord, unreadable: string[]): readonly AlertEvent[] {
  try {
    return alertEvents(record);
  } catch (error) {
    unreadable.push(String(error));
    return [];
  }
}

/** Limit of the EventBridge API. An entry has some kilobytes at most, a call 256. */
const ENTRIES_PER_CALL = 10;
/** How often what the bus did not take is put again before the batch is. */
const ATTEMPTS = 4;
/** Before the second; doubled each time. */
const PAUSE_MS = 100;

async function putAll(
  pending: readonly Pending[],
  { bus, clock }: PublishDeps,
): Promise<readonly { readonly sequence: SequenceNumber; readonly reason: string }[]> {
  let left: readonly (Pending & { readonly reason: string })[] = pending.map((one) => ({
    ...one,
    reason: '',
  }));
  for (let attempt = 0; attempt < ATTEMPTS && left.length > 0; attempt += 1) {
    if (attempt > 0) await clock.sleep(PAUSE_MS * 2 ** (attempt - 1));
    const answers = await bus.put(left.map(({ entry }) => entry)).catch((error: unknown) => String(error));
    left = left.flatMap((one, at) => {
      const reason = typeof answers === 'string' ? answers : answers[at];
      return reason === undefined ? [] : [{ ...one, reason }];
    });
  }
  return left;
}
