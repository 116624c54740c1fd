// A window as the windows table holds it, and the text form of its contents.
import type { EpochMs } from './brands.ts';
import type { Metric, MetricSummary } from './metric.ts';
import { summarizeMetric } from './metric.ts';
import type { MetricText } from './metric-encoding.ts';
import { metricFromText, metricToText, NameTable } from './metric-encoding.ts';

/** A closed source window, or one part of a rollup window. */
export interface StoredWindow {
  readonly series: string;
  readonly start: EpochMs;
  /** Exclusive. */
  readonly end: EpochMs;
  /** Of a rollup: which part, by source. Readers merge the parts. */
  readonly part: number | undefined;
  /** Of a rollup: for each source the version of its last change folded in, so that redelivered ones count once. */
  readonly marks: ReadonlyMap<string, number>;
  /** The window will not change any more. */
  readonly final: boolean;
  readonly events: number;
  readonly metrics: readonly Metric[];
}

/** A window of a series with its parts merged: what users read. */
export interface SeriesWindow {
  readonly series: string;
  readonly start: EpochMs;
  readonly end: EpochMs;
  readonly final: boolean;
  readonly events: number;
  readonly revision: number;
  readonly metrics: ReadonlyMap<string, MetricSummary>;
}

/** The part of a stored window that is not its key, as JSON. */
export function encodeStoredWindow(window: StoredWindow): string {
  const names = new NameTable();
  const text: StoredWindowText = {
    v: STORED_WINDOW_VERSION,
    s: window.start,
    e: window.end,
    f: window.final,
    c: window.events,
    m: window.metrics.map((metric) => metricToText(metric, names)),
    n: names.names,
    ...(window.part === undefined ? {} : { p: window.part }),
    ...(window.marks.size === 0 ? {} : { k: [...window.marks] }),
  };
  return JSON.stringify(text);
}

/** @throws Error for a text that is not of a known version */
export function decodeStoredWindow(series: string, json: string): StoredWindow {
  const text: StoredWindowText = JSON.parse(json);
  if (text.v !== STORED_WINDOW_VERSION) {
    throw new Error(
      `window of ${series}: found encoding version ${text.v}, expected ${STORED_WINDOW_VERSION}`,
    );
  }
  return {
    series,
    start: text.s,
    end: text.e,
    part: text.p,
    marks: new Map(text.k ?? []),
    final: text.f,
    events: text.c,
    metrics: text.m.map((metric) => metricFromText(metric, text.n)),
  };
}

export function summarizeStored(window: StoredWindow): SeriesWindow {
  return {
    series: window.series,
    start: window.start,
    end: window.end,
    final: window.final,
    events: window.events,
    revision: window.events,
    metrics: new Map(window.metrics.map((metric) => [metric.name, summarizeMetric(metric)])),
  };
}

const STORED_WINDOW_VERSION = 1;

interface StoredWindowText {
  readonly v: number;
  readonly s: EpochMs;
  readonly e: EpochMs;
  readonly f: boolean;
  readonly c: number;
  readonly m: readonly MetricText[];
  readonly n: readonly string[];
  readonly p?: number;
  readonly k?: readonly (readonly [string, number])[];
}
