// A transition of an alert as it is published: what a rule on the event bus sees under `detail`.
import { decodeAlertState } from '../core/alerts/alert-encoding.ts';
import type { AlertStatus, Transition } from '../core/alerts/alert-state.ts';
import { parseRollupSeries, parseSourceSeries } from '../core/series.ts';
import { readChangeRecord } from './change-record.ts';
import type { DynamoDbEventRecord } from './stream-records.ts';

export interface AlertEvent {
  /** `rule/subject/sequence`: the same however often it is published. Whoever has seen it has seen it. */
  readonly id: string;
  readonly rule: string;
  readonly subject: AlertSubject;
  readonly sequence: number;
  readonly from: AlertStatus;
  readonly to: AlertStatus;
  readonly severity: Transition['severity'];
  readonly reason: string;
  /** Times in ms since the epoch; `end` exclusive. */
  readonly window: Transition['window'];
  /** It replaces what was published for the window before; if `from` equals `to`, the window caused no transition after all. */
  readonly correction?: true | undefined;
}

export type AlertSubject =
  | { readonly kind: 'source'; readonly source: string; readonly aggregation?: string }
  | { readonly kind: 'rollup'; readonly rollup: string; readonly values: readonly (string | null)[] };

export function alertEvent(rule: string, series: string, transition: Transition): AlertEvent {
  const { sequence } = transition;
  return { id: `${rule}/${series}/${sequence}`, rule, subject: alertSubject(series), ...transition };
}

export function alertSubject(series: string): AlertSubject {
  const rollup = parseRollupSeries(series);
  if (rollup !== undefined) return { kind: 'rollup', ...rollup };
  const { aggregation = '', source = series } = parseSourceSeries(series) ?? {};
  return { kind: 'source', source, ...(aggregation === '' ? {} : { aggregation }) };
}

export function alertEvents(record: DynamoDbEventRecord): readonly AlertEvent[] {
  return alertTransitions(record).map(({ rule, series, transition }) => alertEvent(rule, series, transition));
}

export interface AlertTransition {
  readonly rule: string;
  readonly series: string;
  readonly transition: Transition;
}

/**
 * The transitions that a write of an alert made: those the image before it does not count. All that are kept where that cannot be read: who
 * has seen them knows them by their ids.
 * @throws Error where the image after it cannot be read
 */
export function alertTransitions(record: DynamoDbEventRecord): readonly AlertTransition[] {
  const { oldImage, newImage } = readChangeRecord(record);
  const { rule, series, state } = newImage ?? {};
  if (typeof rule !== 'string' || typeof series !== 'string' || !(state instanceof Uint8Array)) return [];
  const known = oldImage?.['state'];
  const before = known instanceof Uint8Array ? sequenceOf(series, known) : 0;
  return decodeAlertState(series, state)
    .transitions.filter(({ sequence }) => sequence > before)
    .map((transition) => ({ rule, series, transition }));
}

function sequenceOf(series: string, state: Uint8Array): number {
  try {
    return decodeAlertState(series, state).sequence;
  } catch {
    return 0;
  }
}
