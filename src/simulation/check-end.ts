// When nothing is under way any more: everything that was put is in exactly one place, and everything computed from it
// is complete.
import { imbalance } from '../core/ledger.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { parseRollupSeries, parseSourceSeries, sourceSeries } from '../core/series.ts';
import type { StoredLedger } from '../stores/read-ledger.ts';
import { holdAggregates } from './check-aggregates.ts';
import { checkChangedRollups } from './check-changed-rollups.ts';
import { LAW_OF_LETTERS } from './check-letters.ts';
import { checkRestoredRollups } from './check-restored-rollups.ts';
import { LAW_OF_CLOSING, LAW_OF_PARTS } from './check-sources.ts';
import { LAW_OF_ROLLUPS, LAW_OF_STORED, seriesKey } from './check-windows.ts';
import type { EndCheckDeps } from './end-check-deps.ts';
import { setAsidePlace } from './expected-stream.ts';
import { START_MS } from './plan.ts';
import { comparable, referenceContents, type StoredView } from './read-state.ts';
import { boundsAround, metricsOf, type ReferenceEvent, takes } from './reference-model.ts';
import { ReferenceSource } from './reference-source.ts';
import { hold, holdSame } from './violation.ts';

export const LAW_OF_BOOKS = 'the books balance: every event that was put has exactly one verdict';
const LAW_OF_FINALS = 'a rollup window is final once every source in it has closed its own';
const LAW_OF_EXPIRY = 'a rollup window that has expired never comes back as a smaller final one';
const LAW_OF_STREAM = 'what becomes of an event is a function of the records in the stream, ticks among them';
export const LAW_OF_PROGRESS = 'nothing waits for ever once nothing goes wrong any more';

export function checkBooks(deps: EndCheckDeps, ledger: StoredLedger): void {
  const { stream, sources, givenUp } = deps;
  holdSame(LAW_OF_BOOKS, 'events without a verdict', imbalance(ledger), 0);
  for (const [source, { reference, position }] of sources.sources) {
    if (sources.uncertain.has(source)) continue;
    const put = stream.bySource.get(source)?.length ?? 0;
    holdSame(LAW_OF_PROGRESS, `${source}: events folded in`, position, put);
    holdSame(LAW_OF_CLOSING, `${source}: open windows`, reference.open().length, 0);
    if (reference.hasChanged) checkWholes(source, reference);
  }
  for (const source of stream.bySource.keys()) {
    const isKnown = sources.sources.has(source) || sources.uncertain.has(source);
    hold(LAW_OF_PROGRESS, isKnown, () => `${source}: none of its events are folded in`);
  }
  if (sources.uncertain.size > 0 || givenUp.size > 0) return;
  holdSame(LAW_OF_BOOKS, 'events received', ledger.received, stream.events);
  holdSame(LAW_OF_BOOKS, 'events in quarantine', ledger.quarantined, stream.quarantined.size);
  holdSame(LAW_OF_BOOKS, 'events with values set aside', ledger.setAside, stream.setAside.size);
  holdSame(LAW_OF_LETTERS, 'late events in the dead letters', ledger.lateLetters, ledger.late);
}

/** What the aggregation takes of a source's events in the window's bounds, and was in time, is in it: or it says that it is a part. */
function checkWholes(source: string, { windows, judged }: ReferenceSource): void {
  for (const { aggregation, start, end, events, partial } of windows) {
    if (partial !== undefined) continue;
    const missing = judged.find(
      ({ event, verdict, maxTimeBefore, lateFor }) =>
        verdict === 'applied' &&
        start <= event.time &&
        event.time < end &&
        takes(aggregation, event) &&
        !lateFor.includes(aggregation.name) &&
        end + aggregation.allowedLatenessMs > maxTimeBefore &&
        !events.includes(event),
    );
    const what = `${source}, ${aggregation.name} ${start}`;
    hold(
      LAW_OF_PARTS,
      missing === undefined,
      () => `${what}: the event at ${missing?.event.time} is missing`,
    );
  }
}

/**
 * Whenever the closer ran, whatever was off, and for how long: what came of a source's events is what the records in the stream make of them, ticks
 * among them. That of a source under other keys than its name rests on several shards, of which none is before another; and what was retired
 * was closed by somebody's word.
 */
