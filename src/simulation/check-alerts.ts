// What alerts do: transitions numbered and each once; on closed windows those that the reference makes of them, in the end also
// where windows become final in any order; silence only where there was one; and on the bus each of them, always the same.
import { decodeAlertState } from '../core/alerts/alert-encoding.ts';
import type { AlertRule, StateMeasure } from '../core/alerts/alert-rule.ts';
import type { AlertState, Transition } from '../core/alerts/alert-state.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { parseRollupSeries, parseSourceSeries, sourceSeries } from '../core/series.ts';
import type { StateSummary } from '../core/state-time.ts';
import type { SeriesWindow, StoredWindow } from '../core/stored-window.ts';
import { spanMs } from '../core/window-spec.ts';
import { ALERTS_TABLE } from '../platform/names.ts';
import type { TableChange } from '../stores/memory-table.ts';
import { bytesOf, type Item, numberOf, textOf } from '../stores/table.ts';
import type { AlertEvent } from '../wire/alert-event.ts';
import { episodesOnStored } from './check-restored-alerts.ts';
import type { SourcesCheck } from './check-sources.ts';
import { seriesKey } from './check-windows.ts';
import { ReferenceAlert, type ReferenceTransition } from './reference-alert.ts';
import type { ReferenceEvent } from './reference-model.ts';
import type { ReferenceWindow } from './reference-source.ts';
import { hold, holdSame } from './violation.ts';

const LAW_OF_TRANSITIONS =
  'an alert’s transitions are numbered without gaps, and in order of time each begins where the one before ended';
const LAW_OF_ALERTS = 'an alert on closed windows makes the transitions that the reference makes of them';
const LAW_OF_EPISODES =
  'once all windows are final, the episodes are what the rule makes of them in order of time';
const LAW_OF_RESTORED =
  'where a source was put back, an alert on a rollup tells what its rule makes of the windows as they stand';
const LAW_OF_VALUES = 'what is told of a window is what it held';
const LAW_OF_SILENCE =
  'silence is told of once it has lasted, by what has been read, and ends with what arrives';
const LAW_OF_LAST =
  'what is told of the state that a source said last is what its events say, to the last one';
const LAW_OF_RETIREMENT = 'nobody hears any more of a source that was retired and has sent nothing since';
const LAW_OF_PUBLISHING = 'every transition is published, always with the same content';

export class AlertsCheck {
  readonly #rules: ReadonlyMap<string, AlertRule>;
  readonly #sources: SourcesCheck;
  readonly #nowMs: () => number;
  /** By rule and series. */
  readonly #made = new Map<string, Transition[]>();
  readonly #references = new Map<string, ReferenceAlert>();
  /** By id, as made. */
  readonly #contents = new Map<string, string>();
  readonly #published = new Set<string>();
  readonly #pipeline: Pipeline;
  /** By series and start, by revision, what rollup windows held when they were to be read. */
  readonly #heldBy = new Map<string, Map<number, SeriesWindow[]>>();
  /** Those that hold nothing, as they were noted last. */
  readonly #empty = new Set<string>();

  constructor(pipeline: Pipeline, sources: SourcesCheck, nowMs: () => number) {
    this.#pipeline = pipeline;
    this.#rules = new Map(pipeline.alerts.map((rule) => [rule.name, rule]));
    this.#sources = sources;
    this.#nowMs = nowMs;
  }

  /** Whether rollup windows are watched. */
  get watchesRollups(): boolean {
    return this.#pipeline.alerts.some(({ on }) => on.kind === 'rollup');
  }

  /** A rollup window, its parts as one, can be read so from now on. */
  noteRollup(window: SeriesWindow, holdsAnything: boolean): void {
    const key = seriesKey(window.series, window.start);
    if (holdsAnything) this.#empty.delete(key);
    else this.#empty.add(key);
    const byRevision = this.#heldBy.get(key) ?? new Map<number, SeriesWindow[]>();
    this.#heldBy.set(key, byRevision);
    byRevision.set(window.revision, [...(byRevision.get(window.revision) ?? []), window]);
  }

  /** Windows of a source have closed, at once. */
  noteClosed(source: string, closed: readonly ReferenceWindow[]): void {
    for (const rule of this.#rules.values()) {
      const { on } = rule;
      if (on.kind !== 'aggregation' || !watches(rule, source)) continue;
      const own = closed.filter(
        ({ aggregation }) => on.kind === 'aggregation' && aggregation.name === on.name,
      );
      for (const window of own.sort((a, b) => a.start - b.start)) {
        const { start, end, events, aggregation } = window;
        const said = (name: string, matches: (event: ReferenceEvent) => boolean) =>
          this.#sources.saidIn(source, window, name, matches);
        this.#reference(rule, source).observe({ start, end, events, aggregation, said });
      }
    }
  }

