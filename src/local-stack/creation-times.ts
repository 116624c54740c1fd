// When changes of a table were made, to the second, as DynamoDB tells it on AWS: DynamoDB Local cuts the time to the minute. What
// every reader of a change stream has seen of it says more: a change that a read did not give was made after that read began.
import type { ReadAnswer, StreamRecord, StreamSource } from '../event-source/ports.ts';
import { compareSequenceNumbers } from '../event-source/sequence-number.ts';
import type { StreamEventRecord } from '../event-source/stream-records.ts';

const MINUTE_MS = 60_000;
/** Told times that are kept for whoever reads them again: a retry, or another reader. */
const KEPT = 20_000;

/** One for a table's stream, whoever reads it, so that all are told of one change alike. */
export class CreationTimes {
  readonly #nowMs: () => number;
  /** By sequence number. */
  readonly #told = new Map<string, number>();
  /** The last change that any reader has seen; undefined: none. */
  #last: StreamRecord['sequence'] | undefined;
  /** When the latest read began that found nothing behind `#last`. */
  #tipMs: number | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The same stream, with times to the second where they can be known. */
  of(source: StreamSource): StreamSource {
    return {
      ...source,
      read: async (shard, iterator, limit) => {
        const beganMs = this.#nowMs();
        const answer = await source.read(shard, iterator, limit);
        return answer.kind === 'records' ? this.#take(answer, beganMs, limit) : answer;
      },
    };
  }

  #take(answer: ReadAnswer & { kind: 'records' }, beganMs: number, limit: number): ReadAnswer {
    const records = answer.records.map((record) => withTime(record, this.#timeOf(record)));
    const last = records.at(-1)?.sequence;
    const isNewest =
      last !== undefined && (this.#last === undefined || compareSequenceNumbers(last, this.#last) >= 0);
    if (isNewest) this.#last = last;
    const isAtTip = records.length < limit && (last === undefined || isNewest);
    if (isAtTip) this.#tipMs = Math.max(this.#tipMs ?? beganMs, beganMs);
    return { ...answer, records };
  }

  #timeOf({ sequence, arrivalMs: minuteMs }: StreamRecord): number {
    const known = this.#told.get(sequence);
    if (known !== undefined) return known;
    const isNew = this.#last === undefined || compareSequenceNumbers(sequence, this.#last) > 0;
    const sinceMs = isNew ? (this.#tipMs ?? minuteMs) : minuteMs;
    const madeMs = Math.min(Math.max(minuteMs, sinceMs), minuteMs + MINUTE_MS - 1);
    const toldMs = Math.floor(madeMs / 1_000) * 1_000;
    this.#told.set(sequence, toldMs);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= KEPT) break;
      this.#told.delete(oldest);
    }
    return toldMs;
  }
}

function withTime(record: StreamRecord, madeMs: number): StreamRecord {
  return { ...record, arrivalMs: madeMs, record: told(record.record, madeMs) };
}

function told(record: StreamEventRecord, madeMs: number): StreamEventRecord {
  if (!('dynamodb' in record)) return record;
  return { ...record, dynamodb: { ...record.dynamodb, ApproximateCreationDateTime: madeMs / 1_000 } };
}