export function checkOfStreamAlone({ stream, sources, pipeline, pipelines }: EndCheckDeps): void {
  // When each source came to be folded by another pipeline is not in the stream.
  if (pipelines.length > 1) return;
  for (const [source, { reference, hasStrayed, wasRetired }] of sources.sources) {
    if (hasStrayed || wasRetired || sources.uncertain.has(source)) continue;
    const alone = new ReferenceSource(pipeline);
    for (const { event, shard, sequence } of stream.bySource.get(source) ?? []) {
      alone.silentUntil(stream.silentUntil(shard, sequence) ?? Number.NEGATIVE_INFINITY);
      alone.closeDue();
      alone.receive(event);
      alone.closeDue();
    }
    const verdicts = ({ judged }: ReferenceSource) => judged.map(({ verdict }) => verdict);
    holdSame(LAW_OF_STREAM, `${source}: verdicts`, verdicts(reference), verdicts(alone));
    const windows = ({ windows: all }: ReferenceSource) =>
      all
        .map(({ aggregation, start, end, events }) => `${aggregation.name} ${start} ${end}: ${events.length}`)
        .sort();
    holdSame(LAW_OF_STREAM, `${source}: windows`, windows(reference), windows(alone));
  }
}

/** That nothing is missing downstream; that nothing is too much is checked at each write. */
export function checkDownstream(deps: EndCheckDeps): void {
  checkLetters(deps);
  checkClosedWindows(deps);
  checkRollups(deps);
}

function checkLetters({ stream, letters, givenUp }: EndCheckDeps): void {
  for (const [place, reason] of stream.quarantined) {
    const found = letters.stored.get(place);
    const isThere = found === reason || (found === undefined && givenUp.has(place));
    hold(LAW_OF_LETTERS, isThere, () => `${place}: found ${found ?? 'none'}, expected ${reason}`);
  }
  for (const place of stream.setAside) {
    const key = setAsidePlace(place);
    const isThere = letters.stored.has(key) || givenUp.has(key);
    hold(LAW_OF_LETTERS, isThere, () => `${place}: found no word of the values set aside, expected one`);
  }
  for (const place of letters.late) {
    holdSame(LAW_OF_LETTERS, place, letters.stored.get(place), 'late');
  }
}

function checkClosedWindows({ sources, windows }: EndCheckDeps): void {
  for (const [source, { reference }] of sources.sources) {
    if (sources.uncertain.has(source)) continue;
    for (const { aggregation, start, end, partial } of reference.windows) {
      const series = sourceSeries(aggregation.name, source);
      if (windows.expired.has(seriesKey(series, start))) continue;
      const isThere =
        windows
          .parts(series, start)
          .filter((window) => window.end === end && window.partial?.untilMs === partial?.untilMs).length ===
        1;
      hold(LAW_OF_STORED, isThere, () => `${series} ${start}: found nothing stored, expected the window`);
    }
  }
}

