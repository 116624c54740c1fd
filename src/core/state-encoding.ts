// A source's state as its item holds it: versioned bytes. What is asked for most often, the books, stands first.
import type { EpochMs } from './brands.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { addToChain, type ClosingChain, emptyChain, eventsIn } from './closing-chain.ts';
import { freezeTrails } from './count-steps.ts';
import { countsTime, freezeHeld } from './count-time.ts';
import { countedAs, holdRulesText } from './counted-as.ts';
import type { CounterSampleV2 } from './counter-increase-v2.ts';
import { USUAL_COUNTERS } from './counter-rules.ts';
import type { CounterTrail } from './counter-trail.ts';
import { emptyTrail, readTrail, setSamples, writeTrail } from './counter-trail.ts';
import { fitFolded } from './folded-into.ts';
import { heldBytes } from './held-trail.ts';
import { MAX_GONE_AGGREGATIONS } from './limits.ts';
import type { Cut } from './partiality.ts';
import { mergedPartiality, mergedRegrouping } from './partiality.ts';
import type { Aggregation, Pipeline } from './pipeline/pipeline.ts';
import {
  readPositions,
  readPositionsV2,
  readRests,
  writePositions,
  writeRests,
} from './position-encoding.ts';
import { RememberedIds } from './remembered-ids.ts';
import { readIdsV2 } from './remembered-ids-v2.ts';
import { readSilences, writeSilences } from './silence-encoding.ts';
import type {
  ClosedBorder,
  GoneAggregation,
  Letter,
  OpenAggregation,
  SourceState,
  VerdictCounts,
} from './source-state.ts';
import { addWindow, emptySourceState, NOTHING_CLOSED, openAggregation } from './source-state.ts';
import type { ClosedWindow, SourceWindow, WindowGroup } from './source-window.ts';
import { readStateV1, STATE_VERSION_V1 } from './state-encoding-v1.ts';
import type { AggregationImage, StateImage } from './state-image.ts';
import type { StateTail } from './state-tail.ts';
import { readTail, writeTail } from './state-tail.ts';
import { TagTable } from './tag-table.ts';
import { fillTimes, type HeldImage, readHeld, writeHeld } from './times-encoding.ts';
import { mergeGroup } from './window.ts';
import { windowBytes } from './window-bytes.ts';
import type { WindowForm } from './window-encoding.ts';
import {
  NameTable,
  nameAt,
  readTags,
  readTexts,
  readWindow,
  writeTags,
  writeTexts,
  writeWindow,
} from './window-encoding.ts';
import { isSession, specText } from './window-spec.ts';

/** What an item holds: bytes, or in the first form a text. */
export type EncodedState = Uint8Array | string;

/** Raised when the shape of the bytes changes; a reader refuses a version it does not know. */
const STATE_VERSION = 3;
/** Without what is known of sessions that have closed. */
const STATE_VERSION_V2 = 2;

/** Take `state.ids.takeWrites` before: what it gives belongs into the same write. */
export function encodeState(state: SourceState): Uint8Array {
  BODY.clear();
  HEAD.clear();
  const names = new NameTable();
  writePositions(BODY, state.upTo);
  BODY.varint(state.open.length);
  for (const open of state.open) {
    const { aggregation, windows, late, closedBefore, sessionsEnd } = open;
    const spec = specText(aggregation.window);
    writeHead(BODY, { ...aggregation, spec }, names);
    BODY.varint(late);
    BODY.signed(Math.max(closedBefore, state.maxTime - aggregation.allowedLatenessMs) - state.maxTime);
    if (isSession(spec)) BODY.varint(sessionsEnd);
    writeTrails(BODY, open, names);
    BODY.varint(windows.size);
    for (const window of windows.values()) writeWindow(BODY, window, names, state.maxTime);
  }
  state.ids.encode(BODY);
  BODY.varint(state.gone.length);
  for (const { name, spec, closedBefore, sessionsEnd } of state.gone) {
    BODY.text(name);
    BODY.text(spec);
    BODY.signed(closedBefore);
    if (isSession(spec)) BODY.varint(sessionsEnd);
  }
  writeAllClosed(BODY, state.closed, names, state.maxTime);
  BODY.varint(state.letters.length);
  for (const letter of state.letters) BODY.text(JSON.stringify(letter));
  writeRests(BODY, state.upTo);
  writeSilences(BODY, state.silences);
  const body = BODY.finish();

  HEAD.byte(STATE_VERSION);
  const { received, applied, duplicate, late, quarantined } = state.counts;
  for (const count of [received, applied, duplicate, late, quarantined]) HEAD.varint(count);
  HEAD.varint(state.strays);
  HEAD.signed(state.maxTime);
  HEAD.signed(state.lastArrivalMs - state.maxTime);
  writeTexts(HEAD, names.names);
  HEAD.bytes(body);
  writeTail(HEAD, state);
  writeHeld(HEAD, state);
  return HEAD.finish();
}

