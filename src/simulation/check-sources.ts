// Every committed state is what the reference makes of the source's events up to the position the state gives, and of
// the closings by silence there have been: checked at each write, in the order of the writes.
import type { Aggregation, Pipeline, StateRule } from '../core/pipeline/pipeline.ts';
import { SOURCES_TABLE } from '../platform/names.ts';
import type { TableChange } from '../stores/memory-table.ts';
import { bytesOf, numberOf, textOf } from '../stores/table.ts';
import { type ExpectedEvents, holdAggregates } from './check-aggregates.ts';
import type { Arrival, ExpectedStream } from './expected-stream.ts';
import type { FoundContents, StateView, WindowContents } from './read-state.ts';
import { comparable, readState, referenceContents, windowName } from './read-state.ts';
import { increaseOf } from './reference-aggregates.ts';
import { type ReferenceEvent, type ReferenceVerdict, reasonOfTime } from './reference-model.ts';
import { ReferenceSource, type ReferenceWindow } from './reference-source.ts';
import {
  allSaidOfState,
  lastSaid,
  meanOfAll,
  type ReferenceSpan,
  type ReferenceTimes,
  type SaidOfState,
  saidOfState,
  stateTimesOf,
  sumOfTimes,
  timeWeightedMeanOf,
  weighedOf,
} from './reference-times.ts';
import { hold, holdSame } from './violation.ts';

export const LAW_OF_STATE = 'a state is what the reference makes of the source’s events so far';
export const LAW_OF_CLOSING = 'a window closes once, in the write that ends it, and stays closed';
export const LAW_OF_PARTS = 'a window that holds a part of its events says so, and no other does';
const LAW_OF_SILENCE =
  'what is not read yet is not silence: no window closes while an event that came in time is unread';
const LAW_OF_ORDER = 'a source’s events are folded in in stream order, each once';
const LAW_OF_VERSION = 'versions of a state follow each other';

export interface CheckedSource {
  readonly reference: ReferenceSource;
  /** How many of its events are folded in, and by shard where the last of them stands among its source's. */
  position: number;
  readonly lastByShard: Map<string, number>;
  /** An event of it has come under another key than its name. */
  hasStrayed: boolean;
  /** Somebody's word has closed windows of it, which is not in the stream. */
  wasRetired: boolean;
}

export interface SourcesCheckDeps {
  readonly pipeline: Pipeline;
  readonly stream: ExpectedStream;
  readonly nowMs: () => number;
  readonly onVerdict: (arrival: Arrival, verdict: ReferenceVerdict) => void;
  /** Closed at once, by one event or by silence. */
  readonly onClosed: (source: string, windows: readonly ReferenceWindow[]) => void;
}

export class SourcesCheck {
  readonly sources = new Map<string, CheckedSource>();
  /** Sources with events that were given up: it is not known which of those are folded in. */
  readonly uncertain = new Set<string>();
  /** When somebody last retired a source. */
  readonly retiredAtMs = new Map<string, number>();

  /** Sources whose items somebody put back to what they were. */
  readonly restored = new Set<string>();
  /** Changes were lost, or tables restored: not all that is made of the sources can be known downstream. */
  isUntold = false;
  /** Everything is handled: items may go. */
  removalsAllowed = false;
  readonly #contents = new WeakMap<ReferenceWindow, WindowContents>();
  readonly #deps: SourcesCheckDeps;

  constructor(deps: SourcesCheckDeps) {
    this.#deps = deps;
  }

