// What a function's answer says about its batch (rules 23 to 25 and 28).

import type { SequenceNumber } from '../core/brands.ts';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import type { InvokeOutcome } from './ports.ts';

export type Verdict =
  /** `unrecognised`: a success by the rules, but its keys look like a misspelt failure report. */
  | { readonly kind: 'success'; readonly unrecognised?: string }
  /** Everything before `from` is done; `from` and all behind it is to be retried. */
  | { readonly kind: 'partial'; readonly from: SequenceNumber }
  /** `functionError` null: the function returned, but not what it should have. */
  | { readonly kind: 'failed'; readonly functionError: string | null; readonly message: string }
  | { readonly kind: 'not-invoked'; readonly message: string };

/** Judges one invocation of a batch with these sequence numbers. */
export function judge(
  outcome: InvokeOutcome,
  sequences: readonly SequenceNumber[],
  reportBatchItemFailures: boolean,
): Verdict {
  switch (outcome.kind) {
    case 'not-invoked':
      return { kind: 'not-invoked', message: `${outcome.reason}: ${outcome.message}` };
    case 'function-error':
      return {
        kind: 'failed',
        functionError: 'Unhandled',
        message: `${outcome.errorType}: ${outcome.message}`,
      };
    case 'returned':
      return reportBatchItemFailures ? judgeResponse(outcome.payload, sequences) : { kind: 'success' };
  }
}

function judgeResponse(payload: string, sequences: readonly SequenceNumber[]): Verdict {
  if (payload === '') return { kind: 'success' };
  let response: unknown;
  try {
    response = JSON.parse(payload);
  } catch {
    return malformed(`a response that is no JSON: ${excerpt(payload)}`);
  }
  if (!isObject(response)) {
    return response === '' || response === null ? { kind: 'success' } : unrecognised(payload);
  }
  const failures = response['batchItemFailures'];
  if (failures === undefined) {
    return Object.keys(response).length === 0 ? { kind: 'success' } : unrecognised(payload);
  }
  if (failures === null) return { kind: 'success' };
  if (!Array.isArray(failures)) return malformed(`batchItemFailures is no list: ${excerpt(payload)}`);
  return lowestFailure(failures, sequences);
}

function lowestFailure(failures: readonly unknown[], sequences: readonly SequenceNumber[]): Verdict {
  const bySequence = new Map<unknown, SequenceNumber>(sequences.map((sequence) => [sequence, sequence]));
  let lowest: SequenceNumber | undefined;
  for (const failure of failures) {
    const sequence = isObject(failure) ? bySequence.get(failure['itemIdentifier']) : undefined;
    if (sequence === undefined) {
      return malformed(
        `expected {"itemIdentifier": <a sequence number of the batch>}: ${excerptOf(failure)}`,
      );
    }
    if (lowest === undefined || compareSequenceNumbers(sequence, lowest) < 0) lowest = sequence;
  }
  return lowest === undefined ? { kind: 'success' } : { kind: 'partial', from: lowest };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const malformed = (message: string): Verdict => ({ kind: 'failed', functionError: null, message });
const unrecognised = (payload: string): Verdict => ({ kind: 'success', unrecognised: excerpt(payload) });
const excerptOf = (value: unknown) => excerpt(JSON.stringify(value));
const excerpt = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