/** Written to and emptied within one call. */
const HEAD = new ByteWriter();
const BODY = new ByteWriter();

/**
 * Reads a state back for the pipeline given. Open windows of an aggregation the pipeline no longer has, or has with
 * another kind or size of window, are closed by this: they stand in `orphans`, to go out with the next write.
 * @throws Error for what is not of a known version, or cut short
 */
export function decodeState(source: string, encoded: EncodedState, pipeline: Pipeline): SourceState {
  const image = decodeStateImage(source, encoded, aggregationTexts(pipeline));
  const orphans: ClosedWindow[] = [];
  const state: SourceState = {
    ...emptySourceState(source, pipeline),
    upTo: [...image.upTo],
    maxTime: image.maxTime,
    latestTime: image.latestTime,
    lastArrivalMs: image.lastArrivalMs,
    counts: image.counts,
    strays: image.strays,
    ids: image.ids,
    open: pipeline.aggregations.map((aggregation) => openFromImage(image, aggregation)),
    closed: [...image.closed],
    letters: [...image.letters],
    silences: [...image.silences],
    handedOn: image.handedOn ?? 0,
    orphans,
    ...goneFromImage(image, pipeline),
  };
  for (const own of image.aggregations) {
    const { name, spec, groupBy, windows } = own;
    const into = state.open.find(({ aggregation }) => isSame(aggregation, { name, spec }));
    if (into === undefined) orphans.push(...orphansOf(image, own));
    else for (const window of windows) addWindow(state, into, fitted(image, window, { from: groupBy, into }));
  }
  for (const open of state.open) {
    const kept = image.aggregations.find((candidate) => isSame(open.aggregation, candidate));
    if (kept !== undefined && open.aggregation.keep.increase) adoptTrails(state, open, kept);
    if (kept !== undefined && countsTime(open)) adoptHeld(state, open, kept);
  }
  return state;
}

/** What an aggregation that the pipeline has no more leaves open. */
function orphansOf(image: StateImage, own: AggregationImage): ClosedWindow[] {
  const { name, spec, groupBy, windows } = own;
  const chain = { ...(own.chain ?? chainNow(image, own)) };
  return [...windows]
    .sort((a, b) => a.start - b.start)
    .map((window) => {
      const closed = { aggregation: name, spec, groupBy, ...cutShort(image, window) };
      return { ...closed, link: addToChain(chain, window) };
    });
}

/** Samples are fitted as windows are. */
function adoptTrails(state: SourceState, open: OpenAggregation, kept: AggregationImage): void {
  const { groupBy, counters } = open.aggregation;
  const isFitting =
    kept.groupBy.length === groupBy.length && kept.groupBy.every((tag, at) => tag === groupBy[at]);
  for (const [name, trail] of kept.trails) {
    if (isFitting) {
      open.trails.set(name, trail);
      continue;
    }
    const samples = trail.samples.map((sample) => ({
      ...sample,
      tags: sample.tags.length === 0 ? sample.tags : fittedTags(sample.tags, kept.groupBy, groupBy),
    }));
    open.trails.set(name, { ...trail, samples });
  }
  const isAsBefore = counters.carry === kept.counters.carry && counters.dip === kept.counters.dip;
  if (!isAsBefore) freezeTrails(open);
  for (const { bytes } of open.trails.values()) state.windowBytes += bytes;
}

/** What is asked for still of what states and values were; by other rules it goes on from the last sample of each. */
function adoptHeld(
  state: SourceState,
  open: OpenAggregation,
  { held, groupBy: from }: AggregationImage,
): void {
  const { groupBy, states, weights } = open.aggregation;
  const isFitting = from.length === groupBy.length && from.every((tag, at) => tag === groupBy[at]);
  for (const [key, each] of held.trails) {
    const isAsked = each.texts === undefined ? weights : states.some(({ of }) => of === each.name);
    if (!isAsked) continue;
    const { samples } = each.trail;
    const fitted = isFitting
      ? samples
      : samples.map((sample) => ({ ...sample, tags: fittedTags(sample.tags, from, groupBy) }));
    open.held.set(key, { ...each, trail: { ...each.trail, samples: fitted } });
  }
  if (held.rules !== holdRulesText(open.aggregation)) freezeHeld(open);
  for (const each of open.held.values()) state.windowBytes += heldBytes(each);
}

