// States and values weighed by time, as bytes behind all that a state or a stored window held before there were any. Where there are none
// nothing is written.
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { holdRulesText } from './counted-as.ts';
import { readTrail, writeTrail } from './counter-trail.ts';
import { emptySum } from './exact-sum.ts';
import type { GroupTimes } from './group-times.ts';
import { type HeldTrail, heldKey } from './held-trail.ts';
import type { OpenAggregation, SourceState } from './source-state.ts';
import { windowsOf } from './source-state.ts';
import type { SourceWindow } from './source-window.ts';
import type { AggregationImage } from './state-image.ts';
import type { StateSample, StateTime } from './state-time.ts';
import { readSum, writeSum } from './sum-encoding.ts';
import { TagTable } from './tag-table.ts';
import type { TimeWeight } from './time-weight.ts';
import { windowBytes } from './window-bytes.ts';
import { NameTable, nameAt, readTags, readTexts, writeTags, writeTexts } from './window-encoding.ts';

export interface HeldImage {
  /** By the place of the aggregation. */
  readonly aggregations: readonly Pick<AggregationImage, 'held'>[];
  /** By the place of the window, those of all aggregations in a row, then those that the write closed; in it by the place of the group. */
  readonly times: ReadonlyMap<number, ReadonlyMap<number, GroupTimes>>;
}

export function writeHeld(writer: ByteWriter, state: SourceState): void {
  if (!hasTimes(state)) return;
  const windows = windowsOf(state);
  const names = new NameTable();
  PART.clear();
  for (const open of state.open) writeTrails(PART, open, names);
  const timed = [...windows.entries()].filter(([, { groups }]) => groups.some(isTimed));
  PART.varint(timed.length);
  let before = 0;
  for (const [at, { groups }] of timed) {
    PART.varint(at - before);
    before = at;
    const own = [...groups.entries()].filter(([, group]) => isTimed(group));
    PART.varint(own.length);
    for (const [place, group] of own) {
      PART.varint(place);
      writeGroupTimes(PART, group, names);
    }
  }
  writeBegan(PART, state);
  const body = PART.finish();
  writeTexts(writer, names.names);
  writer.bytes(body);
}

function hasTimes({ open, closed }: SourceState): boolean {
  for (const { held, windows } of open) {
    if (held.size > 0) return true;
    for (const { groups } of windows.values()) if (groups.some(isTimed)) return true;
  }
  return closed.some(({ groups }) => groups.some(isTimed));
}

export function readHeld(reader: ByteReader, aggregations: number): HeldImage {
  const names = readTexts(reader);
  const body = new ByteReader(reader.bytes());
  const images = Array.from({ length: aggregations }, () => ({ held: readTrails(body, names) }));
  let at = 0;
  const times = listOf(body, () => {
    at += body.varint();
    const groups = listOf(body, () => [body.varint(), readGroupTimes(body, names)] as const);
    return [at, new Map(groups)] as const;
  });
  // States of before do not say how long what is carried had lasted.
  if (!body.done) readBegan(body, images);
  return { aggregations: images, times: new Map(times) };
}

/** Writes the trails whose first sample's state had lasted longer: places of the aggregation and of the trail, and how long. */
function writeBegan(writer: ByteWriter, { open }: SourceState): void {
  const known = open.flatMap(({ held }, place) =>
    [...held.values()].flatMap(({ beganMs, trail: { samples } }, at) => {
      const [first] = samples;
      return first === undefined || beganMs === undefined || beganMs === first.time
        ? []
        : [[place, at, first.time - beganMs]];
    }),
  );
  writer.varint(known.length);
  for (const numbers of known) for (const each of numbers) writer.varint(each);
}

function readBegan(reader: ByteReader, images: readonly Pick<AggregationImage, 'held'>[]): void {
  const trails = images.map(({ held }) => [...held.trails.values()]);
  listOf(reader, () => {
    const [place, at, beforeMs] = [reader.varint(), reader.varint(), reader.varint()];
    const held = trails[place]?.[at];
    const [first] = held?.trail.samples ?? [];
    if (held === undefined || first === undefined)
      throw new Error(`samples ${at} of aggregation ${place} are not among those of the state`);
    held.beganMs = first.time - beforeMs;
  });
}

/** The window with what was written of its groups. */
export function fillTimes<W extends SourceWindow>(window: W, times: ReadonlyMap<number, GroupTimes>): W {
  const groups = window.groups.map((group, place) => {
    const { states, weights } = times.get(place) ?? {};
    return {
      ...group,
      ...(states === undefined ? {} : { states: [...states] }),
      ...(weights === undefined ? {} : { weights: [...weights] }),
    };
  });
  return { ...window, groups, bytes: windowBytes({ groups }) };
}

/** Writes the times of a stored window. */
export function writeTimes(writer: ByteWriter, times: GroupTimes): void {
  if (!isTimed(times)) return;
  const names = new NameTable();
  PART.clear();
  writeGroupTimes(PART, times, names);
  const body = PART.finish();
  writeTexts(writer, names.names);
  writer.bytes(body);
}

export function readTimes(reader: ByteReader): GroupTimes {
  if (reader.done) return {};
  const names = readTexts(reader);
  return readGroupTimes(new ByteReader(reader.bytes()), names);
}

/** Written to and emptied within one call. */
const PART = new ByteWriter();

function isTimed({ states, weights }: GroupTimes): boolean {
  return states !== undefined || weights !== undefined;
}

