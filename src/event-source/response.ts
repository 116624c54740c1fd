// What a function's answer says about its batch (rules 23 to 25 and 28), and about its window (rule 31).

import type { SequenceNumber } from './brands.ts';
import type { InvokeOutcome, WindowState } from './ports.ts';
import { compareSequenceNumbers } from './sequence-number.ts';

export type Verdict =
  /** `unrecognised`: a success by the rules, but its keys look like a misspelt failure report. */
  | { readonly kind: 'success'; readonly unrecognised?: string; readonly state?: WindowState }
  /** Everything before `from` is done; `from` and all behind it is to be retried. */
  | { readonly kind: 'partial'; readonly from: SequenceNumber; readonly state?: WindowState }
  /** `functionError` null: the function returned, but not what it should have. */
  | { readonly kind: 'failed'; readonly functionError: string | null; readonly message: string }
  | { readonly kind: 'not-invoked'; readonly message: string };

export interface JudgeOptions {
  readonly reportBatchItemFailures: boolean;
  /** The mapping has tumbling windows. */
  readonly stateRequired: boolean;
}

/** Judges one invocation of a batch with these sequence numbers. */
export function judge(
  outcome: InvokeOutcome,
  sequences: readonly SequenceNumber[],
  { reportBatchItemFailures, stateRequired }: JudgeOptions,
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
    case 'returned': {
      if (stateRequired) return judgeWithState(outcome.payload, sequences, reportBatchItemFailures);
      return reportBatchItemFailures ? judgeResponse(outcome.payload, sequences) : { kind: 'success' };
    }
  }
}

function judgeWithState(
  payload: string,
  sequences: readonly SequenceNumber[],
  reportBatchItemFailures: boolean,
): Verdict {
  const response = parsed(payload);
  const state = isObject(response) ? response['state'] : undefined;
  if (!isObject(response) || !isObject(state) || Array.isArray(state)) {
    return malformed(`expected {"state": {…}} for a tumbling window: ${excerpt(payload)}`);
  }
  const failures = reportBatchItemFailures ? response['batchItemFailures'] : undefined;
  if (failures === undefined || failures === null) return { kind: 'success', state };
  if (!Array.isArray(failures)) return malformed(`batchItemFailures is no list: ${excerpt(payload)}`);
  const verdict = lowestFailure(failures, sequences);
  return verdict.kind === 'success' || verdict.kind === 'partial' ? { ...verdict, state } : verdict;
}

function judgeResponse(payload: string, sequences: readonly SequenceNumber[]): Verdict {
  if (payload === '') return { kind: 'success' };
  const response = parsed(payload);
  if (response === undefined) return malformed(`a response that is no JSON: ${excerpt(payload)}`);
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

/** undefined: no JSON. */
function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const malformed = (message: string): Verdict => ({ kind: 'failed', functionError: null, message });
const unrecognised = (payload: string): Verdict => ({ kind: 'success', unrecognised: excerpt(payload) });
const excerptOf = (value: unknown) => excerpt(JSON.stringify(value));
const excerpt = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