  changed({ oldImage, newImage }: TableChange): void {
    // Else it is no alert, but how far a walk over all sources has come.
    if (newImage === undefined || bytesOf(newImage, ALERTS_TABLE.state) === undefined) return;
    const name = textOf(newImage, ALERTS_TABLE.rule) ?? '';
    const series = textOf(newImage, ALERTS_TABLE.series) ?? '';
    const where = `${name} on ${series}`;
    const [before, after] = [oldImage, newImage].map((image) => stateOf(where, image));
    const rule = this.#rules.get(name);
    hold(
      LAW_OF_TRANSITIONS,
      rule !== undefined && after !== undefined,
      () => `${where}: no alert is called so`,
    );
    const versions = [oldImage ?? {}, newImage].map((image) => numberOf(image, ALERTS_TABLE.version) ?? 0);
    holdSame(LAW_OF_TRANSITIONS, `${where}: version`, versions[1], (versions[0] ?? 0) + 1);
    const known = this.#madeBy(name, series);
    const fresh = after.transitions.filter(({ sequence }) => sequence > (before?.sequence ?? 0));
    for (const transition of fresh) {
      const { sequence, from } = transition;
      holdSame(LAW_OF_TRANSITIONS, `${where}: number`, sequence, known.length + 1);
      if (!isJudgedInPlace(rule))
        holdSame(LAW_OF_TRANSITIONS, `${where}, ${sequence}: from`, from, known.at(-1)?.to ?? 'ok');
      known.push(transition);
      this.#contents.set(`${name}/${series}/${sequence}`, contentOf(transition));
      this.#checkOne(rule, series, transition);
    }
    holdSame(LAW_OF_TRANSITIONS, `${where}: latest number`, after.sequence, known.length);
    holdSame(LAW_OF_TRANSITIONS, `${where}: state`, after.status, known.at(-1)?.to ?? 'ok');
    if (isJudgedInPlace(rule) && !this.#wasRetired(series) && fresh.length > 0 && after.owes === undefined) {
      let status = 'ok';
      for (const { from, to, window } of episodesOf(known)) {
        holdSame(LAW_OF_TRANSITIONS, `${where}, ${window.start}: from`, from, status);
        status = to;
      }
      holdSame(LAW_OF_TRANSITIONS, `${where}: state, in order of time`, after.status, status);
    }
  }

