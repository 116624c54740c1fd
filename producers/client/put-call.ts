// One PutRecords call as the dispatcher sees it: it always ends, and always with one outcome a record.
import type { Clock } from '../../src/platform/clock.ts';
import { type OutgoingRecord, PutRecordsError, type RecordResult, type RecordSink } from './record-sink.ts';

export type RecordOutcome =
  | { readonly kind: 'stored' }
  | { readonly kind: 'retry'; readonly error: unknown }
  | { readonly kind: 'isolate'; readonly error: unknown }
  | { readonly kind: 'give-up'; readonly error: unknown };

export interface PutCall {
  readonly sink: RecordSink;
  readonly clock: Clock;
  readonly streamName: string;
  readonly timeoutMs: number;
}

/** Sends the records; never rejects. A missing answer is a lost one: the records are to be sent again. */
export async function putCall(
  { sink, clock, streamName, timeoutMs }: PutCall,
  records: readonly OutgoingRecord[],
): Promise<readonly RecordOutcome[]> {
  const answered = new AbortController();
  const lost = new AbortController();
  const timeout = clock.sleep(timeoutMs, answered.signal).then(() => 'timeout' as const);
  try {
    const first = await Promise.race([sink.putRecords({ streamName, records }, lost.signal), timeout]);
    if (first === 'timeout') throw noAnswer(timeoutMs);
    return outcomesOf(first, records.length);
  } catch (error) {
    lost.abort(error);
    return records.map(() => wholeCallOutcome(error, records.length));
  } finally {
    answered.abort();
  }
}

function outcomesOf(results: readonly RecordResult[], expected: number): readonly RecordOutcome[] {
  if (results.length !== expected) {
    throw new PutRecordsError(`PutRecords answered ${results.length} result(s) for ${expected} record(s)`, {
      code: 'ResultCountMismatch',
      failure: 'transient',
    });
  }
  return results.map((result) =>
    result.kind === 'stored'
      ? result
      : {
          kind: 'retry',
          error: new PutRecordsError(`record refused: ${result.code}: ${result.message}`, {
            code: result.code,
            failure: 'transient',
          }),
        },
  );
}

function wholeCallOutcome(error: unknown, records: number): RecordOutcome {
  const failure = error instanceof PutRecordsError ? error.failure : 'transient';
  switch (failure) {
    case 'transient':
      return { kind: 'retry', error };
    case 'bad-record':
      return { kind: records > 1 ? 'isolate' : 'give-up', error };
    case 'refused':
      return { kind: 'give-up', error };
  }
}

function noAnswer(timeoutMs: number): PutRecordsError {
  return new PutRecordsError(`PutRecords gave no answer within ${timeoutMs} ms`, {
    code: 'CallTimeout',
    failure: 'transient',
  });
}
