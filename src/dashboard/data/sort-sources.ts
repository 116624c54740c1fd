// The table of sources: which are shown, in what order.
import type { AlertAnswer } from '../../wire/api/alert-answer.ts';
import type { SourceAnswer } from '../../wire/api/answers.ts';

export interface SourceRow {
  readonly source: SourceAnswer;
  /** Between the two latest times the list was read; undefined: it was read once. */
  readonly perSecond: number | undefined;
  readonly alert: AlertAnswer | undefined;
}

export const SORTS = ['alert', 'name', 'seen', 'rate'] as const;
export type Sort = (typeof SORTS)[number];

/** Every word of the search is in the name, or in a tag's value. */
export function selectSources(
  rows: readonly SourceRow[],
  { search, sort }: { readonly search: string; readonly sort: Sort },
): readonly SourceRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ source: { source, tags = [] } }: SourceRow) =>
    words.every((word) =>
      [source, ...tags.map(({ value }) => value)].some((text) => text.toLowerCase().includes(word)),
    );
  return rows.filter(fits).sort((a, b) => ORDERS[sort](a, b) || byName(a, b));
}

type Order = (a: SourceRow, b: SourceRow) => number;

const byName: Order = (a, b) => NAMES.compare(a.source.source, b.source.source);
/** So that 2 comes before 10. */
const NAMES = new Intl.Collator('en', { numeric: true });

const ORDERS: Readonly<Record<Sort, Order>> = {
  name: byName,
  alert: (a, b) => rankOf(a.alert) - rankOf(b.alert),
  seen: (a, b) => (b.source.lastArrivalMs ?? 0) - (a.source.lastArrivalMs ?? 0),
  rate: (a, b) => (b.perSecond ?? 0) - (a.perSecond ?? 0),
};

const SEVERITIES = ['critical', 'warning', 'info'];

/** The worst first. */
export function rankOf(alert: AlertAnswer | undefined): number {
  if (alert === undefined) return 100;
  const status = ['firing', 'pending', 'resolved', 'ok'].indexOf(alert.status);
  return status * 10 + SEVERITIES.indexOf(alert.severity ?? 'info');
}

/** Rates from two readings of the list. */
export function rateBetween(
  before: { readonly atMs: number; readonly sources: ReadonlyMap<string, SourceAnswer> } | undefined,
  now: { readonly atMs: number; readonly source: SourceAnswer },
): number | undefined {
  const received = before?.sources.get(now.source.source)?.counts?.received;
  if (before === undefined || received === undefined || now.source.counts === undefined) return undefined;
  const seconds = (now.atMs - before.atMs) / 1_000;
  return seconds > 0 ? Math.max(0, now.source.counts.received - received) / seconds : undefined;
}