  /** `pipeline`: of who wrote; by default the first. */
  changed({ keys, oldImage, newImage }: TableChange, pipeline = this.#deps.pipeline): void {
    const source = textOf(keys, SOURCES_TABLE.partitionKey) ?? '';
    if (newImage === undefined) {
      const isState = oldImage !== undefined && bytesOf(oldImage, SOURCES_TABLE.state) !== undefined;
      hold(
        LAW_OF_STATE,
        !isState || this.removalsAllowed || this.restored.has(source),
        () => `${source}: its state was removed`,
      );
      return;
    }
    const retiredAtMs = numberOf(newImage, SOURCES_TABLE.retiredAt);
    if (retiredAtMs !== undefined) this.retiredAtMs.set(source, retiredAtMs);
    const before = oldImage ?? {};
    const [then, now] = [before, newImage].map((image) => bytesOf(image, SOURCES_TABLE.state) ?? NOTHING);
    if (this.restored.has(source)) return;
    if (Buffer.compare(then ?? NOTHING, now ?? NOTHING) === 0) {
      const versions = [before, newImage].map((image) => numberOf(image, SOURCES_TABLE.version));
      holdSame(LAW_OF_VERSION, `${source}, its state unchanged`, versions[1], versions[0]);
      return;
    }
    const view = readState(source, newImage, pipeline);
    if (view === undefined || this.uncertain.has(source)) return;
    const expectedVersion = (numberOf(before, SOURCES_TABLE.version) ?? 0) + 1;
    holdSame(LAW_OF_VERSION, source, view.version, expectedVersion);
    this.#follow(source, view, pipeline);
  }

  #follow(source: string, view: StateView, pipeline: Pipeline): void {
    const checked = this.#checked(source, pipeline);
    const { reference } = checked;
    const handedOn: string[] = [];
    const closed = new Set<ReferenceWindow>(reference.deploy(pipeline));
    const hasCut = closed.size > 0;
    const close = () => {
      const due = reference.closeDue();
      for (const window of due) closed.add(window);
      if (due.length > 0) this.#deps.onClosed(source, due);
    };
    const arrivals = this.#newArrivals(source, checked, view);
    for (const arrival of arrivals) {
      if (this.#hearTick(checked, arrival)) close();
      const verdict = reference.receive(arrival.event);
      const reason = reasonOfTime(arrival.event, pipeline);
      if (reason !== undefined) this.#deps.stream.quarantined.set(arrival.place, reason);
      if (verdict.verdict === 'late' || verdict.verdict === 'quarantined') handedOn.push(arrival.place);
      this.#deps.onVerdict(arrival, verdict);
      close();
    }
    checked.position += arrivals.length;
    if (arrivals.length === 0) {
      const { retiredAtMs = Number.NEGATIVE_INFINITY } = view;
      const retired = retiredAtMs >= reference.lastArrivalMs ? retiredAtMs : undefined;
      checked.wasRetired ||= retired !== undefined;
      this.#checkSilence(source, reference, { floor: view.maxTime, hasCut, retiredAtMs: retired });
      close();
    }
    this.#compare(source, view, { reference, handedOn, closed });
  }

