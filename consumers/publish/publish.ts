// The consumer of the alerts' changelog: publishes each transition to the event bus, record by record in their order. A batch that
// comes again publishes again, under the same id: at least once to the bus, once in effect for whoever keeps the ids it has seen.
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { publishLag } from '../../src/platform/changelog-lag.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { BusEntry, EventBus } from '../../src/platform/event-bus.ts';
import { ALERT_DETAIL_TYPE, ALERT_EVENT_SOURCE } from '../../src/platform/names.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { AlertEvent } from '../../src/wire/alert-event.ts';
import { alertEvents } from '../../src/wire/alert-event.ts';
import type { BatchItemFailures, DynamoDbEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';

export interface PublishDeps {
  readonly bus: EventBus;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
}

/** The part of Lambda's context that is looked at. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number;
}

export function createPublish(
  deps: PublishDeps,
): (event: StreamEvent<DynamoDbEventRecord>, context: RemainingTime) => Promise<BatchItemFailures> {
  return async ({ Records }, context) => {
    const work = new PublishWork(deps, context);
    // One of its own for each invocation: it keeps the records it works on.
    const processor = new BatchProcessor(EventType.DynamoDBStreams);
    const answer = await processPartialResponse(
      { Records: [...Records] },
      (record: DynamoDbEventRecord) => work.publish(record),
      processor,
      // One after the other; and where all have failed that is an answer like any other: thrown, it would be retried in halves.
      { processInParallel: false, throwOnFullBatchFailure: false },
    );
    const { published, unreadable, failed } = work;
    const lag = publishLag(Records, { meter: deps.meter, nowMs: deps.clock.nowMs() });
    deps.meter.publish({
      batches: 1,
      records: Records.length,
      published,
      unreadableChanges: unreadable.length,
      failures: answer.batchItemFailures.length,
      ...lag,
    });
    if (unreadable.length > 0) deps.log.error('changes not readable', { first: unreadable.slice(0, 5) });
    if (failed !== undefined)
      deps.log.error('transitions not published', {
        failures: answer.batchItemFailures.length,
        first: failed,
      });
    return answer;
  };
}

class PublishWork {
  readonly #deps: PublishDeps;
  readonly #context: RemainingTime;
  #longestMs = 0;
  published = 0;
  /** Why they could not be read. */
  readonly unreadable: string[] = [];
  /** Why the first that failed did: what comes behind it in the batch is left for the next delivery, which brings it in any case. */
  failed: string | undefined;

  constructor(deps: PublishDeps, context: RemainingTime) {
    this.#deps = deps;
    this.#context = context;
  }

  /** @throws where a transition was not taken, or one before it was not */
  async publish(record: DynamoDbEventRecord): Promise<void> {
    if (this.failed !== undefined) throw new Error('comes after a record that was not published');
    const beganMs = this.#deps.clock.nowMs();
    try {
      this.#holdTime();
      const entries = this.#read(record).map((event) => ({
        source: ALERT_EVENT_SOURCE,
        detailType: ALERT_DETAIL_TYPE,
        detail: JSON.stringify(event),
      }));
      for (let at = 0; at < entries.length; at += ENTRIES_PER_CALL) {
        const some = entries.slice(at, at + ENTRIES_PER_CALL);
        await putAll(some, this.#deps);
        this.published += some.length;
      }
    } catch (error) {
      this.failed = error instanceof Error ? error.message : String(error);
      throw error;
    }
    this.#longestMs = Math.max(this.#longestMs, this.#deps.clock.nowMs() - beganMs);
  }

  /**
   * Where a bus is slow, what is left is for the next delivery, and what was published stays so. An invocation that runs into its limit would be
   * repeated whole, and might never come to its end. The first record is always tried.
   */
  #holdTime(): void {
    const leftMs = this.#context.getRemainingTimeInMillis();
    if (leftMs < TIMES_THE_LONGEST * this.#longestMs)
      throw new Error(`no time left: ${leftMs} ms, and a record took up to ${this.#longestMs} ms`);
  }

  /** One that cannot be read must not keep all others waiting: it will not be read the next time either. */
  #read(record: DynamoDbEventRecord): readonly AlertEvent[] {
    try {
      return alertEvents(record);
    } catch (error) {
      this.unreadable.push(String(error));
      return [];
    }
  }
}

/** Time that is kept for the next record, of what the longest so far took. */
const TIMES_THE_LONGEST = 3;
/** Limit of the EventBridge API. An entry has some kilobytes at most, a call 256. */
const ENTRIES_PER_CALL = 10;
/** How often what the bus did not take is put again before the batch is. */
const ATTEMPTS = 4;
/** Before the second; doubled each time. */
const PAUSE_MS = 100;

async function putAll(
  entries: readonly BusEntry[],
  { bus, clock }: Pick<PublishDeps, 'bus' | 'clock'>,
): Promise<void> {
  let left = entries;
  let reason = '';
  for (let attempt = 0; attempt < ATTEMPTS && left.length > 0; attempt += 1) {
    if (attempt > 0) await clock.sleep(PAUSE_MS * 2 ** (attempt - 1));
    const answers = await bus.put(left).catch((error: unknown) => String(error));
    const refused = left.flatMap((entry, at) => {
      const why = typeof answers === 'string' ? answers : answers[at];
      return why === undefined ? [] : [{ entry, why }];
    });
    left = refused.map(({ entry }) => entry);
    reason = refused[0]?.why ?? '';
  }
  if (left.length > 0) throw new Error(reason);
}