function checkRollups(deps: EndCheckDeps): void {
  const { pipeline, sources, windows } = deps;
  if (deps.pipelines.length > 1) {
    checkChangedRollups(deps);
    return;
  }
  const stored = [...windows.stored.values()];
  for (const { name, of, levels } of pipeline.rollups) {
    const closed = stored.filter(({ series }) => parseSourceSeries(series)?.aggregation === of);
    for (const tags of levels) {
      const parts = stored.filter(({ series }) => {
        const read = parseRollupSeries(series);
        return read?.rollup === name && read.values.length === tags.length;
      });
      // Parts that are partial hold what is stored nowhere else.
      if (!sources.isUntold && windows.expired.size === 0)
        holdSame('rollups are the sum of their sources', name, eventsByStart(parts), eventsByStart(closed));
    }
  }
  if (sources.restored.size > 0) checkRestoredRollups(deps);
  if (sources.uncertain.size > 0) return;
  for (const [key, events] of windows.applied) {
    const [series, start]: [string, number] = JSON.parse(key);
    const rollup = pipeline.rollups.find(({ name }) => name === parseRollupSeries(series)?.rollup);
    const aggregation = pipeline.aggregations.find(({ name }) => name === rollup?.of);
    if (aggregation === undefined) throw new Error(`no aggregation for ${series}`);
    // Events of one time in different sources are in no stream order: they stand by source.
    const inOrder = [...events].sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : 0));
    const isOut = windows.expired.has(key);
    const whole = isOut ? windows.merged(series, start) : undefined;
    if (isOut && whole?.final !== true) continue;
    if (isOut) holdSame(LAW_OF_EXPIRY, `${series} ${start}: events`, whole?.events, events.length);
    const metrics = metricsOf(inOrder, aggregation.values);
    const { window: spec, keep } = aggregation;
    if (spec.kind === 'session') throw new Error(`${series} is a rollup of sessions`);
    const end = boundsAround(spec, start).find((each) => each.start === start)?.end ?? Number.NaN;
    const window = { end, events: events.length, metrics };
    const expected = comparable(referenceContents(window, keep.samples));
    const found = windows.merged(series, start);
    holdSame(LAW_OF_ROLLUPS, `${series} ${start}`, found && comparable(found), expected);
    if (found !== undefined) {
      const isIn = (event: ReferenceEvent) => isOfSeries(pipeline, series, event);
      const increases = (name: string) => sources.increaseOver(aggregation.name, start, name, isIn);
      const times = sources.timesOver(aggregation.name, start, isIn);
      const expectedEvents = { events: inOrder, increaseOf: increases, lengthMs: end - start, ...times };
      holdAggregates(`${series} ${start}`, withoutLast(found), expectedEvents, aggregation);
    }
    // One that had expired before anything came for it may have been deleted, and is never final.
    const { retentionMs } = aggregation;
    const hadExpired = found !== undefined && retentionMs !== undefined && found.end + retentionMs < START_MS;
    if (found?.final === false && mayLack(deps, found.end, { retentionMs, events })) continue;
    // What was written while a state could not be read is not known downstream: such a window says that it may lack something.
    if (deps.wasUnreadable && found?.final === false) continue;
    holdSame(LAW_OF_FINALS, `${series} ${start}`, found?.final, !hadExpired);
  }
  for (const { series, start, part, events } of windows.stored.values()) {
    const isExpected =
      part === undefined || windows.applied.has(seriesKey(series, start)) || isCarried(deps, series, events);
    hold(LAW_OF_ROLLUPS, isExpected, () => `${series} ${start}: found it stored, expected no such window`);
  }
}

/** A source of it sent something when the window's time had run out: other parts of it might have been removed. */
function mayLack(
  { stream }: EndCheckDeps,
  end: number,
  {
    retentionMs,
    events,
  }: { readonly retentionMs: number | undefined; readonly events: readonly ReferenceEvent[] },
): boolean {
  if (retentionMs === undefined) return false;
  const arrivals = events.flatMap(({ source }) => stream.bySource.get(source) ?? []);
  return arrivals.some(({ event }) => event.arrivalMs > end + retentionMs);
}

/** What a state under tags of before is carried into has no event of them. */
function isCarried({ pipeline }: EndCheckDeps, series: string, events: number): boolean {
  const rollup = pipeline.rollups.find(({ name }) => name === parseRollupSeries(series)?.rollup);
  const aggregation = pipeline.aggregations.find(({ name }) => name === rollup?.of);
  return events === 0 && (aggregation?.states.length ?? 0) > 0;
}

/** The last state of several sources is by time and name: it is compared where there is one. */
function withoutLast(found: StoredView): StoredView {
  if (found.states === undefined) return found;
  const states = [...found.states].map(([name, { last, ...rest }]) => [name, rest] as const);
  return { ...found, states: new Map(states) };
}

function isOfSeries({ rollups }: Pipeline, series: string, { tags }: ReferenceEvent): boolean {
  const { rollup, values = [] } = parseRollupSeries(series) ?? {};
  const level = rollups
    .find(({ name }) => name === rollup)
    ?.levels.find(({ length }) => length === values.length);
  return (level ?? []).every((tag, at) => (Object.hasOwn(tags, tag) ? tags[tag] : null) === values[at]);
}

function eventsByStart(windows: readonly { readonly start: number; readonly events: number }[]): unknown {
  const sums = new Map<number, number>();
  for (const { start, events } of windows) if (events > 0) sums.set(start, (sums.get(start) ?? 0) + events);
  return [...sums].sort(([a], [b]) => a - b);
}
