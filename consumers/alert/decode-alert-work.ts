// Change records to what each alert has to judge of them.
import type { AlertRule } from '../../src/core/alerts/alert-rule.ts';
import type { KeptWindow } from '../../src/core/alerts/alert-state.ts';
import { looksAt, type SilenceLook } from '../../src/core/alerts/fold-silence.ts';
import { observeSource, watchesSeries, watchesSource } from '../../src/core/alerts/observe-change.ts';
import { watchedSeries } from '../../src/core/alerts/watched-series.ts';
import type { SequenceNumber } from '../../src/core/brands.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { sourceSeries } from '../../src/core/series.ts';
import type { Silence } from '../../src/core/source-state.ts';
import { decodeChangedWindows } from '../../src/core/state-changes.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { decodeStoredWindow } from '../../src/core/stored-window.ts';
import { SOURCES_TABLE, WINDOWS_TABLE } from '../../src/platform/names.ts';
import { alertId } from '../../src/stores/alerts.ts';
import { readChangeRecord } from '../../src/wire/change-record.ts';
import type { DynamoDbEventRecord } from '../../src/wire/stream-records.ts';

/** What an alert has to judge of one batch, in the order of the changes. */
export interface AlertWork {
  readonly rule: AlertRule;
  readonly series: string;
  readonly observations: KeptWindow[];
  readonly sequences: SequenceNumber[];
}

/** What is watched for silence, a source or a series of a rollup, has shown itself. */
export interface Arrivals {
  readonly rule: AlertRule;
  readonly series: string;
  readonly sequences: SequenceNumber[];
  /** What each change shows, in their order: silences that ended, and its latest arrival. */
  readonly looks: SilenceLook[];
  /** Silences that had ended before the first of them. */
  readonly ended: readonly Silence[];
  /** The longest time between two of them, the one before the batch included; infinite at a source's first. */
  silentForMs: number;
}

/** A rollup window, or a part of one, that some alert watches. */
export interface ChangedRollup {
  readonly window: StoredWindow;
  readonly sequence: SequenceNumber;
  readonly rules: readonly AlertRule[];
}

export interface DecodedWork {
  readonly works: AlertWorks;
  readonly arrivals: readonly Arrivals[];
  readonly rollups: readonly ChangedRollup[];
  readonly retirements: readonly Retirement[];
  readonly unreadable: readonly UnreadableChange[];
}

/** A change whose image cannot be read, however often it is delivered: it is reported, and not judged. */
export interface UnreadableChange {
  /** A source or a series. */
  readonly of: string;
  readonly reason: string;
}

/** A source that was retired and is watched. */
export interface Retirement {
  readonly rule: AlertRule;
  readonly series: string;
  readonly retiredAtMs: number;
  /** Greatest event time that it had shown. */
  readonly shownMs: number;
  readonly sequence: SequenceNumber;
}

