// Takes one batch through its invocations to its checkpoint: the effects around the state machine of attempt.ts.

import {
  type AttemptRules,
  afterVerdict,
  beginWork,
  type Discard,
  giveUp,
  handledThrough,
  type Step,
  type Work,
  withoutExpired,
} from './attempt.ts';
import { type BatchRecord, isOversized, payloadBytes, payloadOf, windowBytes } from './batcher.ts';
import type { ShardId } from './brands.ts';
import { orStopped, STOPPED, type StopSignals } from './interruption.ts';
import type { MappingDeps } from './mapping-deps.ts';
import type { MappingParameters } from './mapping-parameters.ts';
import type { OpenQuestions } from './open-questions.ts';
import { persist } from './persistence.ts';
import type { DiscardedBatch, OpenWindow, WindowFields } from './ports.ts';
import { judge, type Verdict } from './response.ts';
import type { ShardProgress } from './shard-progress.ts';
import { afterHandling, fieldsOf, type InvokedWindow } from './tumbling-window.ts';

export interface BatchDeliveryOptions {
  readonly shard: ShardId;
  readonly lane: number;
  readonly progress: ShardProgress;
  readonly parameters: MappingParameters;
  readonly answers: OpenQuestions;
  readonly signals: StopSignals;
  /** Whether a batch is being retried has changed. */
  readonly onRetrying: () => void;
}

export class BatchDelivery {
  readonly #options: BatchDeliveryOptions;
  readonly #deps: MappingDeps;
  readonly #rules: AttemptRules;
  #retrying = false;

