// A window as the windows table holds it, and its contents as bytes.
import type { EpochMs, SequenceNumber } from './brands.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { ChangePlace } from './change-place.ts';
import { type ChainLink, readLink, writeLink } from './closing-chain.ts';
import { DIGEST_OF_NOTHING } from './contents-digest.ts';
import type { FieldSummary } from './field-counts.ts';
import { summarizeFields } from './field-counts.ts';
import type { Metric, MetricSummary } from './metric.ts';
import { summarizeMetric } from './metric.ts';
import type { Partiality } from './partiality.ts';
import type { GroupContents, WindowGroup } from './source-window.ts';
import type { MetricText } from './state-encoding-v1.ts';
import { metricFromV1 } from './state-encoding-v1.ts';
import { type StateSummary, type StateTime, summarizeStateTime } from './state-time.ts';
import { hashText } from './text-hash.ts';
import { readTimes, writeTimes } from './times-encoding.ts';
import { copyGroup, revisionOf } from './window.ts';
import {
  NameTable,
  readGroup,
  readTags,
  readTexts,
  type WindowForm,
  writeGroup,
  writeTags,
  writeTexts,
} from './window-encoding.ts';

/** A closed source window, or one part of a rollup window. */
export interface StoredWindow extends GroupContents {
  readonly series: string;
  readonly start: EpochMs;
  /** Exclusive. */
  readonly end: EpochMs;
  /** For rollup windows: which part this is, chosen by source. Readers merge the parts. */
  readonly part: number | undefined;
  /** For rollup windows: each source's last change folded in, by `markKey`, so that redelivered changes count once. */
  readonly marks: ReadonlyMap<string, Mark>;
  /** For rollup windows: the part takes no further sources. Once true, it stays true. */
  readonly full?: boolean;
  /** For rollup windows: this is the window's only part. */
  readonly alone?: boolean;
  /** For rollup windows: the window had expired and been deleted before this came, so that it is never final. */
  readonly incomplete?: boolean;
  /**
   * For a source's window: it will not change any more. For a rollup's: every source in it has closed its own; a source that
   * first shows up later makes it provisional again.
   */
  readonly final: boolean;
  /** It holds a part of its events, and which; undefined: all of them. */
  readonly partial?: Partiality | undefined;
  /** For a source's window: its place among those that closed before it. */
  readonly link?: ChainLink | undefined;
  /** For a source's window: rollups that all of it had been folded into before it was stored, by `rollupMark`. */
  readonly told?: readonly number[] | undefined;
  /** For a source's window: its events apart by the tags that rollups ask for, so that a part of theirs can be made anew. */
  readonly apart?:
    | { readonly groupBy: readonly string[]; readonly groups: readonly WindowGroup[] }
    | undefined;
  /** For a source's window: the change that stored it in place of another one, since the source had been put back; undefined: it is the first. */
  readonly since?: ChangePlace;
  /** For a rollup's window: by how much its revision is above its events, since events were taken out of it; undefined: nothing. */
  readonly raised?: number;
}

export interface Mark {
  /** Version of the source's state. */
  readonly version: number;
  /** Whether the source's own window was open still. */
  readonly open: boolean;
  /** Digest of all that the part holds of the source: see `digestOf`; undefined if that says nothing. */
  readonly digest?: number;
  /** The change by which the source was put back to what it holds now: none before it counts any more; undefined: it never was. */
  readonly since?: ChangePlace;
}

/** The source has no such window any more, and nothing of it is in the part. */
export function isGone({ open, digest }: Mark): boolean {
  return !open && digest === DIGEST_OF_NOTHING;
}

/** A window of a series with its parts merged: what users read. */
export interface SeriesWindow extends FieldSummary {
  readonly series: string;
  readonly start: EpochMs;
  readonly end: EpochMs;
  readonly final: boolean;
  readonly partial?: Partiality | undefined;
  readonly events: number;
  /** Rises with every change: the number of events folded in, and of steps of counters that were moved without one. */
  readonly revision: number;
  /** By metric name; a Map, since a name may be anything. */
  readonly metrics: ReadonlyMap<string, MetricSummary>;
  /** By the name of the value; not there where the aggregation asks for none, or none is known. */
  readonly states?: ReadonlyMap<string, StateSummary>;
}

