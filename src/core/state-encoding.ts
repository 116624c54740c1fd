// A source's state as its item holds it: versioned bytes. What is asked for most often, the books, stands first.
import type { EpochMs } from './brands.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { CounterSampleV2 } from './counter-increase-v2.ts';
import { USUAL_COUNTERS } from './counter-rules.ts';
import type { CounterTrail } from './counter-trail.ts';
import { emptyTrail, readTrail, setSamples, writeTrail } from './counter-trail.ts';
import { fitImage } from './fit-image.ts';
import { fitFolded } from './folded-into.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
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
import type { GoneAggregation, Letter, OpenAggregation, SourceState, VerdictCounts } from './source-state.ts';
import { NOTHING_CLOSED } from './source-state.ts';
import type { ClosedWindow, SourceWindow } from './source-window.ts';
import { readStateV1, STATE_VERSION_V1 } from './state-encoding-v1.ts';
import type { AggregationImage, StateImage } from './state-image.ts';
import type { StateTail } from './state-tail.ts';
import { readTail, writeTail } from './state-tail.ts';
import { TagTable } from './tag-table.ts';
import { fillTimes, type HeldImage, readHeld, writeHeld } from './times-encoding.ts';
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
 * Reads a state back for the pipeline given, fitted to it by `fitImage`.
 * @throws Error for what is not of a known version, or cut short
 */
export function decodeState(source: string, encoded: EncodedState, pipeline: Pipeline): SourceState {
  return fitImage(source, decodeStateImage(source, encoded, aggregationTexts(pipeline)), pipeline);
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
  let texts = TEXTS.get(aggregations);
  if (texts === undefined) {
    texts = aggregations.map(({ name, window }) => aggregationText(name, specText(window)));
    TEXTS.set(aggregations, texts);
  }
  return texts;
}

/** Each write asks for them, and a definition does not change. */
const TEXTS = new WeakMap<Pipeline['aggregations'], readonly string[]>();

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
    placesUntilMs: tail?.placesUntilMs ?? -1,
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
  if (closed.length === 0) {
    writer.varint(0);
    writer.varint(0);
    return;
  }
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