  /** What the ticks before an event say of its source; nothing, of one that comes under other keys than its name. */
  #hearTick(checked: CheckedSource, { shard, sequence, isStray }: Arrival): boolean {
    checked.hasStrayed ||= isStray;
    const untilMs = checked.hasStrayed ? undefined : this.#deps.stream.silentUntil(shard, sequence);
    if (untilMs !== undefined) checked.reference.silentUntil(untilMs);
    return untilMs !== undefined;
  }

  /** The events between the position before and the one this state gives. */
  #newArrivals(
    source: string,
    { position, lastByShard }: CheckedSource,
    { place, shard = '', counts }: StateView,
  ): Arrival[] {
    const last = this.#deps.stream.positions.get(place ?? '');
    hold(LAW_OF_ORDER, last !== undefined, () => `${source}: no event of it stands at ${place}`);
    const before = lastByShard.get(shard) ?? -1;
    hold(LAW_OF_ORDER, last >= before, () => {
      return `${source}: found its position at event ${last + 1}, expected none before event ${before + 1}`;
    });
    const all = this.#deps.stream.bySource.get(source) ?? [];
    const arrivals = all.slice(before + 1, last + 1).filter((arrival) => arrival.shard === shard);
    const where = `${source}: events received up to event ${last + 1} of it`;
    holdSame(LAW_OF_ORDER, where, counts.received, position + arrivals.length);
    // All events of one key stand in one order, also across a reshard.
    if (this.#deps.stream.keys.get(source)?.size === 1)
      holdSame(LAW_OF_ORDER, where, counts.received, last + 1);
    lastByShard.set(shard, last);
    return arrivals;
  }

  /** A write without a new event is the closer's: what it closed must have been due. */
  #checkSilence(
    source: string,
    reference: ReferenceSource,
    {
      floor,
      hasCut,
      retiredAtMs,
    }: { readonly floor: number; readonly hasCut: boolean; readonly retiredAtMs: number | undefined },
  ): void {
    const nowMs = this.#deps.nowMs();
    const due = reference
      .open()
      .filter(
        ({ aggregation, closesAtTime }) =>
          retiredAtMs !== undefined ||
          Math.max(closesAtTime, reference.lastArrivalMs) + aggregation.idleTimeoutMs <= nowMs,
      );
    hold(
      'only silence closes windows without an event',
      due.some(({ closesAtTime }) => Math.max(closesAtTime, reference.maxTime) === floor) ||
        (hasCut && floor === reference.maxTime),
      () => {
        const moments = due.map(({ closesAtTime }) => closesAtTime);
        return `${source}: found a write without a new event that sets its time to ${floor}, expected one of [${moments}]`;
      },
    );
    const silent = due.filter(({ closesAtTime }) => closesAtTime === floor);
    const silentUntilMs = Math.min(
      retiredAtMs ?? Number.POSITIVE_INFINITY,
      ...silent.map((window) => Math.max(floor, reference.lastArrivalMs) + window.aggregation.idleTimeoutMs),
    );
    // Else it is the change of the pipeline that closed.
    if (silent.length > 0) this.#checkUnread(source, silentUntilMs);
    reference.fallSilent(floor);
  }

  #checkUnread(source: string, silentUntilMs: number): void {
    for (const { event, place } of this.unread(source)) {
      hold(LAW_OF_SILENCE, event.arrivalMs >= silentUntilMs, () => {
        return `${source}: found it silent until ${silentUntilMs}, while the event at ${place}, arrived at ${event.arrivalMs}, had not been read`;
      });
    }
  }

  /** All that have sent anything that is an event. */
  known(): Iterable<string> {
    return this.#deps.stream.bySource.keys();
  }

  /** Its events in the stream that are not folded in. */
  unread(source: string): Arrival[] {
    const lastByShard = this.sources.get(source)?.lastByShard;
    const all = this.#deps.stream.bySource.get(source) ?? [];
    return all.filter(({ shard }, at) => at > (lastByShard?.get(shard) ?? -1));
  }

  #compare(
    source: string,
    view: StateView,
    expected: {
      readonly reference: ReferenceSource;
      readonly handedOn: readonly string[];
      readonly closed: ReadonlySet<ReferenceWindow>;
    },
  ): void {
    const { reference, handedOn, closed } = expected;
    const law = LAW_OF_STATE;
    holdSame(law, `${source}, counts`, view.counts, reference.counts);
    holdSame(law, `${source}, latest event time`, view.maxTime, reference.maxTime);
    holdSame(law, `${source}, latest arrival`, view.lastArrivalMs, reference.lastArrivalMs);
    holdSame(law, `${source}, late by aggregation`, view.lateFor, reference.lateFor);
    holdSame(law, `${source}, late and quarantined events of this write`, view.handedOn, handedOn);
    this.#compareWindows(LAW_OF_CLOSING, source, 'closed by this write', view.closed, [...closed]);
    this.#compareWindows(law, source, 'open', view.open, reference.open());
    holdSame(law, `${source}, when it is due for closing`, view.closesAtMs, reference.closesAtMs());
  }

  #compareWindows(
    law: string,
    source: string,
    which: string,
    found: ReadonlyMap<string, () => FoundContents>,
    expected: readonly ReferenceWindow[],
  ): void {
    const where = `${source}, ${which}`;
    const names = expected.map((window) => windowName(window.aggregation.name, window));
    holdSame(law, `${where}: windows`, [...found.keys()].sort(), names.sort());
    for (const window of expected) {
      const name = windowName(window.aggregation.name, window);
      const contents = found.get(name)?.();
      if (contents === undefined) continue;
      this.holdContents(law, `${where}: window ${name}`, contents, window);
      this.holdAggregates(source, `${where}: window ${name}`, contents, window);
    }
  }

  holdContents(law: string, where: string, found: FoundContents, window: ReferenceWindow): void {
    holdSame(LAW_OF_PARTS, where, found.partial, window.partial);
    // What of its values was taken changed while it was open.
    if (window.isMixed) holdSame(law, `${where}, events`, found.events, window.events.length);
    else holdSame(law, where, comparable(found), comparable(this.contentsOf(window)));
  }

  holdAggregates(source: string, where: string, found: FoundContents, window: ReferenceWindow): void {
    // Where the aggregation was another one for a while, only events, values and completeness are checked, not the aggregates.
    const isOfFirst = this.#deps.pipeline.aggregations.some((each) => each === window.aggregation);
    if (!isOfFirst || this.sources.get(source)?.reference.hasChanged === true) return;
    const { aggregation, events, start, end } = window;
    const known = this.#aggregation(aggregation.name);
    const increases = (name: string) => this.increaseIn(source, window, name);
    const expected = {
      events,
      increaseOf: increases,
      lengthMs: end - start,
      statesOf: (rule: StateRule) => this.statesIn(source, window, rule),
      weightedMeanOf: (name: string) =>
        timeWeightedMeanOf(this.#historyOf(source, window), name, this.#spanOf(window)),
    };
    holdAggregates(where, found, expected, known);
  }

  /** What the source's counter grew by in a window, by steps that end at events that match. */
  increaseIn(
    source: string,
    window: ReferenceWindow,
    name: string,
    matches?: (event: ReferenceEvent) => boolean,
  ): bigint {
    const { aggregation, start, end } = window;
    const { counters, window: spec } = this.#aggregation(aggregation.name);
    const rules = { start, end, dip: counters.dip, carry: counters.carry && spec.kind !== 'session' };
    return increaseOf(this.#historyOf(source, window), name, rules, matches);
  }

  /** How long the source was in each state in a window, by samples that match. */
  statesIn(
    source: string,
    window: ReferenceWindow,
    { of, among }: StateRule,
    matches?: (event: ReferenceEvent) => boolean,
  ): ReferenceTimes {
    const told = (state: string) => (among === undefined || among.has(state) ? state : '');
    return stateTimesOf(this.#historyOf(source, window), of, this.#spanOf(window), matches, told);
  }

  /** What alerts ask of the state of this name, in the source's window. */
  saidIn(
    source: string,
    window: ReferenceWindow,
    name: string,
    matches: (event: ReferenceEvent) => boolean,
  ): SaidOfState {
    const told = this.#toldBy(window.aggregation.name, name);
    return saidOfState(this.#historyOf(source, window), name, this.#spanOf(window), matches, told);
  }

  /** The same over the windows of all sources that begin there. */
  saidOver(
    aggregation: string,
    start: number,
    name: string,
    matches: (event: ReferenceEvent) => boolean,
  ): SaidOfState {
    return allSaidOfState(
      this.#windowsAt(aggregation, start).map(({ source, window }) =>
        this.saidIn(source, window, name, matches),
      ),
    );
  }

  /** What a source said last in its first so many events that were applied; see `lastSaid`. */
  lastSaidAfter(
    source: string,
    aggregation: string,
    name: string,
    applied = Number.POSITIVE_INFINITY,
  ): ReturnType<typeof lastSaid> {
    const { holdMs = Number.POSITIVE_INFINITY } = this.#aggregation(aggregation);
    const judged = this.sources.get(source)?.reference.judged ?? [];
    const history = judged
      .filter(({ verdict }) => verdict === 'applied')
      .slice(0, applied)
      .filter(({ appliedTo }) => appliedTo.includes(aggregation))
      .map(({ event }) => event);
    return lastSaid(history, name, holdMs, this.#toldBy(aggregation, name));
  }

  /** States that the aggregation does not tell apart are one. */
  #toldBy(aggregation: string, name: string): (state: string) => string {
    const { among } = this.#aggregation(aggregation).states.find(({ of }) => of === name) ?? {};
    return (state) => (among === undefined || among.has(state) ? state : '');
  }

  #windowsAt(aggregation: string, start: number) {
    return [...this.sources].flatMap(([source, { reference }]) =>
      reference.windows
        .filter((window) => window.aggregation.name === aggregation && window.start === start)
        .map((window) => ({ source, window })),
    );
  }

  /** The same over the windows of all sources that begin there. */
  timesOver(
    aggregation: string,
    start: number,
    matches: (event: ReferenceEvent) => boolean,
  ): Pick<ExpectedEvents, 'statesOf' | 'weightedMeanOf'> {
    const windows = this.#windowsAt(aggregation, start);
    return {
      statesOf: (rule) =>
        sumOfTimes(windows.map(({ source, window }) => this.statesIn(source, window, rule, matches))),
      weightedMeanOf: (name) =>
        meanOfAll(
          windows.map(({ source, window }) =>
            weighedOf(this.#historyOf(source, window), name, this.#spanOf(window), matches),
          ),
        ),
    };
  }

  #historyOf(source: string, window: ReferenceWindow): readonly ReferenceEvent[] {
    return this.sources.get(source)?.reference.historyOf(window) ?? [];
  }

  #spanOf({ aggregation, start, end, isOpen }: ReferenceWindow): ReferenceSpan {
    const { holdMs = Number.POSITIVE_INFINITY, window } = this.#aggregation(aggregation.name);
    return { start, end, holdMs, isSession: window.kind === 'session', isClosed: !isOpen };
  }

  /** The same over the windows of all sources that begin there. */
  increaseOver(
    aggregation: string,
    start: number,
    name: string,
    matches: (event: ReferenceEvent) => boolean,
  ): bigint {
    let total = 0n;
    for (const [source, { reference }] of this.sources) {
      for (const window of reference.windows) {
        const isOf = window.aggregation.name === aggregation && window.start === start;
        if (isOf) total += this.increaseIn(source, window, name, matches);
      }
    }
    return total;
  }

  #aggregation(name: string): Aggregation {
    const known = this.#deps.pipeline.aggregations.find((aggregation) => aggregation.name === name);
    if (known === undefined) throw new Error(`the pipeline has no aggregation ${name}`);
    return known;
  }

  /** Made once for each number of events in it. */
  contentsOf(window: ReferenceWindow): WindowContents {
    const known = this.#contents.get(window);
    if (known?.events === window.events.length) return known;
    const contents = this.#makeContents(window);
    this.#contents.set(window, contents);
    return contents;
  }

  #makeContents(window: ReferenceWindow): WindowContents {
    const keepSamples = window.aggregation.keep?.samples ?? false;
    const contents = { end: window.end, events: window.events.length, metrics: window.metrics() };
    return referenceContents(contents, keepSamples);
  }

  #checked(source: string, pipeline: Pipeline): CheckedSource {
    let checked = this.sources.get(source);
    if (checked === undefined) {
      checked = {
        reference: new ReferenceSource(pipeline),
        position: 0,
        lastByShard: new Map(),
        hasStrayed: false,
        wasRetired: false,
      };
      this.sources.set(source, checked);
    }
    return checked;
  }
}

const NOTHING = new Uint8Array(0);
