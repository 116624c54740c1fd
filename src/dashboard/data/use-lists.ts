// The lists that several parts of the page show.
import { createContext } from 'preact';
import { useContext, useMemo, useRef } from 'preact/hooks';
import type { AlertAnswer } from '../../wire/api/alert-answer.ts';
import type { LedgerAnswer, PipelineAnswer, SourceAnswer } from '../../wire/api/answers.ts';
import { ledgerSchema, pipelineSchema, sourcesSchema } from '../../wire/api/answers.ts';
import { useData } from './context.ts';
import { loadAll } from './load-all.ts';
import { rankOf, rateBetween, type SourceRow } from './sort-sources.ts';
import { type KnownAlerts, useAlerts } from './use-alerts.ts';
import { type Polled, usePolled } from './use-polled.ts';

/** More than so many are not listed: they are found by their address. */
const MAX_SOURCES = 5_000;

/** What every page needs is asked for once, and outlives them. */
export interface Lists {
  readonly pipeline: Polled<PipelineAnswer>;
  readonly alerts: KnownAlerts;
}

export const ListsContext = createContext<Lists | undefined>(undefined);

export function useLists(): Lists {
  const lists = useContext(ListsContext);
  if (lists === undefined)
    throw new Error('found no lists around this part of the page, expected a ListsContext');
  return lists;
}

export function usePolledLists(): Lists {
  return { pipeline: usePolledPipeline(), alerts: useAlerts() };
}

function usePolledPipeline(): Polled<PipelineAnswer> {
  const { api } = useData();
  return usePolled({
    key: 'pipeline',
    everyMs: 300_000,
    load: (signal) => api.get('/v1/pipeline', pipelineSchema, { signal }),
  });
}

/** Added up once a minute at most, whoever asks. */
export function useLedger(): Polled<LedgerAnswer> {
  const { api } = useData();
  return usePolled({
    key: 'ledger',
    everyMs: 15_000,
    load: (signal) => api.get('/v1/ledger', ledgerSchema, { signal }),
  });
}

export interface SourceRows {
  readonly rows: readonly SourceRow[] | undefined;
  readonly isCut: boolean;
  readonly trouble: string | undefined;
  /** Events per second of all sources together, between the two latest readings. */
  readonly perSecond: number | undefined;
  readonly overMs: number | undefined;
  readonly atMs: number | undefined;
}

interface Reading {
  readonly atMs: number;
  readonly sources: ReadonlyMap<string, SourceAnswer>;
}

/** With the worst alert of each. The list is read whole, so not often. */
export function useSourceRows(alerts: readonly AlertAnswer[] | undefined): SourceRows {
  const { api } = useData();
  const listed = usePolled({
    key: 'sources',
    everyMs: 20_000,
    load: (signal) =>
      loadAll(api, {
        path: '/v1/sources',
        schema: sourcesSchema,
        entriesOf: ({ sources }) => sources,
        limit: 100,
        atMost: MAX_SOURCES,
        signal,
      }),
  });
  const readings = useRef<{ readonly before: Reading | undefined; readonly now: Reading | undefined }>({
    before: undefined,
    now: undefined,
  });
  const { value, atMs } = listed;
  if (value !== undefined && atMs !== undefined && readings.current.now?.atMs !== atMs) {
    const sources = new Map(value.entries.map((source) => [source.source, source]));
    readings.current = { before: readings.current.now, now: { atMs, sources } };
  }
  const { before } = readings.current;
  const rows = useMemo(() => {
    if (value === undefined || atMs === undefined) return undefined;
    const worst = worstBySource(alerts ?? []);
    return value.entries.map((source) => ({
      source,
      perSecond: rateBetween(before, { atMs, source }),
      alert: worst.get(source.source),
    }));
  }, [value, atMs, before, alerts]);
  const rates = rows?.flatMap(({ perSecond }) => (perSecond === undefined ? [] : [perSecond])) ?? [];
  return {
    rows,
    isCut: value?.isCut === true,
    trouble: listed.trouble,
    perSecond: rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate, 0),
    overMs: before === undefined || atMs === undefined ? undefined : atMs - before.atMs,
    atMs,
  };
}

function worstBySource(alerts: readonly AlertAnswer[]): ReadonlyMap<string, AlertAnswer> {
  const worst = new Map<string, AlertAnswer>();
  for (const alert of alerts) {
    if (alert.source === undefined || (alert.status !== 'firing' && alert.status !== 'pending')) continue;
    if (rankOf(alert) < rankOf(worst.get(alert.source))) worst.set(alert.source, alert);
  }
  return worst;
}