/** Tags by which windows are kept apart now; of those that they were not kept apart by before nothing is known. */
function fittedTags(
  tags: readonly (string | null)[],
  from: readonly string[],
  to: readonly string[],
): readonly (string | null)[] {
  return to.map((tag) => tags[from.indexOf(tag)] ?? null);
}

/** The ledger of a source, and how many of its events came under a partition key that is not its name. */
export interface SourceBooks {
  readonly counts: VerdictCounts;
  readonly strays: number;
}

/** Only the books of a state: for adding up many. */
export function decodeBooks(source: string, encoded: EncodedState): SourceBooks {
  if (typeof encoded === 'string') return decodeStateImage(source, encoded);
  const { head, version } = openBytes(source, encoded);
  return { counts: readCounts(head), strays: readStrays(head, version) };
}

export function decodeCounts(source: string, encoded: EncodedState): VerdictCounts {
  return decodeBooks(source, encoded).counts;
}

/** An aggregation's name and window: what tells it from others, also of other pipelines. */
export function aggregationTexts({ aggregations }: Pipeline): readonly string[] {
  return aggregations.map(({ name, window }) => aggregationText(name, specText(window)));
}

function aggregationText(name: string, spec: string): string {
  return `${name} ${spec}`;
}

/**
 * `aggregations`: those of the pipeline that it is read for, which remembered ids are fitted to; by default its own.
 * @throws Error for what is not of a known version, or cut short
 */
export function decodeStateImage(
  source: string,
  encoded: EncodedState,
  aggregations?: readonly string[],
): StateImage {
  if (typeof encoded === 'string') {
    const text = JSON.parse(encoded);
    if (text.v !== STATE_VERSION_V1) throw unknownVersion(source, text.v);
    return readStateV1(text);
  }
  const { head, version } = openBytes(source, encoded);
  const counts = readCounts(head);
  const strays = readStrays(head, version);
  const maxTime = head.signed();
  const lastArrivalMs = maxTime + head.signed();
  const names = readTexts(head);
  const body = new ByteReader(head.bytes());
  const form = { names, version };
  const upTo = version === STATE_VERSION_V2 ? readPositionsV2(body) : readPositions(body);
  const idsV2 = version === STATE_VERSION_V2 ? RememberedIds.from(readIdsV2(body.bytes())) : undefined;
  const own = times(body, () => readAggregation(body, { names, maxTime, version }));
  const ownTexts = own.map(({ name, spec }) => aggregationText(name, spec));
  const tail = head.done ? undefined : readTail(head, { maxTime, aggregations: own.length });
  const read = {
    counts,
    strays,
    maxTime,
    latestTime: tail?.latestTime ?? maxTime,
    lastArrivalMs,
    upTo,
    aggregations: own,
    ids: idsV2 ?? RememberedIds.decode(body, fitFolded(ownTexts, aggregations ?? ownTexts)),
    gone: times(body, () => readGone(body, version)),
    closed: readAllClosed(body, form, maxTime),
    forgotten: tail?.forgotten ?? NOTHING_CLOSED,
    letters: times(body, (): Letter => JSON.parse(body.text())),
    silences: [],
    handedOn: tail?.chains?.handedOn,
  };
  if (version !== STATE_VERSION) return { ...read, aggregations: withSessionsEnds(read) };
  // States of before do not tell which records were folded in by half.
  const image = body.done ? read : { ...read, upTo: readRests(body, upTo), silences: readSilences(body) };
  if (tail === undefined) return image;
  const whole = withTail(image, tail);
  return head.done ? whole : withHeld(whole, readHeld(head, own.length));
}

function withHeld(image: StateImage, { aggregations, times: own }: HeldImage): StateImage {
  let at = 0;
  const filled = <W extends SourceWindow>(window: W): W => {
    const times = own.get(at);
    at += 1;
    return times === undefined ? window : fillTimes(window, times);
  };
  return {
    ...image,
    aggregations: image.aggregations.map((each, place) => ({
      ...each,
      ...aggregations[place],
      windows: each.windows.map(filled),
    })),
    closed: image.closed.map(filled),
  };
}