/** What an item holds: bytes, or in the first form a text. */
export type EncodedWindow = Uint8Array | string;

const WINDOW_VERSION = 3;
/** Its marks hold the sources' names, and no steps of counters were moved in it. */
const WINDOW_VERSION_V2 = 2;
const WINDOW_VERSION_V1 = 1;

/** The part of a stored window that is not its key. */
export function encodeStoredWindow(window: StoredWindow): Uint8Array {
  BODY.clear();
  HEAD.clear();
  const names = new NameTable();
  writeGroup(BODY, window, names);
  const { apart, since } = window;
  const hasDetails =
    window.part === undefined ? apart !== undefined || since !== undefined : isDetailed(window);
  if (apart !== undefined) writeApart(BODY, apart, names);
  const body = BODY.finish();
  HEAD.byte(WINDOW_VERSION);
  HEAD.varint(window.start);
  HEAD.varint(window.end - window.start);
  HEAD.byte(
    (window.final ? FINAL : 0) |
      (window.alone === true ? ALONE : 0) |
      (window.full === true ? FULL : 0) |
      (window.incomplete === true ? INCOMPLETE : 0) |
      (window.partial === undefined ? 0 : PARTIAL) |
      (window.link === undefined ? 0 : LINK) |
      (window.told === undefined ? 0 : TOLD) |
      (hasDetails ? DETAILS : 0),
  );
  HEAD.varint(window.part === undefined ? 0 : window.part + 1);
  HEAD.varint(window.marks.size);
  for (const [key, { version, open, digest }] of window.marks) {
    HEAD.text(key);
    HEAD.varint(version * 2 + (open ? 1 : 0));
    if (hasDetails) HEAD.varint((digest ?? -1) + 1);
  }
  if (hasDetails && window.part !== undefined) {
    HEAD.varint(window.raised ?? 0);
    writeSinces(HEAD, [...window.marks.values()]);
  } else if (hasDetails) {
    HEAD.byte((apart === undefined ? 0 : APART) | (since === undefined ? 0 : SINCE));
    if (since !== undefined) writePlace(HEAD, since);
  }
  if (window.partial !== undefined) writePartiality(HEAD, window.partial, window.start);
  if (window.link !== undefined) writeLink(HEAD, window.link, window.start);
  if (window.told !== undefined) {
    HEAD.varint(window.told.length);
    for (const rollup of window.told) HEAD.varint(rollup);
  }
  writeTexts(HEAD, names.names);
  HEAD.bytes(body);
  writeTimes(HEAD, window);
  return HEAD.finish();
}

const FINAL = 1;
const FULL = 2;
const INCOMPLETE = 4;
const ALONE = 8;
const PARTIAL = 16;
const LINK = 32;
const TOLD = 64;
/** In a part: marks have digests, and `raised` and places follow them. In a source's window: a byte says which of these it has. */
const DETAILS = 128;
const APART = 1;
const SINCE = 2;

function isDetailed({ marks, raised = 0 }: StoredWindow): boolean {
  return (
    raised > 0 || [...marks.values()].some(({ digest, since }) => digest !== undefined || since !== undefined)
  );
}

/** By the places of the marks that have one. */
function writeSinces(writer: ByteWriter, marks: readonly Mark[]): void {
  const noted = marks.flatMap(({ since }, at) => (since === undefined ? [] : [{ at, since }]));
  writer.varint(noted.length);
  for (const { at, since } of noted) {
    writer.varint(at);
    writePlace(writer, since);
  }
}

function writePlace(writer: ByteWriter, { sequence, madeMs }: ChangePlace): void {
  writer.text(sequence);
  writer.varint(Math.floor(madeMs / 1_000));
}

function readPlace(reader: ByteReader): ChangePlace {
  return { sequence: reader.text() as SequenceNumber, madeMs: reader.varint() * 1_000 };
}