  published(event: AlertEvent): void {
    const { id } = event;
    holdSame(LAW_OF_PUBLISHING, id, contentOf(event), this.#contents.get(id));
    this.#published.add(id);
  }

  /**
   * Nothing is under way, and all silences have been long enough to be told. `applied`: by series and start. `rollups`: windows as they
   * stand, their parts as one.
   */
  atEnd(
    applied: ReadonlyMap<string, readonly ReferenceEvent[]>,
    rollups: () => readonly StoredWindow[],
  ): void {
    for (const [id, content] of this.#contents) {
      hold(LAW_OF_PUBLISHING, this.#published.has(id), () => `${id}: found it nowhere, expected ${content}`);
    }
    for (const [key, reference] of this.#references) {
      const { rule, source, series } = parseKey(key);
      if (this.#sources.uncertain.has(source) || this.#wasRetired(series)) continue;
      const made = this.#madeBy(rule, series);
      if (this.#rules.get(rule)?.on.kind === 'aggregation' && isJudgedInPlace(this.#rules.get(rule)))
        holdEpisodes(LAW_OF_EPISODES, `${rule} on ${series}`, made, reference.atEnd());
      else
        holdSame(
          LAW_OF_ALERTS,
          `${rule} on ${series}: transitions`,
          made.length,
          reference.transitions.length,
        );
    }
    this.#checkRetired();
    if (this.#sources.uncertain.size === 0) this.#checkRollups(applied);
    else if (this.#sources.restored.size > 0) this.#checkRestored(rollups);
    for (const rule of this.#rules.values()) {
      for (const source of this.#sources.sources.keys()) {
        if (rule.when.kind === 'absent') this.#checkSilent(rule, source);
        this.#checkLastWord(rule, source);
      }
    }
  }

  /** When the word came is not in the stream: what had been told by then, and whether a source that came back begins anew, is not followed. */
  #wasRetired(series: string): boolean {
    const source = parseSourceSeries(series)?.source;
    return source !== undefined && this.#sources.retiredAtMs.has(source);
  }

  #checkRetired(): void {
    for (const [key, made] of this.#made) {
      const [rule, series]: [string, string] = JSON.parse(key);
      const source = parseSourceSeries(series)?.source ?? '';
      const retiredAtMs = this.#sources.retiredAtMs.get(source);
      const lastArrivalMs = this.#sources.sources.get(source)?.reference.lastArrivalMs;
      if (retiredAtMs === undefined || lastArrivalMs === undefined || lastArrivalMs > retiredAtMs) continue;
      const status = made.at(-1)?.to ?? 'ok';
      hold(LAW_OF_RETIREMENT, status !== 'firing' && status !== 'pending', () => {
        return `${rule} on ${series}: found it ${status}, expected an end at ${retiredAtMs}`;
      });
    }
  }

  #checkRollups(applied: ReadonlyMap<string, readonly ReferenceEvent[]>): void {
    const bySeries = Map.groupBy(applied, ([key]) => seriesOf(key).series);
    for (const rule of this.#rules.values()) {
      const rollup = this.#pipeline.rollups.find(
        ({ name }) => rule.on.kind === 'rollup' && name === rule.on.name,
      );
      const aggregation = this.#pipeline.aggregations.find(({ name }) => name === rollup?.of);
      if (aggregation === undefined || rule.on.kind !== 'rollup') continue;
      for (const [series, windows] of bySeries) {
        if (!isWatchedSeries(rule, series)) continue;
        const reference = new ReferenceAlert(rule);
        const isIn = (event: ReferenceEvent) => isOfSeries(rule, series, event);
        for (const { start, events } of this.#windowsOf(series, windows)) {
          const said = (name: string) => this.#sources.saidOver(aggregation.name, start, name, isIn);
          reference.observe({ start, end: start + spanMs(aggregation.window), events, aggregation, said });
        }
        holdEpisodes(
          LAW_OF_EPISODES,
          `${rule.name} on ${series}`,
          this.#madeBy(rule.name, series),
          reference.atEnd(),
        );
      }
    }
  }

  #checkRestored(rollups: () => readonly StoredWindow[]): void {
    const rules = [...this.#rules.values()].filter(({ on }) => on.kind === 'rollup');
    if (rules.length === 0) return;
    for (const [series, windows] of Map.groupBy(rollups(), (window) => window.series)) {
      for (const rule of rules.filter((each) => isWatchedSeries(each, series))) {
        const expected = episodesOnStored(rule, windows, valueIn);
        if (expected !== undefined)
          holdEpisodes(
            LAW_OF_RESTORED,
            `${rule.name} on ${series}`,
            this.#madeBy(rule.name, series),
            expected,
          );
      }
    }
  }

  /** In order of time; what a state of before is carried into has no event of the series. */
  #windowsOf(
    series: string,
    applied: readonly (readonly [key: string, events: readonly ReferenceEvent[]])[],
  ) {
    const events = new Map(applied.map(([key, own]) => [seriesOf(key).start, own]));
    for (const key of this.#heldBy.keys()) {
      const { series: other, start } = seriesOf(key);
      if (other === series && !events.has(start) && !this.#empty.has(key)) events.set(start, []);
    }
    return [...events].map(([start, own]) => ({ start, events: own })).sort((a, b) => a.start - b.start);
  }

  /** What is told of what a source said last is what its events up to there say. */
  #checkLast(rule: AlertRule, source: string, { sequence, to, window, stale }: Transition): void {
    const { on, measure, when, forMs } = rule;
    if (on.kind !== 'last' || measure?.kind !== 'state' || when.kind !== 'is' || stale === true) return;
    const { start, revision, value } = window;
    const where = `${rule.name} of ${source}, ${sequence}`;
    const said = this.#sources.lastSaidAfter(source, on.name, measure.metric, revision);
    const lastingMs = said?.state === when.state ? said.time - said.sinceMs : -1;
    holdSame(LAW_OF_LAST, where, { start, value }, { start: said?.time, value: lastingMs });
    if (to === 'pending' || to === 'firing')
      hold(LAW_OF_LAST, to === 'firing' ? value >= forMs : value >= 0, () => {
        return `${where}: found it ${to} after ${value} ms, expected ${forMs} before it fires`;
      });
  }

  /** Nobody is left with what a source said before it said something else. */
  #checkLastWord(rule: AlertRule, source: string): void {
    const { on, measure, when, forMs, clear, stale } = rule;
    if (on.kind !== 'last' || measure?.kind !== 'state' || when.kind !== 'is' || !watches(rule, source))
      return;
    const series = sourceSeries(on.name, source);
    if (this.#sources.uncertain.has(source) || this.#wasRetired(series) || stale !== undefined) return;
    const said = this.#sources.lastSaidAfter(source, on.name, measure.metric);
    const status = this.#madeBy(rule.name, series).at(-1)?.to ?? 'ok';
    const lastingMs = said?.state === when.state ? said.time - said.sinceMs : -1;
    const expected =
      lastingMs >= forMs
        ? ['firing']
        : lastingMs >= 0
          ? ['pending', 'firing']
          : ['ok', 'resolved', ...(clear.forMs > 0 ? ['firing'] : [])];
    hold(LAW_OF_LAST, expected.includes(status), () => {
      return `${rule.name} of ${source}, at the end: found it ${status}, expected ${expected.join(' or ')} ${lastingMs} ms after it began`;
    });
  }

  /** For rollups: the value published is one that the rollup held at some moment, at the revision published. */
  #checkValue(rule: AlertRule, series: string, { sequence, from, to, window }: Transition): void {
    const { start, revision, value } = window;
    // It has been taken back: the window is judged no more.
    if (from === to && revision === 0) return;
    const held = this.#heldBy.get(seriesKey(series, start))?.get(revision) ?? [];
    const values = held.map((window) => valueIn(rule, window));
    hold(LAW_OF_VALUES, values.includes(value), () => {
      return `${rule.name} on ${series}, ${sequence}: found ${value} at revision ${revision} of ${start}, expected one of [${values}]`;
    });
  }