function withTail(image: StateImage, { aggregations, marks, chains }: StateTail): StateImage {
  let at = 0;
  const marked = <W extends SourceWindow>(window: W): W => {
    const own = marks.get(at);
    at += 1;
    return own === undefined ? window : { ...window, ...own };
  };
  return {
    ...image,
    aggregations: image.aggregations.map((each, place) => ({
      ...each,
      ...aggregations[place],
      chain: chains?.aggregations[place],
      windows: each.windows.map(marked),
    })),
    closed: image.closed.map(marked).map((window, place) => ({ ...window, link: chains?.links[place] })),
  };
}

interface BodyContext {
  readonly names: readonly string[];
  readonly maxTime: EpochMs;
  readonly version: number;
}

function readAggregation(body: ByteReader, { names, maxTime, version }: BodyContext): AggregationImage {
  const head = readHead(body, names);
  return {
    ...head,
    late: body.varint(),
    closedBefore: maxTime + body.signed(),
    sessionsEnd: readSessionsEnd(body, head.spec, version),
    cut: undefined,
    countedAs: undefined,
    held: NO_HELD,
    chain: undefined,
    ...(version === STATE_VERSION_V2
      ? readWindowsV2(body, names, maxTime)
      : {
          ...readTrails(body, names),
          windows: times(body, () => readWindow(body, { names, version }, maxTime)),
        }),
  };
}

const NO_HELD: AggregationImage['held'] = { rules: '', trails: new Map() };

/** Counters go on from the latest sample there is. */
function readWindowsV2(
  body: ByteReader,
  names: readonly string[],
  maxTime: EpochMs,
): Pick<AggregationImage, 'windows' | 'trails' | 'counters'> {
  const latest = new Map<string, CounterSampleV2>();
  const onCounter = (name: string, sample: CounterSampleV2) => {
    const known = latest.get(name);
    const isLater =
      known === undefined ||
      known.time < sample.time ||
      (known.time === sample.time && known.order < sample.order);
    if (isLater) latest.set(name, sample);
  };
  const form = { names, version: STATE_VERSION_V2, onCounter };
  const windows = times(body, () => readWindow(body, form, maxTime));
  const trails = new Map<string, CounterTrail>();
  for (const [name, sample] of latest) {
    const trail = emptyTrail(name);
    setSamples(trail, name, [{ ...sample, tags: [], afterGap: true }]);
    trails.set(name, trail);
  }
  return { windows, trails, counters: USUAL_COUNTERS };
}

function writeTrails(writer: ByteWriter, { aggregation, trails }: OpenAggregation, names: NameTable): void {
  writer.varint(trails.size);
  if (trails.size === 0) return;
  const { carry, dip } = aggregation.counters;
  writer.byte(carry ? 1 : 0);
  writer.number(dip);
  const tags = new TagTable();
  for (const { samples } of trails.values()) for (const sample of samples) tags.index(sample.tags);
  writer.varint(tags.combinations.length);
  for (const each of tags.combinations) writeTags(writer, each);
  for (const [name, trail] of trails) {
    writer.varint(names.index(name));
    writeTrail(writer, trail, (own) => tags.index(own));
  }
}

function readTrails(
  reader: ByteReader,
  names: readonly string[],
): Pick<AggregationImage, 'trails' | 'counters'> {
  const size = reader.varint();
  if (size === 0) return { trails: new Map(), counters: USUAL_COUNTERS };
  const counters = { carry: reader.byte() === 1, dip: reader.number() };
  const tags = times(reader, () => readTags(reader));
  const tagsAt = (index: number) => {
    const found = tags[index];
    if (found === undefined) throw new Error(`tags ${index} are not among the ${tags.length} of samples`);
    return found;
  };
  const trails = Array.from({ length: size }, () => {
    const name = nameAt(names, reader.varint());
    return [name, readTrail(reader, name, tagsAt)] as const;
  });
  return { trails: new Map(trails), counters };
}

function readGone(body: ByteReader, version: number): GoneAggregation {
  const gone = { name: body.text(), spec: body.text(), closedBefore: body.signed() };
  return { ...gone, sessionsEnd: readSessionsEnd(body, gone.spec, version) };
}

function readSessionsEnd(body: ByteReader, spec: string, version: number): EpochMs {
  return isSession(spec) && version !== STATE_VERSION_V2 ? body.varint() : 0;
}

