// The end of an encoded state: what tells whole windows from those that hold a part of their events, and how those that closed follow
// each other. States stored before there was either end before it.
import type { EpochMs } from './brands.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import {
  type ChainLink,
  type ClosingChain,
  readChain,
  readLink,
  writeChain,
  writeLink,
} from './closing-chain.ts';
import { countedAs } from './counted-as.ts';
import type { Cut, Partiality, Regrouping } from './partiality.ts';
import type { ClosedBorder, OpenAggregation, SourceState } from './source-state.ts';
import { NOTHING_CLOSED, windowsOf } from './source-state.ts';
import type { SourceWindow } from './source-window.ts';
import { readTexts, writeTexts } from './window-encoding.ts';
import { spanMs } from './window-spec.ts';

export interface StateTail {
  readonly latestTime: EpochMs;
  readonly forgotten: ClosedBorder;
  /** By the place of the aggregation. */
  readonly aggregations: readonly { readonly cut: Cut | undefined; readonly countedAs: number }[];
  /** By the place of the window, those of all aggregations in a row, then those that the write closed. */
  readonly marks: ReadonlyMap<number, WindowMarks>;
  /** undefined as releases before left it. */
  readonly chains: StateChains | undefined;
  /** See `SourceState.placesUntilMs`. */
  readonly placesUntilMs: EpochMs;
}

export interface StateChains {
  readonly handedOn: number;
  /** By the place of the aggregation. */
  readonly aggregations: readonly ClosingChain[];
  /** By the place of the closed window. */
  readonly links: readonly (ChainLink | undefined)[];
}

export type WindowMarks = Pick<SourceWindow, 'partial' | 'regrouped'>;

export function writeTail(writer: ByteWriter, state: SourceState): void {
  const { maxTime, forgotten } = state;
  writer.signed(state.latestTime - maxTime);
  const hasForgotten = forgotten.closedBefore > 0 || forgotten.sessionsEnd > 0;
  const hasPlaces = state.placesUntilMs >= 0;
  writer.byte((hasForgotten ? FORGOTTEN : 0) | CHAINED | (hasPlaces ? PLACES : 0));
  if (hasForgotten) {
    writer.varint(forgotten.closedBefore);
    writer.varint(forgotten.sessionsEnd);
  }
  for (const open of state.open) {
    const { aggregation } = open;
    const cut = stillCut(open, maxTime);
    writer.varint(countedAs(aggregation) * 2 + (cut === undefined ? 0 : 1));
    if (cut === undefined) continue;
    writer.signed(cut.sinceMs - maxTime);
    writer.signed(cut.upTo - maxTime);
  }
  writeMarks(writer, state);
  writeChains(writer, state);
  if (hasPlaces) writer.signed(state.placesUntilMs - maxTime);
}

export function readTail(
  reader: ByteReader,
  { maxTime, aggregations }: { readonly maxTime: EpochMs; readonly aggregations: number },
): StateTail {
  const latestTime = maxTime + reader.signed();
  const flags = reader.byte();
  const forgotten =
    (flags & FORGOTTEN) === 0
      ? NOTHING_CLOSED
      : { closedBefore: reader.varint(), sessionsEnd: reader.varint() };
  return {
    latestTime,
    forgotten,
    aggregations: Array.from({ length: aggregations }, () => {
      const code = reader.varint();
      const cut =
        code % 2 === 0 ? undefined : { sinceMs: maxTime + reader.signed(), upTo: maxTime + reader.signed() };
      return { cut, countedAs: Math.floor(code / 2) };
    }),
    marks: readMarks(reader, maxTime),
    chains: (flags & CHAINED) === 0 ? undefined : readChains(reader, { maxTime, aggregations }),
    placesUntilMs: (flags & PLACES) === 0 ? -1 : maxTime + reader.signed(),
  };
}

const FORGOTTEN = 1;
/** What closed is numbered: how, stands at the end. */
const CHAINED = 2;
/** Events without an id are remembered by their places: the latest arrival of these stands behind what closed. */
const PLACES = 4;

