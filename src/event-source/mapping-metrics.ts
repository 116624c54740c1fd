// The metrics Lambda publishes of a mapping, from what the mapping tells while it runs (rules 47 to 49).
import type { MappingEvent } from './mapping-events.ts';

/** Sums since the beginning; ages in ms. */
export interface MappingMetrics {
  readonly PolledEventCount: number;
  readonly FilteredOutEventCount: number;
  /** Handed to the function, each delivery counted. */
  readonly InvokedEventCount: number;
  /** Handed over in an invocation that failed, or that reported some of them as failed. */
  readonly FailedInvokeEventCount: number;
  /** Discarded by retries or age and in no destination. What left the stream's retention is not among them. */
  readonly DroppedEventCount: number;
  readonly OnFailureDestinationDeliveredEventCount: number;
  /** Failure records that no destination took. */
  readonly DestinationDeliveryFailures: number;
  /** Age of the last record of the last batch when it was done; undefined before the first. */
  readonly IteratorAge: number | undefined;
  readonly IteratorAgeMaximum: number | undefined;
}

export class MetricsCollector {
  #metrics: MappingMetrics = {
    PolledEventCount: 0,
    FilteredOutEventCount: 0,
    InvokedEventCount: 0,
    FailedInvokeEventCount: 0,
    DroppedEventCount: 0,
    OnFailureDestinationDeliveredEventCount: 0,
    DestinationDeliveryFailures: 0,
    IteratorAge: undefined,
    IteratorAgeMaximum: undefined,
  };

  read(): MappingMetrics {
    return this.#metrics;
  }

  /** To be called with every event of one mapping. */
  take(event: MappingEvent): void {
    switch (event.kind) {
      case 'read':
        this.#add({ PolledEventCount: event.records });
        break;
      case 'filtered':
        this.#add({ FilteredOutEventCount: event.records });
        break;
      case 'invoked':
        this.#invoked(event);
        break;
      case 'discarded':
        this.#discarded(event);
    }
  }

  #invoked({ records, result, iteratorAgeMs }: MappingEvent & { kind: 'invoked' }): void {
    if (result === 'not-invoked') return;
    this.#add({ InvokedEventCount: records, FailedInvokeEventCount: result === 'success' ? 0 : records });
    if (iteratorAgeMs === undefined) return;
    const IteratorAgeMaximum = Math.max(this.#metrics.IteratorAgeMaximum ?? 0, iteratorAgeMs);
    this.#metrics = { ...this.#metrics, IteratorAge: iteratorAgeMs, IteratorAgeMaximum };
  }

  #discarded({ batch, destination }: MappingEvent & { kind: 'discarded' }): void {
    const { length } = batch.records;
    if (destination === 'delivered') this.#add({ OnFailureDestinationDeliveredEventCount: length });
    else
      this.#add({
        DroppedEventCount: length,
        DestinationDeliveryFailures: destination === 'refused' ? 1 : 0,
      });
  }

  #add(counts: Partial<Record<Counter, number>>): void {
    const metrics: { -readonly [K in keyof MappingMetrics]: MappingMetrics[K] } = { ...this.#metrics };
    for (const counter of COUNTERS) metrics[counter] += counts[counter] ?? 0;
    this.#metrics = metrics;
  }
}

const COUNTERS = [
  'PolledEventCount',
  'FilteredOutEventCount',
  'InvokedEventCount',
  'FailedInvokeEventCount',
  'DroppedEventCount',
  'OnFailureDestinationDeliveredEventCount',
  'DestinationDeliveryFailures',
] as const;
type Counter = (typeof COUNTERS)[number];