/** What a state of the second version knows of closed sessions: those of its latest write. */
function withSessionsEnds({ aggregations, closed }: Omit<StateImage, 'ids'>): AggregationImage[] {
  return aggregations.map((aggregation) => ({
    ...aggregation,
    sessionsEnd: closed
      .filter(({ aggregation: name, spec }) => aggregation.name === name && aggregation.spec === spec)
      .reduce((latest, { spec, end }) => (isSession(spec) ? Math.max(latest, end) : latest), 0),
  }));
}

/** What a window is of. */
interface WindowHead {
  readonly name: string;
  readonly spec: string;
  readonly groupBy: readonly string[];
}

function writeHead(writer: ByteWriter, { name, spec, groupBy }: WindowHead, names: NameTable): void {
  writer.text(name);
  writer.text(spec);
  writer.varint(groupBy.length);
  for (const tag of groupBy) writer.varint(names.index(tag));
}

function readHead(reader: ByteReader, names: readonly string[]): WindowHead {
  return {
    name: reader.text(),
    spec: reader.text(),
    groupBy: times(reader, () => nameAt(names, reader.varint())),
  };
}

/** The heads once each, then the windows, each with the index of its own. */
function writeAllClosed(
  writer: ByteWriter,
  closed: readonly ClosedWindow[],
  names: NameTable,
  from: EpochMs,
): void {
  const heads = new Map<string, { readonly index: number; readonly head: WindowHead }>();
  const indexes = closed.map(({ aggregation: name, spec, groupBy }) => {
    const key = JSON.stringify([name, spec, groupBy]);
    const known = heads.get(key);
    if (known !== undefined) return known.index;
    heads.set(key, { index: heads.size, head: { name, spec, groupBy } });
    return heads.size - 1;
  });
  writer.varint(heads.size);
  for (const { head } of heads.values()) writeHead(writer, head, names);
  writer.varint(closed.length);
  for (const [at, window] of closed.entries()) {
    writer.varint(indexes[at] ?? 0);
    writeWindow(writer, window, names, from);
  }
}

function readAllClosed(reader: ByteReader, form: WindowForm, from: EpochMs): ClosedWindow[] {
  const heads = times(reader, () => readHead(reader, form.names));
  return times(reader, () => {
    const index = reader.varint();
    const head = heads[index];
    if (head === undefined)
      throw new Error(`aggregation ${index} is not among the ${heads.length} of closed windows`);
    return {
      aggregation: head.name,
      spec: head.spec,
      groupBy: head.groupBy,
      ...readWindow(reader, form, from),
    };
  });
}

function openBytes(source: string, encoded: Uint8Array): { head: ByteReader; version: number } {
  const head = new ByteReader(encoded);
  const version = head.byte();
  if (version !== STATE_VERSION && version !== STATE_VERSION_V2) throw unknownVersion(source, version);
  return { head, version };
}

function unknownVersion(source: string, version: unknown): Error {
  return new Error(
    `state of source ${JSON.stringify(source)}: found encoding version ${String(version)}, expected ${STATE_VERSION_V1}, ${STATE_VERSION_V2} or ${STATE_VERSION}`,
  );
}

function readCounts(head: ByteReader): VerdictCounts {
  return {
    received: head.varint(),
    applied: head.varint(),
    duplicate: head.varint(),
    late: head.varint(),
    quarantined: head.varint(),
  };
}

/** Not counted before the third form. */
function readStrays(head: ByteReader, version: number): number {
  return version === STATE_VERSION_V2 ? 0 : head.varint();
}

function times<T>(reader: ByteReader, read: () => T): T[] {
  return Array.from({ length: reader.varint() }, read);
}

function isSame(
  { name, window }: Aggregation,
  other: { readonly name: string; readonly spec: string },
): boolean {
  return name === other.name && specText(window) === other.spec;
}

function openFromImage(image: StateImage, aggregation: Aggregation): OpenAggregation {
  const same = image.aggregations.find((candidate) => isSame(aggregation, candidate));
  if (same !== undefined) {
    const { late, closedBefore, sessionsEnd } = same;
    const isOther = isCountedOtherwise(same, aggregation);
    const cut = isOther ? cutNow(image) : same.cut;
    const chain = {
      ...(same.chain ?? chainNow(image, same)),
      ...(isOther ? { offset: offsetNow(image, same) } : {}),
    };
    return openAggregation(aggregation, { late, closedBefore, sessionsEnd, cut, chain });
  }
  const gone = image.gone.find((candidate) => isSame(aggregation, candidate)) ?? image.forgotten;
  const { closedBefore, sessionsEnd } = gone;
  const chain = chainNow(image, { late: 0, windows: [], chain: undefined });
  return openAggregation(aggregation, { closedBefore, sessionsEnd, cut: cutNow(image), chain });
}