function writeTrails(writer: ByteWriter, { aggregation, held }: OpenAggregation, names: NameTable): void {
  writer.varint(held.size);
  if (held.size === 0) return;
  writer.text(holdRulesText(aggregation));
  const tags = new TagTable();
  for (const { trail } of held.values()) for (const sample of trail.samples) tags.index(sample.tags);
  writer.varint(tags.combinations.length);
  for (const each of tags.combinations) writeTags(writer, each);
  for (const { name, texts, trail } of held.values()) {
    writer.varint(names.index(name));
    writer.varint(texts?.length ?? 0);
    for (const text of texts ?? []) writer.varint(names.index(text));
    writeTrail(writer, trail, (own) => tags.index(own));
  }
}

function readTrails(reader: ByteReader, names: readonly string[]): AggregationImage['held'] {
  const size = reader.varint();
  if (size === 0) return { rules: '', trails: new Map() };
  const rules = reader.text();
  const tags = listOf(reader, () => readTags(reader));
  const tagsAt = (index: number) => {
    const found = tags[index];
    if (found === undefined) throw new Error(`tags ${index} are not among the ${tags.length} of samples`);
    return found;
  };
  const trails = Array.from({ length: size }, () => {
    const name = nameAt(names, reader.varint());
    const texts = listOf(reader, () => nameAt(names, reader.varint()));
    const isState = texts.length > 0;
    const held: HeldTrail = {
      name,
      texts: isState ? texts : undefined,
      trail: readTrail(reader, name, tagsAt),
    };
    return [heldKey(name, isState ? 'state' : 'value'), held] as const;
  });
  return { rules, trails: new Map(trails) };
}

function writeGroupTimes(writer: ByteWriter, { states, weights }: GroupTimes, names: NameTable): void {
  const hasEnded = states?.some(({ ended }) => ended !== undefined) === true;
  writer.byte(
    (states === undefined ? 0 : STATES) | (weights === undefined ? 0 : WEIGHTS) | (hasEnded ? ENDED : 0),
  );
  if (states !== undefined) {
    writer.varint(states.length);
    for (const time of states) writeStateTime(writer, time, names);
  }
  if (hasEnded) for (const { ended } of states ?? []) writeEnded(writer, ended, names);
  if (weights === undefined) return;
  writer.varint(weights.length);
  for (const { name, ms, sum } of weights) {
    writer.varint(names.index(name));
    writer.signed(ms);
    writeSum(writer, sum);
  }
}

const STATES = 1;
const WEIGHTS = 2;
/** Behind the states: of each, which sources' windows ended in it. */
const ENDED = 4;

function readGroupTimes(reader: ByteReader, names: readonly string[]): GroupTimes {
  const kinds = reader.byte();
  const states = (kinds & STATES) === 0 ? undefined : listOf(reader, () => readStateTime(reader, names));
  if ((kinds & ENDED) !== 0) for (const time of states ?? []) readEnded(reader, time, names);
  return {
    ...(states === undefined ? {} : { states }),
    ...((kinds & WEIGHTS) === 0 ? {} : { weights: listOf(reader, () => readWeight(reader, names)) }),
  };
}

function writeStateTime(
  writer: ByteWriter,
  { name, ms, changes, last, lastingMs }: StateTime,
  names: NameTable,
): void {
  writer.varint(names.index(name));
  writer.varint(ms.size);
  for (const [state, own] of ms) {
    writer.varint(names.index(state));
    writer.signed(own);
  }
  writer.signed(changes);
  writer.varint(lastingMs);
  writer.byte(last === undefined ? 0 : last.source === undefined ? 1 : 2);
  if (last === undefined) return;
  writer.varint(last.time);
  writer.varint(last.order);
  writer.varint(names.index(last.state));
  if (last.source !== undefined) writer.text(last.source);
}

function readStateTime(reader: ByteReader, names: readonly string[]): StateTime {
  const name = nameAt(names, reader.varint());
  const ms = new Map(listOf(reader, () => [nameAt(names, reader.varint()), reader.signed()] as const));
  const [changes, lastingMs, kind] = [reader.signed(), reader.varint(), reader.byte()];
  return {
    name,
    ms,
    changes,
    last: kind === 0 ? undefined : readSample(reader, names, kind === 2),
    lastingMs,
  };
}

function writeEnded(writer: ByteWriter, ended: StateTime['ended'], names: NameTable): void {
  writer.varint(ended?.size ?? 0);
  for (const [state, ms] of ended ?? []) {
    writer.varint(names.index(state));
    writer.varint(ms);
  }
}

function readEnded(reader: ByteReader, time: StateTime, names: readonly string[]): void {
  const ended = listOf(reader, () => [nameAt(names, reader.varint()), reader.varint()] as const);
  if (ended.length > 0) time.ended = new Map(ended);
}

function readSample(reader: ByteReader, names: readonly string[], hasSource: boolean): StateSample {
  const sample = { time: reader.varint(), order: reader.varint(), state: nameAt(names, reader.varint()) };
  return hasSource ? { ...sample, source: reader.text() } : sample;
}

function readWeight(reader: ByteReader, names: readonly string[]): TimeWeight {
  const weight = { name: nameAt(names, reader.varint()), ms: reader.signed(), sum: emptySum() };
  readSum(reader, weight.sum);
  return weight;
}

function listOf<T>(reader: ByteReader, read: () => T): T[] {
  return Array.from({ length: reader.varint() }, read);
}