  #checkOne(rule: AlertRule, series: string, transition: Transition): void {
    if (rule.on.kind === 'rollup' && transition.stale !== true) this.#checkValue(rule, series, transition);
    const source = parseSourceSeries(series)?.source;
    if (source === undefined || this.#sources.uncertain.has(source) || this.#wasRetired(series)) return;
    this.#checkLast(rule, source, transition);
    if (rule.when.kind === 'absent') this.#checkSilence(source, transition);
    else if (isOnClosedWindows(rule)) {
      const { sequence, from, to, window } = transition;
      const where = `${rule.name} on ${series}, ${sequence}`;
      const expected = this.#reference(rule, source).transitions[sequence - 1];
      // A counter's step that a late sample moves raises the revision too, and the reference counts events alone.
      const revision =
        expected === undefined ? window.revision : Math.max(window.revision, expected.window.revision);
      const raised = expected && { ...expected, window: { ...expected.window, revision } };
      holdSame(LAW_OF_ALERTS, where, { from, to, window }, raised);
    }
  }

  /** When a silence is published, everything that arrived before it was long enough has been read. */
  #checkSilence(source: string, { to, window: { start, end }, stale }: Transition): void {
    if (to === 'resolved' && stale !== true) return;
    hold(
      LAW_OF_SILENCE,
      this.#nowMs() >= end,
      () => `${source}: told at ${this.#nowMs()} of its silence until ${end}`,
    );
    for (const { event, place } of this.#sources.unread(source)) {
      hold(LAW_OF_SILENCE, event.arrivalMs >= end, () => {
        return `${source}: told of its silence from ${start} to ${end}, while the event at ${place}, arrived at ${event.arrivalMs}, had not been read`;
      });
    }
  }

  /** The silences published for a source are those that ticks and its arrivals give; for a source with strays, only that it is silent now. */
  #checkSilent(rule: AlertRule, source: string): void {
    if (!watches(rule, source) || this.#sources.uncertain.has(source)) return;
    if (this.#wasRetired(sourceSeries('', source))) return;
    const made = this.#madeBy(rule.name, sourceSeries('', source));
    const checked = this.#sources.sources.get(source);
    // All of it is in quarantine.
    if (checked === undefined || checked.reference.lastArrivalMs < 0 || rule.when.kind !== 'absent') return;
    const { afterMs } = rule.when;
    const { lastArrivalMs, silences } = checked.reference;
    const where = `${rule.name} of ${source}, at the end`;
    const steps = made.map(({ to, window: { start, end } }) => [to, start, end]);
    const last = ['firing', lastArrivalMs, lastArrivalMs + afterMs];
    const expected = silences
      .filter(({ fromMs, untilMs }) => untilMs - fromMs >= afterMs)
      .flatMap(({ fromMs, toMs }) => [
        ['firing', fromMs, fromMs + afterMs],
        ['resolved', fromMs, toMs],
      ]);
    if (checked.hasStrayed) holdSame(LAW_OF_SILENCE, where, steps.at(-1), last);
    else holdSame(LAW_OF_SILENCE, where, steps, [...expected, last]);
  }

  #madeBy(rule: string, series: string): Transition[] {
    const key = JSON.stringify([rule, series]);
    const made = this.#made.get(key) ?? [];
    this.#made.set(key, made);
    return made;
  }

  #reference(rule: AlertRule, source: string): ReferenceAlert {
    const series = sourceSeries(rule.on.kind === 'source' ? '' : rule.on.name, source);
    const key = JSON.stringify({ rule: rule.name, source, series });
    const reference = this.#references.get(key) ?? new ReferenceAlert(rule);
    this.#references.set(key, reference);
    return reference;
  }
}