/** One that begins here. */
function chainNow(image: StateImage, own: Chained): ClosingChain {
  return emptyChain({ id: image.counts.received, offset: offsetNow(image, own) });
}

/** See `ClosingChain.offset`. */
function offsetNow({ counts }: StateImage, { late, windows, chain }: Chained): number {
  const held = windows.reduce((sum, window) => sum + eventsIn(window), chain?.events ?? 0);
  return counts.applied + counts.late - late - held;
}

type Chained = Pick<AggregationImage, 'late' | 'windows' | 'chain'>;

/** From here on it counts; what the source has shown before is in none of its windows, or counted otherwise. */
function cutNow({ lastArrivalMs, latestTime }: StateImage): Cut | undefined {
  return latestTime < 0 ? undefined : { sinceMs: lastArrivalMs, upTo: latestTime };
}

function isCountedOtherwise({ countedAs: before }: AggregationImage, aggregation: Aggregation): boolean {
  return before !== undefined && before !== countedAs(aggregation);
}

/** Closed before its time: what is still to come for it is not counted any more. */
function cutShort({ lastArrivalMs }: StateImage, window: SourceWindow): SourceWindow {
  return { ...window, partial: mergedPartiality(window.partial, { untilMs: lastArrivalMs }) };
}

/** A window as the aggregation of today goes on with it. */
function fitted(
  image: StateImage,
  window: SourceWindow,
  { from, into }: { readonly from: readonly string[]; readonly into: OpenAggregation },
): SourceWindow {
  const { aggregation } = into;
  const kept = image.aggregations.find((candidate) => isSame(aggregation, candidate));
  const regrouped = regroup(window, from, { to: aggregation.groupBy, sinceMs: image.lastArrivalMs });
  if (kept === undefined || !isCountedOtherwise(kept, aggregation)) return regrouped;
  return { ...regrouped, partial: mergedPartiality(window.partial, { sinceMs: image.lastArrivalMs }) };
}

/** What is kept of aggregations that are gone. Those gone just now have their open windows closed too. */
function goneFromImage(image: StateImage, pipeline: Pipeline): Pick<SourceState, 'gone' | 'forgotten'> {
  const dropped = image.aggregations.map(({ name, spec, windows, closedBefore, sessionsEnd }) => {
    const latestEnd = windows.reduce((latest, { end }) => Math.max(latest, end), 0);
    return {
      name,
      spec,
      closedBefore: Math.max(closedBefore, latestEnd),
      sessionsEnd: isSession(spec) ? Math.max(sessionsEnd, latestEnd) : 0,
    };
  });
  const gone = [...dropped, ...image.gone].filter(
    (each) => !pipeline.aggregations.some((aggregation) => isSame(aggregation, each)),
  );
  return {
    gone: gone.slice(0, MAX_GONE_AGGREGATIONS),
    forgotten: gone.slice(MAX_GONE_AGGREGATIONS).reduce(further, image.forgotten),
  };
}

function further(a: ClosedBorder, b: ClosedBorder): ClosedBorder {
  return {
    closedBefore: Math.max(a.closedBefore, b.closedBefore),
    sessionsEnd: Math.max(a.sessionsEnd, b.sessionsEnd),
  };
}

/** Fits a window kept apart by some tags to an aggregation that keeps apart by others: unknown tags are null. */
function regroup(
  window: SourceWindow,
  from: readonly string[],
  { to, sinceMs }: { readonly to: readonly string[]; readonly sinceMs: EpochMs },
): SourceWindow {
  if (from.length === to.length && from.every((tag, at) => tag === to[at])) return window;
  const groups = new Map<string, WindowGroup>();
  for (const group of window.groups) {
    const tags = fittedTags(group.tags, from, to);
    const into = groups.get(JSON.stringify(tags));
    if (into === undefined) groups.set(JSON.stringify(tags), { ...group, tags });
    else mergeGroup(into, group);
  }
  const fitted = [...groups.values()];
  const tags = from.filter((tag) => to.includes(tag));
  const regrouped = mergedRegrouping(window.regrouped, { sinceMs, tags });
  return { ...window, groups: fitted, bytes: windowBytes({ groups: fitted }), regrouped };
}
