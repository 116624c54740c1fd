// All laws a run is held to. The first that is broken ends the run; what handlers do about it is their business.
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { parseRollupSeries } from '../core/series.ts';
import { summarizeStored } from '../core/stored-window.ts';
import type { DiscardedBatch } from '../event-source/ports.ts';
import type { AuditProgress } from '../stores/audit/audit-progress.ts';
import type { LetterCounts } from '../stores/letter-counts.ts';
import type { TableChange } from '../stores/memory-table.ts';
import type { StoredLedger } from '../stores/read-ledger.ts';
import { isSpread, toPart } from '../stores/windows.ts';
import type { AlertEvent } from '../wire/alert-event.ts';
import { AlertsCheck } from './check-alerts.ts';
import { AuditCheck } from './check-audit.ts';
import { checkBooks, checkDownstream, checkOfStreamAlone, LAW_OF_BOOKS } from './check-end.ts';
import { LettersCheck } from './check-letters.ts';
import { ProgressCheck } from './check-progress.ts';
import { RepairsCheck } from './check-repairs.ts';
import { SourcesCheck } from './check-sources.ts';
import { WindowsCheck } from './check-windows.ts';
import type { EndCheckDeps } from './end-check-deps.ts';
import { ExpectedStream } from './expected-stream.ts';
import { holdsAnything } from './holds-anything.ts';
import type { SimulatedTable } from './simulated-tables.ts';
import { hold, Violation } from './violation.ts';

export class Checks {
  readonly stream: ExpectedStream;
  readonly sources: SourcesCheck;
  readonly windows: WindowsCheck;
  readonly letters: LettersCheck;
  readonly alerts: AlertsCheck;
  readonly audit = new AuditCheck();
  readonly repairs: RepairsCheck;
  readonly #progress: ProgressCheck;
  readonly #givenUp = new Set<string>();
  readonly #pipelines: readonly [Pipeline, ...Pipeline[]];
  readonly #isMixed: boolean;
  readonly #broken = Promise.withResolvers<Violation>();
  violation: Violation | undefined;

  /** `pipelines`: the first, and those that are deployed. */
  constructor(
    pipelines: readonly [Pipeline, ...Pipeline[]],
    { nowMs, isMixed }: { readonly nowMs: () => number; readonly isMixed: boolean },
  ) {
    this.#isMixed = isMixed;
    const [pipeline] = pipelines;
    this.#pipelines = pipelines;
    this.stream = new ExpectedStream();
    this.sources = new SourcesCheck({
      pipeline,
      stream: this.stream,
      nowMs,
      onVerdict: (arrival, verdict) => {
        this.windows.noteVerdict(arrival, verdict);
        this.letters.noteVerdict(arrival, verdict);
      },
      onClosed: (source, closed) => this.alerts.noteClosed(source, closed),
    });
    this.windows = new WindowsCheck(pipeline, this.sources, pipelines.length > 1);
    this.letters = new LettersCheck(this.stream, this.sources);
    this.alerts = new AlertsCheck(pipeline, this.sources, nowMs);
    this.repairs = new RepairsCheck(this.stream, pipelines);
    this.#progress = new ProgressCheck(this.sources, this.repairs);
  }

  /** Resolves with the first broken law. */
  get broken(): Promise<Violation> {
    return this.#broken.promise;
  }

  /** `pipeline`: of who wrote, where that was a function. */
  changed(table: SimulatedTable, change: TableChange, pipeline?: Pipeline): void {
    const { sources, windows, letters, alerts } = this;
    const check = {
      sources,
      windows,
      deadLetters: letters,
      alerts,
      readers: this.#progress,
      live: undefined,
    }[table];
    this.attempt(() => {
      if (this.repairs.passesOver(table, change)) return;
      check?.changed(change, pipeline);
      if (table === 'windows' && alerts.watchesRollups) this.#noteRollup(change);
    });
  }

  /** The figures that a function publishes of a batch. */
  published(counts: Readonly<Record<string, number>>): void {
    const { imbalance = 0 } = counts;
    this.attempt(() =>
      hold(LAW_OF_BOOKS, imbalance === 0, () => `a batch is out of balance by ${imbalance}`),
    );
  }

  /** An alert's transition is on the bus. */
  alerted(event: AlertEvent): void {
    this.attempt(() => this.alerts.published(event));
  }

  /** Whatever moment the audit finds the system at. */
  audited(progress: AuditProgress | undefined, poisoned: ReadonlySet<string>): void {
    // What was put back is behind what was made of it, as the audit says.
    if (this.sources.restored.size > 0) return;
    this.attempt(() => this.audit.audited(progress, poisoned));
  }

  /** What a mapping gave up: from here on its sources cannot be followed. */
  discarded({ shard, records }: DiscardedBatch): void {
    this.audit.discarded({ shard, records });
    for (const { sequence } of records) {
      const { letters, sources } = this.stream.recordAt(shard, sequence);
      for (const place of letters) this.#givenUp.add(place);
      if (this.stream.forgetTick(shard, sequence))
        for (const source of this.stream.sourcesOf(shard)) this.sources.uncertain.add(source);
      for (const source of sources) this.sources.uncertain.add(source);
    }
  }

  /** Somebody puts its item back: it cannot be followed from here on, but what is made of it downstream is what it comes to. */
  restored(source: string): void {
    this.sources.uncertain.add(source);
    this.sources.restored.add(source);
  }

  /** From here on changes are lost, or tables are restored: of all sources, those included that have not come yet. */
  untold(sources: Iterable<string>): void {
    this.sources.isUntold = true;
    for (const source of sources) this.restored(source);
  }

  /** Everything is handled and closed. */
  atEnd(ledger: StoredLedger): void {
    this.attempt(() => {
      checkBooks(this.#end(), ledger);
      checkOfStreamAlone(this.#end());
      checkDownstream(this.#end());
      this.alerts.atEnd(this.windows.applied, () => this.windows.rollups());
    });
  }

  /** After `atEnd`: what was held was resumed, and what was given up put back. */
  repaired(ledger: StoredLedger, letters: LetterCounts): void {
    // What is read of a source again is received again.
    if (this.sources.restored.size > 0) return;
    this.attempt(() => this.repairs.atEnd(ledger, letters, this.windows.stored.values()));
  }

  /** Later than that: still nothing is missing. */
  downstream(): void {
    this.attempt(() => {
      checkDownstream(this.#end());
      this.alerts.atEnd(this.windows.applied, () => this.windows.rollups());
    });
  }

  /** Runs a check; what it throws is the first violation, or none if there has been one before. */
  attempt(check: () => void): void {
    if (this.violation !== undefined) return;
    try {
      check();
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    if (this.violation !== undefined) return;
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.violation = error instanceof Violation ? error : new Violation('nothing is thrown', words);
    this.#broken.resolve(this.violation);
  }

  #noteRollup({ newImage }: TableChange): void {
    if (newImage === undefined || isSpread(newImage)) return;
    const { series, start } = toPart(newImage).window;
    const whole = parseRollupSeries(series) === undefined ? undefined : this.windows.whole(series, start);
    if (whole !== undefined) this.alerts.noteRollup(summarizeStored(whole), holdsAnything(whole));
  }

  #end(): EndCheckDeps {
    const { stream, sources, windows, letters } = this;
    const pipelines = this.#pipelines;
    const isMixed = this.#isMixed;
    return {
      pipeline: pipelines[0],
      pipelines,
      isMixed,
      stream,
      sources,
      windows,
      letters,
      givenUp: this.#givenUp,
      wasUnreadable: this.repairs.wasUnreadable,
    };
  }
}