/** The value that the rule watches, in a window of a rollup. */
function valueIn({ measure }: AlertRule, { events, metrics, states }: SeriesWindow): number | undefined {
  if (measure?.kind === 'state') return valueOfState(measure, states?.get(measure.metric));
  if (measure?.kind !== 'metric') return events;
  const summary: Readonly<Record<string, number | undefined>> = { ...metrics.get(measure.metric) };
  return summary[measure.aggregate];
}

/** By what the rollup's window holds as it is read. */
function valueOfState(
  { aggregate, state = '' }: StateMeasure,
  found: StateSummary | undefined,
): number | undefined {
  if (found === undefined) return undefined;
  if (aggregate === 'changes') return found.changes;
  if (aggregate === 'lasting') return found.ended?.get(state) ?? 0;
  const own = found.times.find((time) => time.state === state)?.ms ?? 0;
  if (aggregate === 'seconds') return own / 1_000;
  return own / found.times.reduce((sum, { ms }) => sum + ms, 0);
}

/** Whether the event has the tags of the series. */
function isOfSeries({ on }: AlertRule, series: string, { tags }: ReferenceEvent): boolean {
  const { values = [] } = parseRollupSeries(series) ?? {};
  const level = on.kind === 'rollup' ? on.levels.find(({ length }) => length === values.length) : undefined;
  return (level ?? []).every((tag, at) => (Object.hasOwn(tags, tag) ? tags[tag] : null) === values[at]);
}

function isOnClosedWindows({ on }: AlertRule): boolean {
  return on.kind === 'aggregation' && !on.provisional;
}

/** Windows may come behind others that have been judged. */
function isJudgedInPlace(rule: AlertRule | undefined): boolean {
  return rule?.on.kind === 'rollup' || (rule?.on.kind === 'aggregation' && rule.on.provisional);
}

/** The transition published last for each window; none for a window whose transition was taken back. */
function episodesOf(told: readonly Transition[]): readonly Transition[] {
  const byWindow = new Map(told.map((each) => [`${each.window.start} ${each.stale === true}`, each]));
  return [...byWindow.values()]
    .filter(({ from, to }) => from !== to)
    .sort((a, b) => a.window.start - b.window.start);
}

function holdEpisodes(
  law: string,
  where: string,
  made: readonly Transition[],
  expected: readonly ReferenceTransition[],
): void {
  const steps = (list: readonly ReferenceTransition[]) =>
    list.map(({ from, to, stale, window: { start, end } }) => ({
      from,
      to,
      start,
      end,
      stale: stale === true,
    }));
  holdSame(law, where, steps(episodesOf(made)), steps(expected));
}

function isWatchedSeries({ on, filter }: AlertRule, series: string): boolean {
  const rollup = parseRollupSeries(series);
  if (on.kind !== 'rollup' || rollup?.rollup !== on.name) return false;
  const level = on.levels.find((tags) => tags.length === rollup.values.length);
  if (level === undefined) return false;
  return [...(filter.tags ?? [])].every(([tag, wanted]) =>
    wanted.has(rollup.values[level.indexOf(tag)] ?? ''),
  );
}

function seriesOf(key: string): { readonly series: string; readonly start: number } {
  const [series, start] = JSON.parse(key);
  return { series, start };
}

function watches({ filter: { sources } }: AlertRule, source: string): boolean {
  return sources === undefined || sources.some((beginning) => source.startsWith(beginning));
}

function stateOf(where: string, image: Item | undefined): AlertState | undefined {
  const encoded = image === undefined ? undefined : bytesOf(image, ALERTS_TABLE.state);
  return encoded === undefined ? undefined : decodeAlertState(where, encoded);
}

function contentOf({ sequence, from, to, severity, reason, window, correction }: Transition): string {
  return JSON.stringify([sequence, from, to, severity, reason, window, correction === true]);
}

function parseKey(key: string): { readonly rule: string; readonly source: string; readonly series: string } {
  return JSON.parse(key);
}