function writeChains(writer: ByteWriter, { handedOn, open, closed, maxTime }: SourceState): void {
  writer.varint(handedOn);
  for (const { chain } of open) writeChain(writer, chain, maxTime);
  writer.varint(closed.length);
  for (const { link } of closed) {
    writer.byte(link === undefined ? 0 : 1);
    if (link !== undefined) writeLink(writer, link, maxTime);
  }
}

function readChains(
  reader: ByteReader,
  { maxTime, aggregations }: { readonly maxTime: EpochMs; readonly aggregations: number },
): StateChains {
  return {
    handedOn: reader.varint(),
    aggregations: Array.from({ length: aggregations }, () => readChain(reader, maxTime)),
    links: Array.from({ length: reader.varint() }, () =>
      reader.byte() === 0 ? undefined : readLink(reader, maxTime),
    ),
  };
}

/** None once no window can be begun any more that would lack anything. */
function stillCut({ aggregation, cut }: OpenAggregation, maxTime: EpochMs): Cut | undefined {
  if (cut === undefined) return undefined;
  const { window, allowedLatenessMs } = aggregation;
  // What a session lacks may lie a gap before it.
  return cut.upTo + 2 * spanMs(window) + allowedLatenessMs > maxTime ? cut : undefined;
}

const SINCE = 1;
const UNTIL = 2;
const REGROUPED = 4;

function writeMarks(writer: ByteWriter, state: SourceState): void {
  // Hardly any state has one.
  const marked = hasMarks(state) ? [...windowsOf(state).entries()].filter(([, own]) => isMarked(own)) : [];
  writer.varint(marked.length);
  let before = 0;
  for (const [at, window] of marked) {
    writer.varint(at - before);
    before = at;
    writeMark(writer, window, state.maxTime);
  }
}

function hasMarks({ open, closed }: SourceState): boolean {
  for (const { windows } of open) for (const window of windows.values()) if (isMarked(window)) return true;
  return closed.some(isMarked);
}

function isMarked({ partial, regrouped }: WindowMarks): boolean {
  return partial !== undefined || regrouped !== undefined;
}

function writeMark(writer: ByteWriter, { partial = {}, regrouped }: WindowMarks, from: EpochMs): void {
  const { sinceMs, untilMs } = partial;
  writer.byte(
    (sinceMs === undefined ? 0 : SINCE) |
      (untilMs === undefined ? 0 : UNTIL) |
      (regrouped === undefined ? 0 : REGROUPED),
  );
  if (sinceMs !== undefined) writer.signed(sinceMs - from);
  if (untilMs !== undefined) writer.signed(untilMs - from);
  if (regrouped === undefined) return;
  writer.signed(regrouped.sinceMs - from);
  writeTexts(writer, regrouped.tags);
}

function readMarks(reader: ByteReader, from: EpochMs): ReadonlyMap<number, WindowMarks> {
  let at = 0;
  return new Map(
    Array.from({ length: reader.varint() }, () => {
      at += reader.varint();
      return [at, readMark(reader, from)] as const;
    }),
  );
}

function readMark(reader: ByteReader, from: EpochMs): WindowMarks {
  const flags = reader.byte();
  const partial: Partiality = {
    ...((flags & SINCE) === 0 ? {} : { sinceMs: from + reader.signed() }),
    ...((flags & UNTIL) === 0 ? {} : { untilMs: from + reader.signed() }),
  };
  const regrouped = (flags & REGROUPED) === 0 ? undefined : readRegrouping(reader, from);
  return {
    ...((flags & (SINCE | UNTIL)) === 0 ? {} : { partial }),
    ...(regrouped === undefined ? {} : { regrouped }),
  };
}

function readRegrouping(reader: ByteReader, from: EpochMs): Regrouping {
  return { sinceMs: from + reader.signed(), tags: readTexts(reader) };
}