function withSinces(reader: ByteReader, marks: ReadonlyMap<string, Mark>): Map<string, Mark> {
  const noted = new Map(marks);
  const keys = [...marks.keys()];
  for (let left = reader.varint(); left > 0; left -= 1) {
    const key = keys[reader.varint()];
    const since = readPlace(reader);
    const mark = key === undefined ? undefined : marks.get(key);
    if (key !== undefined && mark !== undefined) noted.set(key, { ...mark, since });
  }
  return noted;
}

/** The contents of one group alone are those of the window. */
function writeApart(
  writer: ByteWriter,
  { groupBy, groups }: NonNullable<StoredWindow['apart']>,
  names: NameTable,
): void {
  writeTexts(writer, groupBy);
  writer.varint(groups.length);
  for (const group of groups) {
    writeTags(writer, group.tags);
    if (groups.length === 1) continue;
    writeGroup(writer, group, names);
    const isTimed = group.states !== undefined || group.weights !== undefined;
    writer.byte(isTimed ? 1 : 0);
    if (isTimed) writeTimes(writer, group);
  }
}

function readApart(
  reader: ByteReader,
  form: WindowForm,
  whole: GroupContents,
): NonNullable<StoredWindow['apart']> {
  const groupBy = readTexts(reader);
  const count = reader.varint();
  const groups = Array.from({ length: count }, (): WindowGroup => {
    const tags = readTags(reader);
    const contents =
      count === 1 ? whole : { ...readGroup(reader, form), ...(reader.byte() === 1 ? readTimes(reader) : {}) };
    return { ...copyGroup(contents), tags };
  });
  return { groupBy, groups };
}

/** Longer names stand under a hash. */
const LONGEST_MARK = 11;

/**
 * What stands for a source in the marks of a part: its name, or where that is longer than 11 characters `#` and 64 bits of hash,
 * 12 characters. Two of the 256 sources of a part share a hash with odds of 1 in 5·10¹⁴.
 */
