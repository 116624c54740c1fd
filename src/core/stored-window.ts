// A window as the windows table holds it, and its contents as bytes.
import type { EpochMs } from './brands.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { FieldSummary } from './field-counts.ts';
import { summarizeFields } from './field-counts.ts';
import type { MetricSummary } from './metric.ts';
import { summarizeMetric } from './metric.ts';
import type { GroupContents } from './source-window.ts';
import type { MetricText } from './state-encoding-v1.ts';
import { metricFromV1 } from './state-encoding-v1.ts';
import { NameTable, readGroup, readTexts, writeGroup, writeTexts } from './window-encoding.ts';

/** A closed source window, or one part of a rollup window. */
export interface StoredWindow extends GroupContents {
  readonly series: string;
  readonly start: EpochMs;
  /** Exclusive. */
  readonly end: EpochMs;
  /** Of a rollup: which part, by source. Readers merge the parts. */
  readonly part: number | undefined;
  /** Of a rollup: by source, its last change folded in, so that redelivered ones count once. */
  readonly marks: ReadonlyMap<string, Mark>;
  /**
   * Of a source's window: it will not change any more. Of a rollup's: every source in it has closed its own; a source that
   * first shows up later makes it provisional again.
   */
  readonly final: boolean;
}

export interface Mark {
  /** Of the source's state. */
  readonly version: number;
  /** Whether the source's own window was open still. */
  readonly open: boolean;
}

/** A window of a series with its parts merged: what users read. */
export interface SeriesWindow extends FieldSummary {
  readonly series: string;
  readonly start: EpochMs;
  readonly end: EpochMs;
  readonly final: boolean;
  readonly events: number;
  /** Rises with every change: the number of events folded in. */
  readonly revision: number;
  /** By metric name; a Map, since a name may be anything. */
  readonly metrics: ReadonlyMap<string, MetricSummary>;
}

/** What an item holds: bytes, or in the first form a text. */
export type EncodedWindow = Uint8Array | string;

const WINDOW_VERSION = 2;
const WINDOW_VERSION_V1 = 1;

/** The part of a stored window that is not its key. */
export function encodeStoredWindow(window: StoredWindow): Uint8Array {
  BODY.clear();
  HEAD.clear();
  const names = new NameTable();
  writeGroup(BODY, window, names);
  const body = BODY.finish();
  HEAD.byte(WINDOW_VERSION);
  HEAD.varint(window.start);
  HEAD.varint(window.end - window.start);
  HEAD.byte(window.final ? 1 : 0);
  HEAD.varint(window.part === undefined ? 0 : window.part + 1);
  HEAD.varint(window.marks.size);
  for (const [source, { version, open }] of window.marks) {
    HEAD.text(source);
    HEAD.varint(version * 2 + (open ? 1 : 0));
  }
  writeTexts(HEAD, names.names);
  HEAD.bytes(body);
  return HEAD.finish();
}

/** Written to and emptied within one call. */
const HEAD = new ByteWriter();
const BODY = new ByteWriter();

/** @throws Error for what is not of a known version, or cut short */
export function decodeStoredWindow(series: string, encoded: EncodedWindow): StoredWindow {
  if (typeof encoded === 'string') return readWindowV1(series, JSON.parse(encoded));
  const head = new ByteReader(encoded);
  const version = head.byte();
  if (version !== WINDOW_VERSION) throw unknownVersion(series, version);
  const start = head.varint();
  const end = start + head.varint();
  const final = head.byte() === 1;
  const part = head.varint();
  const marks = new Map(Array.from({ length: head.varint() }, () => [head.text(), readMark(head)] as const));
  const names = readTexts(head);
  const group = readGroup(new ByteReader(head.bytes()), names);
  return { series, start, end, final, part: part === 0 ? undefined : part - 1, marks, ...group };
}

export function summarizeStored(window: StoredWindow): SeriesWindow {
  const { series, start, end, final, events, metrics, fields } = window;
  return {
    series,
    start,
    end,
    final,
    events,
    revision: events,
    metrics: new Map(metrics.map((metric) => [metric.name, summarizeMetric(metric, end - start)])),
    ...summarizeFields(fields),
  };
}

function readMark(head: ByteReader): Mark {
  const code = head.varint();
  return { version: Math.floor(code / 2), open: code % 2 === 1 };
}

interface WindowTextV1 {
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

function readWindowV1(series: string, text: WindowTextV1): StoredWindow {
  if (text.v !== WINDOW_VERSION_V1) throw unknownVersion(series, text.v);
  return {
    series,
    start: text.s,
    end: text.e,
    part: text.p,
    marks: new Map((text.k ?? []).map(([source, version]) => [source, { version, open: !text.f }])),
    final: text.f,
    events: text.c,
    metrics: text.m.map((metric) => metricFromV1(metric, text.n)),
    fields: undefined,
  };
}

function unknownVersion(series: string, version: unknown): Error {
  return new Error(
    `window of ${series}: found encoding version ${String(version)}, expected ${WINDOW_VERSION_V1} or ${WINDOW_VERSION}`,
  );
}
