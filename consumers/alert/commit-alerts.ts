// Judges what a batch brings on what is stored, and writes the alerts that it changed, under the version loaded.
//
// Nothing is cached: most windows change nothing, and then nothing is written that would refuse a judgement made on what
// is out of date. So each is made on a consistent read.
import type { KeptWindow } from '../../src/core/alerts/alert-state.ts';
import { looksAtMs } from '../../src/core/alerts/fold-clock.ts';
import { foldObservations } from '../../src/core/alerts/fold-observations.ts';
import { foldRetirement } from '../../src/core/alerts/fold-retirement.ts';
import { foldSilence, newlyWatched } from '../../src/core/alerts/fold-silence.ts';
import type { SequenceNumber } from '../../src/core/brands.ts';
import type { Alerts, AlertWrite, StoredAlert } from '../../src/stores/alerts.ts';
import { alertId } from '../../src/stores/alerts.ts';
import type { AlertWork, Arrivals, Retirement } from './decode-alert-work.ts';

export interface AlertReport {
  readonly failures: readonly { readonly sequence: SequenceNumber; readonly reason: string }[];
  readonly reads: number;
  readonly writes: number;
  readonly refusals: number;
  readonly transitions: number;
  /** Alerts that judge nothing more until they are mended: their items cannot be read, or would be too large. */
  readonly unfit: readonly UnfitAlert[];
  /** Windows that were not judged, being further back than their rules reach. */
  readonly beyond: readonly BeyondReach[];
}

export interface UnfitAlert {
  readonly rule: string;
  readonly series: string;
  readonly reason: string;
}

export interface BeyondReach {
  readonly rule: string;
  readonly series: string;
  readonly window: KeptWindow;
}

/** Something that may change one alert. */
export interface AlertTask {
  readonly rule: string;
  readonly series: string;
  readonly sequences: readonly SequenceNumber[];
  /** What to write on top of what is stored, if anything. `more`: to be asked again after it. */
  next(stored: StoredAlert | undefined): AlertStep;
}

export interface AlertStep {
  readonly write?: AlertWrite | undefined;
  readonly more?: boolean;
  readonly beyond?: readonly KeptWindow[];
}

/** How often a refused alert is judged again: another container may still be busy with an old batch. */
const MAX_REFUSALS = 10;

export async function commitAlerts(tasks: readonly AlertTask[], alerts: Alerts): Promise<AlertReport> {
  const failures: { sequence: SequenceNumber; reason: string }[] = [];
  const beyond = new Map<string, BeyondReach>();
  const unfit = new Map<string, UnfitAlert>();
  const counts = { reads: 0, writes: 0, refusals: 0, transitions: 0 };
  let pending = tasks;
  for (let refusals = 0; pending.length > 0; ) {
    const { alerts: stored, unreadable } = await alerts.loadEach(pending.map(alertId));
    counts.reads += pending.length;
    const writing = pending.flatMap((task) => {
      const unread = unreadable.get(alertId(task));
      if (unread !== undefined) {
        unfit.set(alertId(task), { rule: task.rule, series: task.series, reason: unread });
        return [];
      }
      const base = stored.get(alertId(task));
      const { write, more = false, beyond: further = [] } = task.next(base);
      const { rule, series } = task;
      for (const window of further) beyond.set(`${alertId(task)} ${window.start}`, { rule, series, window });
      return write === undefined ? [] : [{ task, write, more, known: base?.state.sequence ?? 0 }];
    });
    const outcomes = writing.length === 0 ? [] : await alerts.commit(writing.map(({ write }) => write));
    counts.writes += writing.length;
    const again: AlertTask[] = [];
    let refused = 0;
    for (const [at, { task, write, more, known }] of writing.entries()) {
      const outcome = outcomes[at] ?? { kind: 'failed', reason: 'the store gave no outcome' };
      if (outcome.kind === 'committed') {
        counts.transitions += write.state.sequence - known;
        if (more) again.push(task);
        continue;
      }
      if (outcome.kind === 'failed' && outcome.tooLarge === true) {
        unfit.set(alertId(task), { rule: task.rule, series: task.series, reason: outcome.reason });
        continue;
      }
      if (outcome.kind === 'refused') refused += 1;
      if (outcome.kind === 'refused' && refusals < MAX_REFUSALS) again.push(task);
      else {
        const reason = outcome.kind === 'refused' ? `refused ${refusals + 1} times` : outcome.reason;
        failures.push(...task.sequences.map((sequence) => ({ sequence, reason })));
      }
    }
    counts.refusals += refused;
    if (refused > 0) refusals += 1;
    pending = again;
  }
  return { failures, ...counts, unfit: [...unfit.values()], beyond: [...beyond.values()] };
}

/** What has been judged is known by the state itself, so that every look begins with the first observation. */
export function judging({ rule, series, observations, sequences }: AlertWork): AlertTask {
  return {
    rule: rule.name,
    series,
    sequences,
    next: (stored) => {
      const { state, changed, more, beyond } = foldObservations(rule, stored?.state, observations);
      if (!changed || state === undefined) return { beyond };
      const checkAtMs = looksAtMs(rule, state);
      const write = { rule: rule.name, series, expectedVersion: stored?.version, state, checkAtMs };
      return { write, more, beyond };
    },
  };
}

/** Ends what an alert says of a source that was retired, and has the clock forget it. */
export function retiring({ rule, series, retiredAtMs, shownMs, sequence }: Retirement): AlertTask {
  return {
    rule: rule.name,
    series,
    sequences: [sequence],
    next: (stored) => {
      const { state, changed } = foldRetirement(rule, stored?.state, { retiredAtMs, shownMs });
      if (state === undefined || (!changed && stored?.checkAtMs === undefined)) return {};
      return {
        write: { rule: rule.name, series, expectedVersion: stored?.version, state, checkAtMs: undefined },
      };
    },
  };
}

/** Has the clock watch a source, from its first arrival on; ends a silence with the first arrival after it. */
export function arriving({ rule, series, looks, ended, sequences }: Arrivals): AlertTask {
  return {
    rule: rule.name,
    series,
    sequences,
    next: (stored) => {
      const known = stored === undefined ? newlyWatched(rule, ended) : stored.state;
      const { state, changed, checkAtMs, more } = foldSilence(rule, known, ...looks);
      // Not watched yet, or no longer: the pipeline was without the rule for a while, or it went stale.
      const isTakenUp = stored === undefined || (stored.checkAtMs === undefined && checkAtMs !== undefined);
      if (!changed && !isTakenUp) return {};
      return {
        write: { rule: rule.name, series, expectedVersion: stored?.version, state, checkAtMs },
        more,
      };
    },
  };
}