  constructor(options: BatchDeliveryOptions, deps: MappingDeps) {
    this.#options = options;
    this.#deps = deps;
    const { answers, parameters } = options;
    this.#rules = {
      ...parameters,
      retentionMs: deps.stream.retentionMs,
      splitKeepsBudget: answers.retriesAfterSplit === 'continue',
    };
  }

  /** What was invoked last has failed, and comes again. */
  get retrying(): boolean {
    return this.#retrying;
  }

  /** True once every record is handled or discarded, and the checkpoint says so. False: stopped before. */
  async deliver(batch: readonly BatchRecord[]): Promise<boolean> {
    const { progress, signals } = this.#options;
    let work = beginWork(batch);
    while (work.pending.length > 0) {
      if (signals.stopping.aborted) return false;
      const current = await this.#expire(work);
      if (current === undefined || !(await this.#saveProgress(batch, current))) return false;
      work = current;
      const records = work.pending[0]?.records;
      if (records === undefined) break;
      const step = await this.#try(work, records);
      if (step === undefined) return false;
      if (step.discarded !== undefined && !(await this.#discard(step.discarded))) return false;
      if (!(await this.#saveProgress(batch, step.work))) return false;
      work = step.work;
      if (progress.window?.early === true && !(await this.closeWindow())) return false;
      if (step.pause) await this.#pause(work.failuresInARow, work.pending[0]?.records.length ?? 0);
      else this.#setRetrying(false);
    }
    this.#setRetrying(false);
    return true;
  }

  /**
   * The final invocation of the open window, and the end of its state (rule 32). It is retried like a batch; its age is that
   * of the window's last record. True once the window is closed. False: stopped before.
   */
  async closeWindow(): Promise<boolean> {
    const { progress, signals, parameters } = this.#options;
    const { window } = progress;
    if (window === undefined) return true;
    for (let failures = 0, invocations = 0; ; ) {
      if (signals.stopping.aborted) return false;
      const ageMs = this.#deps.clock.nowMs() - window.last.arrivalMs;
      if (ageMs > (parameters.maximumRecordAgeMs ?? Number.POSITIVE_INFINITY)) {
        const approximateInvokeCount = Math.max(1, invocations);
        const discard = { records: [], condition: 'RecordAgeExceeded', approximateInvokeCount } as const;
        if (!(await this.#discard(discard, window))) return false;
        break;
      }
      const verdict = await this.#invoke([], window);
      if (verdict === undefined) return false;
      if (verdict.kind === 'success') break;
      failures += 1;
      if (verdict.kind !== 'not-invoked') invocations += 1;
      if (invocations > parameters.maximumRetryAttempts) {
        const functionError = verdict.kind === 'failed' ? verdict.functionError : null;
        const condition = 'RetryAttemptsExhausted' as const;
        const discard = { records: [], condition, approximateInvokeCount: invocations, functionError };
        if (!(await this.#discard(discard, window))) return false;
        break;
      }
      await this.#pause(failures, 0);
    }
    this.#setRetrying(false);
    progress.dropWindow();
    return progress.save();
  }

  async #expire(work: Work): Promise<Work | undefined> {
    const { shard } = this.#options;
    const checked = withoutExpired(work, this.#rules, this.#deps.clock.nowMs());
    if (checked.lost > 0) this.#deps.observe({ kind: 'lost-to-retention', shard, records: checked.lost });
    for (const discarded of checked.discarded) {
      if (!(await this.#discard(discarded))) return undefined;
    }
    return checked.work;
  }

  async #try(work: Work, records: readonly BatchRecord[]): Promise<Step | undefined> {
    const otherBytes = windowBytes(this.#fieldsOf(records));
    if (records.length === 1 && records.every((record) => isOversized(record, otherBytes)))
      return giveUp(work);
    const window = this.#windowOf(records);
    const verdict = await this.#invoke(records);
    if (verdict === undefined) return undefined;
    if (window !== undefined) this.#keepState(window, records, verdict);
    return afterVerdict(work, verdict, this.#rules);
  }

  /** The state that comes with a success, or with the part of a batch that succeeded, goes to the next invocation. */
  #keepState(window: InvokedWindow, records: readonly BatchRecord[], verdict: Verdict): void {
    if (verdict.kind !== 'success' && verdict.kind !== 'partial') return;
    const failed =
      verdict.kind === 'partial'
        ? records.findIndex(({ sequence }) => sequence === verdict.from)
        : records.length;
    const after = afterHandling(window, records.slice(0, failed), verdict.state ?? {});
    if (after !== undefined) this.#options.progress.keepWindow(after);
  }

  /** The records' window: the one that is open, or a new one. */
  #windowOf(records: readonly BatchRecord[]): InvokedWindow | undefined {
    const { parameters, progress } = this.#options;
    const startMs = records[0]?.windowStartMs;
    if (startMs === undefined || parameters.tumblingWindowMs === undefined) return undefined;
    return progress.window ?? { startMs, endMs: startMs + parameters.tumblingWindowMs, state: {} };
  }

  #fieldsOf(records: readonly BatchRecord[], closing?: OpenWindow): WindowFields | undefined {
    const window = closing ?? this.#windowOf(records);
    if (window === undefined) return undefined;
    const place = { shard: this.#options.shard, arn: this.#deps.stream.arn };
    return fieldsOf(window, place, { final: closing !== undefined, early: closing?.early ?? false });
  }

  /** With `closing`, the final invocation of that window. */
  async #invoke(records: readonly BatchRecord[], closing?: OpenWindow): Promise<Verdict | undefined> {
    const { answers, lane, parameters, shard, signals } = this.#options;
    const { clock, invoker, observe } = this.#deps;
    const startMs = clock.nowMs();
    const window = this.#fieldsOf(records, closing);
    const payload = payloadOf(records, window);
    const affinity = parameters.parallelizationFactor === 1 ? shard : `${shard}/${lane}`;
    const outcome = await orStopped(invoker.invoke(payload, affinity), signals.abandoning);
    if (outcome === STOPPED) return undefined;
    const verdict = judge(
      outcome,
      records.map((record) => record.sequence),
      {
        reportBatchItemFailures: parameters.reportBatchItemFailures,
        stateRequired:
          parameters.tumblingWindowMs !== undefined && (closing === undefined || answers.finalStateRequired),
      },
    );
    const lastArrivalMs = records.at(-1)?.arrivalMs;
    observe({
      kind: 'invoked',
      shard,
      lane,
      records: records.length,
      payloadBytes: payloadBytes(records, windowBytes(window)),
      durationMs: clock.nowMs() - startMs,
      result: verdict.kind,
      message: 'message' in verdict ? verdict.message : undefined,
      iteratorAgeMs: lastArrivalMs === undefined ? undefined : Math.max(0, clock.nowMs() - lastArrivalMs),
      finalOfWindow: closing !== undefined,
    });
    if (verdict.kind === 'success' && verdict.unrecognised !== undefined) {
      observe({ kind: 'unrecognised-response', shard, found: verdict.unrecognised });
    }
    return verdict;
  }

  async #pause(failuresInARow: number, records: number): Promise<void> {
    const { backoff, clock, observe, random } = this.#deps;
    const { shard, signals } = this.#options;
    this.#setRetrying(true);
    const delayMs = backoff(failuresInARow, random);
    observe({ kind: 'retry', shard, records, delayMs });
    await clock.sleep(delayMs, signals.stopping);
  }

  #setRetrying(retrying: boolean): void {
    if (this.#retrying === retrying) return;
    this.#retrying = retrying;
    this.#options.onRetrying();
  }

  /** With `closing`, the final invocation of that window is what is given up. */
  async #discard(discarded: Discard, closing?: OpenWindow): Promise<boolean> {
    const { shard, signals } = this.#options;
    const { destination, observe } = this.#deps;
    const window = this.#fieldsOf(discarded.records, closing);
    const batch: DiscardedBatch = {
      shard,
      ...discarded,
      ...(window === undefined ? {} : { window }),
      ...(closing === undefined ? {} : { aggregated: { first: closing.first, last: closing.last } }),
    };
    if (destination === undefined) {
      observe({ kind: 'discarded', batch, destination: 'none' });
      return true;
    }
    const saving = { what: 'destination', shard, stopping: signals.stopping } as const;
    const persisted = await persist(this.#deps, saving, () => destination.deliver(batch));
    if (persisted === 'stopped') return false;
    observe({ kind: 'discarded', batch, destination: persisted === 'saved' ? 'delivered' : 'refused' });
    return true;
  }

  async #saveProgress(batch: readonly BatchRecord[], work: Work): Promise<boolean> {
    const { lane, progress } = this.#options;
    const last = handledThrough(batch, work);
    if (last !== undefined) progress.handled(lane, last.sequence);
    return progress.save();
  }
}