/** The stream a record comes from shows in its key. Removals are ignored. */
export function decodeAlertWork(records: readonly DynamoDbEventRecord[], pipeline: Pipeline): DecodedWork {
  const works = new AlertWorks();
  const arrivals = new Map<string, Arrivals>();
  const rollups: ChangedRollup[] = [];
  const retirements: Retirement[] = [];
  const unreadable: UnreadableChange[] = [];
  for (const record of records) {
    if (record.dynamodb.NewImage === undefined) continue;
    const { key, oldImage, newImage, sequence } = readChangeRecord(record);
    const source = key[SOURCES_TABLE.partitionKey];
    const after = newImage?.['state'];
    const before = oldImage?.['state'];
    if (!isEncoded(after)) continue;
    if (typeof source !== 'string') {
      const name = newImage?.['name'] ?? key[WINDOWS_TABLE.partitionKey];
      const rules =
        typeof name === 'string' ? pipeline.alerts.filter((rule) => watchesSeries(rule, name)) : [];
      if (typeof name !== 'string' || rules.length === 0) continue;
      const window = attempt(() => decodeStoredWindow(name, after));
      if (typeof window === 'string') {
        unreadable.push({ of: name, reason: window });
        continue;
      }
      const onSilence = rules.filter(({ when }) => when.kind === 'absent');
      const onWindows = rules.filter(({ when }) => when.kind !== 'absent');
      if (onWindows.length > 0) rollups.push({ window, sequence, rules: onWindows });
      const earlier = isEncoded(before) ? attempt(() => decodeStoredWindow(name, before)) : '';
      const known = typeof earlier === 'string' ? 0 : earlier.events;
      // A window that merely becomes final is no sign of life.
      if (window.events <= known) continue;
      const nowMs = record.dynamodb.ApproximateCreationDateTime * 1_000;
      for (const rule of onSilence) {
        noteArrival(arrivals, rule, { series: name, sequence, nowMs, thenMs: undefined, silences: [] });
      }
      continue;
    }
    const rules = pipeline.alerts.filter((rule) => watchesSource(rule, source));
    if (rules.length === 0) continue;
    const now = attempt(() => decodeChangedWindows(source, after));
    if (typeof now === 'string') {
      unreadable.push({ of: source, reason: now });
      continue;
    }
    const earlier = isEncoded(before) ? attempt(() => decodeChangedWindows(source, before)) : '';
    const then = typeof earlier === 'string' ? undefined : earlier;
    const retiredAtMs = newImage?.[SOURCES_TABLE.retiredAt];
    // Its windows close since it was retired, and are nobody's business.
    if (typeof retiredAtMs === 'number' && retiredAtMs >= now.lastArrivalMs) {
      for (const rule of rules) {
        const series = watchedSeries(rule, source);
        if (series !== undefined)
          retirements.push({ rule, series, retiredAtMs, shownMs: now.latestTime, sequence });
      }
      continue;
    }
    for (const rule of rules) {
      if (rule.on.kind === 'source') {
        // All it has sent so far is in quarantine: nothing has arrived of it.
        if (now.lastArrivalMs < 0) continue;
        noteArrival(arrivals, rule, {
          series: sourceSeries('', source),
          sequence,
          nowMs: now.lastArrivalMs,
          thenMs: then?.lastArrivalMs,
          silences: now.silences,
        });
      } else if (rule.on.kind !== 'rollup') {
        works.add(rule, sourceSeries(rule.on.name, source), observeSource(rule, then, now), sequence);
      }
    }
  }
  return { works, arrivals: [...arrivals.values()], rollups, retirements, unreadable };
}

/** What it reads, or why it cannot. */
function attempt<T extends object>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    return String(error);
  }
}

function noteArrival(
  into: Map<string, Arrivals>,
  rule: AlertRule,
  change: {
    readonly series: string;
    readonly sequence: SequenceNumber;
    readonly nowMs: number;
    readonly thenMs: number | undefined;
    readonly silences: readonly Silence[];
  },
): void {
  const { series, sequence, nowMs, thenMs, silences } = change;
  const id = alertId({ rule: rule.name, series });
  const isBefore = ({ toMs }: Silence) => thenMs !== undefined && toMs <= thenMs;
  const ended = silences.filter(isBefore);
  const known = into.get(id) ?? { rule, series, sequences: [], looks: [], ended, silentForMs: 0 };
  known.sequences.push(sequence);
  // By the time of the arrival itself: whether silence began since is for the clock to say.
  known.looks.push(...looksAt(silences.filter((each) => !isBefore(each))), { lastArrivalMs: nowMs, nowMs });
  known.silentForMs = Math.max(
    known.silentForMs,
    thenMs === undefined ? Number.POSITIVE_INFINITY : nowMs - thenMs,
  );
  into.set(id, known);
}

/** Each alert that has something to judge, once a batch. */
export class AlertWorks {
  readonly #byId = new Map<string, AlertWork>();

  add(rule: AlertRule, series: string, observations: readonly KeptWindow[], sequence: SequenceNumber): void {
    if (observations.length === 0) return;
    const id = alertId({ rule: rule.name, series });
    const work = this.#byId.get(id) ?? { rule, series, observations: [], sequences: [] };
    work.observations.push(...observations);
    work.sequences.push(sequence);
    this.#byId.set(id, work);
  }

  list(): readonly AlertWork[] {
    return [...this.#byId.values()];
  }
}

function isEncoded(value: unknown): value is Uint8Array | string {
  return typeof value === 'string' || value instanceof Uint8Array;
}
