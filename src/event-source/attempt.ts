// The life of one batch between its first invocation and its checkpoint, as a pure state machine (rules 15 to 27).

import type { BatchRecord } from './batcher.ts';
import type { EpochMs, SequenceNumber } from './brands.ts';
import type { DiscardedBatch } from './ports.ts';
import type { Verdict } from './response.ts';

/** Records that are invoked together. */
interface Piece {
  readonly records: readonly BatchRecord[];
  /** Invocations that count against the retry budget; throttles do not (rule 16). */
  readonly invocations: number;
}

/** What is left of a batch: pieces in stream order, the first one next. */
export interface Work {
  readonly pending: readonly Piece[];
  /** Since the last progress; what the back-off goes by. */
  readonly failuresInARow: number;
}

export interface AttemptRules {
  readonly bisect: boolean;
  /** Infinity: until the records expire. */
  readonly maximumRetryAttempts: number;
  readonly maximumRecordAgeMs: number | undefined;
  /** The stream's retention: older records are gone. */
  readonly retentionMs: number | undefined;
  /** Whether the halves of a batch go on with its retry budget, or begin with one of their own. */
  readonly splitKeepsBudget: boolean;
}

/** A discarded batch, before it is known where it comes from. */
export interface Discard extends Pick<DiscardedBatch, 'condition' | 'approximateInvokeCount'> {
  readonly records: readonly BatchRecord[];
  readonly functionError?: string | null;
}

export interface Step {
  readonly work: Work;
  readonly discarded: Discard | undefined;
  /** Wait for the back-off before the next invocation. */
  readonly pause: boolean;
}

export function beginWork(records: readonly BatchRecord[]): Work {
  return { pending: [{ records, invocations: 0 }], failuresInARow: 0 };
}

/** The last record of the batch before which, itself included, nothing is left to do. */
export function handledThrough(batch: readonly BatchRecord[], work: Work): BatchRecord | undefined {
  const next = work.pending[0]?.records[0];
  return next === undefined ? batch.at(-1) : batch[batch.indexOf(next) - 1];
}

/**
 * Takes the records over age out of the next piece, each for itself (rule 19): those over the mapping's limit are
 * discarded to the destination, those past the stream's retention are lost.
 */
export function withoutExpired(work: Work, rules: AttemptRules, nowMs: EpochMs) {
  const [piece, ...rest] = work.pending;
  const { maximumRecordAgeMs = Number.POSITIVE_INFINITY, retentionMs = Number.POSITIVE_INFINITY } = rules;
  const limitMs = Math.min(maximumRecordAgeMs, retentionMs);
  const fresh = piece?.records.filter(({ arrivalMs }) => nowMs - arrivalMs <= limitMs);
  if (piece === undefined || fresh?.length === piece.records.length) {
    return { work, discarded: [], lost: 0 };
  }
  const expired = piece.records.filter(({ arrivalMs }) => nowMs - arrivalMs > limitMs);
  const lost = expired.filter(({ arrivalMs }) => nowMs - arrivalMs > retentionMs).length;
  const discarded = expired
    .filter(({ arrivalMs }) => nowMs - arrivalMs <= retentionMs)
    .map<Discard>((record) => ({
      records: [record],
      condition: 'RecordAgeExceeded',
      // 1 even when nothing was invoked, as recorded against the service
      approximateInvokeCount: Math.max(1, piece.invocations),
    }));
  const left = fresh === undefined || fresh.length === 0 ? rest : [{ ...piece, records: fresh }, ...rest];
  const failuresInARow = fresh?.length === 0 ? 0 : work.failuresInARow;
  return { work: { pending: left, failuresInARow }, discarded, lost };
}

/** What the verdict on the next piece leads to. */
export function afterVerdict(work: Work, verdict: Verdict, rules: AttemptRules): Step {
  const [piece, ...rest] = work.pending;
  if (piece === undefined) throw new Error('a verdict without a piece of work it is on');
  const failuresInARow = work.failuresInARow + 1;
  switch (verdict.kind) {
    case 'success':
      return { work: { pending: rest, failuresInARow: 0 }, discarded: undefined, pause: false };
    case 'not-invoked':
      return { work: { pending: work.pending, failuresInARow }, discarded: undefined, pause: true };
    case 'partial': {
      const remainder = fromSequence(piece, verdict.from);
      const progress = remainder.records.length < piece.records.length;
      return retryOrDiscard(remainder, rest, rules, progress ? 1 : failuresInARow, null);
    }
    case 'failed':
      return rules.bisect && piece.records.length > 1
        ? {
            work: { pending: [...halves(piece, rules), ...rest], failuresInARow },
            discarded: undefined,
            pause: true,
          }
        : retryOrDiscard(counted(piece), rest, rules, failuresInARow, verdict.functionError);
  }
}

/** Gives the next piece up without trying: no event can hold it (rule 10). */
export function giveUp(work: Work): Step {
  const [piece, ...rest] = work.pending;
  if (piece === undefined) throw new Error('nothing to give up');
  return discard({ ...piece, invocations: Math.max(1, piece.invocations) }, rest, 'Unhandled');
}

function retryOrDiscard(
  piece: Piece,
  rest: readonly Piece[],
  rules: AttemptRules,
  failuresInARow: number,
  functionError: string | null,
): Step {
  if (piece.invocations > rules.maximumRetryAttempts) return discard(piece, rest, functionError);
  return { work: { pending: [piece, ...rest], failuresInARow }, discarded: undefined, pause: true };
}

function discard(piece: Piece, rest: readonly Piece[], functionError: string | null): Step {
  return {
    work: { pending: rest, failuresInARow: 0 },
    discarded: {
      records: piece.records,
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: piece.invocations,
      functionError,
    },
    pause: false,
  };
}

const counted = (piece: Piece): Piece => ({ ...piece, invocations: piece.invocations + 1 });

/** The piece cut at the lowest failed record; its budget goes on (rule 26). */
function fromSequence(piece: Piece, from: SequenceNumber): Piece {
  const first = piece.records.findIndex((record) => record.sequence === from);
  return counted({ ...piece, records: piece.records.slice(first) });
}

/** Two batches of their own, by default each with a new retry budget (rule 20). The split itself costs none. */
function halves({ records, invocations }: Piece, { splitKeepsBudget }: AttemptRules): readonly Piece[] {
  const middle = Math.ceil(records.length / 2);
  return [records.slice(0, middle), records.slice(middle)].map((half) => ({
    records: half,
    invocations: splitKeepsBudget ? invocations : 0,
  }));
}