export function markKey(source: string): string {
  if (source.length <= LONGEST_MARK) return source;
  const { high, low } = hashText(source);
  // 30 bits of each half, then the two left of each in one digit.
  const rest = DIGITS[((high >>> 30) << 2) | (low >>> 30)];
  return `#${base64Digits(high, 5)}${base64Digits(low, 5)}${rest}`;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function base64Digits(value: number, count: number): string {
  let digits = '';
  for (let at = 0; at < count; at += 1) digits += DIGITS[(value >>> (6 * at)) & 63];
  return digits;
}

/** Written to and emptied within one call. */
const HEAD = new ByteWriter();
const BODY = new ByteWriter();

/** @throws Error for what is not of a known version, or cut short */
export function decodeStoredWindow(series: string, encoded: EncodedWindow): StoredWindow {
  if (typeof encoded === 'string') return readWindowV1(series, JSON.parse(encoded));
  const head = new ByteReader(encoded);
  const version = head.byte();
  if (version !== WINDOW_VERSION && version !== WINDOW_VERSION_V2) throw unknownVersion(series, version);
  const keyOf = version === WINDOW_VERSION_V2 ? markKey : (key: string) => key;
  const start = head.varint();
  const end = start + head.varint();
  const flags = head.byte();
  const part = head.varint();
  const marked = new Map(
    Array.from(
      { length: head.varint() },
      () => [keyOf(head.text()), readMark(head, (flags & DETAILS) !== 0)] as const,
    ),
  );
  const hasDetails = part > 0 && (flags & DETAILS) !== 0;
  const raised = hasDetails ? head.varint() : 0;
  const marks = hasDetails ? withSinces(head, marked) : marked;
  const details = part === 0 && (flags & DETAILS) !== 0 ? head.byte() : 0;
  const since = (details & SINCE) === 0 ? undefined : readPlace(head);
  const partial = (flags & PARTIAL) === 0 ? undefined : readPartiality(head, start);
  const link = (flags & LINK) === 0 ? undefined : readLink(head, start);
  const told = (flags & TOLD) === 0 ? undefined : Array.from({ length: head.varint() }, () => head.varint());
  const names = readTexts(head);
  const body = new ByteReader(head.bytes());
  const form = { names, version };
  const contents = readGroup(body, form);
  const group = { ...contents, ...readTimes(head) };
  const apart = (details & APART) === 0 ? undefined : readApart(body, form, group);
  return {
    series,
    start,
    end,
    final: (flags & FINAL) !== 0,
    part: part === 0 ? undefined : part - 1,
    marks,
    ...((flags & FULL) === 0 ? {} : { full: true }),
    ...((flags & INCOMPLETE) === 0 ? {} : { incomplete: true }),
    ...((flags & ALONE) === 0 ? {} : { alone: true }),
    ...(partial === undefined ? {} : { partial }),
    ...(link === undefined ? {} : { link }),
    ...(told === undefined ? {} : { told }),
    ...(apart === undefined ? {} : { apart }),
    ...(since === undefined ? {} : { since }),
    ...(raised === 0 ? {} : { raised }),
    ...group,
  };
}

export function summarizeStored(window: StoredWindow): SeriesWindow {
  const { series, start, end, final, partial, events, metrics, fields, states = [], weights = [] } = window;
  const summary = (metric: Metric) => {
    const weight = weights.find(({ name }) => name === metric.name);
    return summarizeMetric(metric, end - start, weight);
  };
  return {
    series,
    start,
    end,
    final,
    ...(partial === undefined ? {} : { partial }),
    events,
    revision: revisionOf([window]) + (window.raised ?? 0),
    metrics: new Map(metrics.map((metric) => [metric.name, summary(metric)])),
    ...(states.length === 0 ? {} : { states: summarizeStates(states) }),
    ...summarizeFields(fields),
  };
}

/**
 * Whether there is nothing to report of a rollup's window: what it held was taken back, or late samples gave it to other windows.
 * Whether such a window is stored depends on batches, so readers leave it out.
 */
export function holdsNothing({ events, metrics, weights = [], states = [] }: StoredWindow): boolean {
  if (events !== 0 || metrics.some(({ count }) => count !== 0)) return false;
  return !states.some(isKnown) && !weights.some(({ ms }) => ms !== 0);
}

function isKnown({ last, changes, ms }: StateTime): boolean {
  return last !== undefined || changes !== 0 || [...ms.values()].some((own) => own !== 0);
}

/** Room may have been made for what is known of none of them, not yet or not any more. */
function summarizeStates(states: readonly StateTime[]): ReadonlyMap<string, StateSummary> {
  const known = states.filter(isKnown);
  return new Map(known.map((time) => [time.name, summarizeStateTime(time)]));
}

function writePartiality(writer: ByteWriter, { sinceMs, untilMs }: Partiality, from: EpochMs): void {
  writer.byte((sinceMs === undefined ? 0 : 1) + (untilMs === undefined ? 0 : 2));
  if (sinceMs !== undefined) writer.signed(sinceMs - from);
  if (untilMs !== undefined) writer.signed(untilMs - from);
}

function readPartiality(reader: ByteReader, from: EpochMs): Partiality {
  const flags = reader.byte();
  return {
    ...(flags % 2 === 1 ? { sinceMs: from + reader.signed() } : {}),
    ...(flags >= 2 ? { untilMs: from + reader.signed() } : {}),
  };
}

function readMark(head: ByteReader, hasDigest: boolean): Mark {
  const code = head.varint();
  const mark = { version: Math.floor(code / 2), open: code % 2 === 1 };
  const digest = hasDigest ? head.varint() - 1 : -1;
  return digest < 0 ? mark : { ...mark, digest };
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
    marks: new Map((text.k ?? []).map(([source, version]) => [markKey(source), { version, open: !text.f }])),
    final: text.f,
    events: text.c,
    moved: 0,
    metrics: text.m.map((metric) => metricFromV1(metric, text.n)),
    fields: undefined,
  };
}

function unknownVersion(series: string, version: unknown): Error {
  return new Error(
    `window of ${series}: found encoding version ${String(version)}, expected ${WINDOW_VERSION_V1} to ${WINDOW_VERSION}`,
  );
}
