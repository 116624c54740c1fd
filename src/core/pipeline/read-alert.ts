// Reads the alerts of a pipeline definition, each against the aggregation or rollup it watches.
import type {
  AlertCondition,
  AlertFilter,
  AlertOn,
  AlertRule,
  ClearCondition,
  Direction,
  Staleness,
} from '../alerts/alert-rule.ts';
import { MAX_WINDOWS_BACK, REACH_WINDOWS, SEVERITIES } from '../alerts/alert-rule.ts';
import { LEAST_HISTORY } from '../alerts/deviation.ts';
import { formatDurationMs } from '../duration.ts';
import { EVENT_LIMITS } from '../event-limits.ts';
import { spanMs, specText } from '../window-spec.ts';
import type { DefinitionReader } from './definition-reader.ts';
import type { AggregationDraft, Rollup } from './pipeline.ts';
import { readMeasureOf, type Watched } from './read-measure.ts';

/** What alerts may watch. */
export interface Watchable {
  readonly aggregations: readonly AggregationDraft[];
  readonly rollups: readonly Rollup[];
}

export function readAlert(entry: DefinitionReader, watchable: Watchable): AlertRule {
  entry.onlyKeys([
    'name',
    'on',
    'metric',
    'aggregate',
    'state',
    'when',
    'for',
    'clear',
    'staleAfter',
    'severity',
    'filter',
  ]);
  const { when, on, watched } = readWhenAndOn(entry, watchable);
  const isSilence = when.kind === 'absent';
  const severity = entry.text('severity', SEVERITIES) ?? 'warning';
  return {
    name: entry.name('name'),
    on,
    measure: isSilence ? withoutMeasure(entry) : readMeasureOf(entry, { when, on, watched }),
    when,
    forMs: isSilence ? without(entry, 'for', 0) : entry.duration('for', { default: 0, least: 0 }),
    clear: isSilence ? without(entry, 'clear', clearOf(when)) : readClear(entry, when),
    stale: readStaleness(entry, { on, when, watched }),
    severity,
    filter: readFilter(entry, on),
  };
}

function readWhenAndOn(
  entry: DefinitionReader,
  watchable: Watchable,
): { readonly when: AlertCondition; readonly on: AlertOn; readonly watched: Watched } {
  const when = readWhen(entry);
  if (when.kind === 'absent') {
    return { when, ...readSilent(entry, watchable) };
  }
  const { on, watched } = readOn(entry, watchable);
  if (when.kind === 'deviates' && 'provisional' in on && on.provisional) {
    entry.problem(
      'on.provisional',
      'found true with deviates, expected none: a window half full is not to be compared with whole ones',
    );
  }
  if (when.kind === 'deviates' && watched !== undefined) {
    const leastMs = LEAST_HISTORY * spanMs(watched.window);
    if (when.historyMs < leastMs) {
      entry.problem(
        'when.deviates.history',
        `found ${formatDurationMs(when.historyMs)}, expected at least ${formatDurationMs(leastMs)}: ${LEAST_HISTORY} windows of ${JSON.stringify(watched.name)}`,
      );
    }
  }
  return { when, on, watched };
}

/** A source is silent whatever its windows are, so such rules watch sources; for a rollup, each series. */
function readSilent(
  entry: DefinitionReader,
  watchable: Watchable,
): { readonly on: AlertOn; readonly watched: Watched } {
  if (!entry.has('on')) return { on: { kind: 'source' }, watched: undefined };
  const { on, watched } = readOn(entry, watchable);
  if (on.kind !== 'rollup') {
    entry.problem(
      'on',
      `found ${JSON.stringify(entry.raw('on'))} with absent, expected {"rollup": NAME}, or none: a source is silent as a whole`,
    );
  }
  const child = entry.child('on');
  for (const key of ['provisional', 'settle']) {
    if (child?.has(key) === true)
      child.problem(key, 'found with absent, expected none: silence has no windows');
  }
  return { on, watched };
}

function readStaleness(
  entry: DefinitionReader,
  { on, when, watched }: { readonly on: AlertOn; readonly when: AlertCondition; readonly watched: Watched },
): Staleness | undefined {
  if (!entry.has('staleAfter')) return undefined;
  const afterMs = entry.duration('staleAfter', { least: LEAST_SILENCE_MS });
  if (when.kind === 'absent' && afterMs <= when.afterMs) {
    entry.problem(
      'staleAfter',
      `found ${JSON.stringify(entry.raw('staleAfter'))}, expected more than absent, ${formatDurationMs(when.afterMs)}: it would end before it fires`,
    );
  }
  if (watched === undefined || when.kind === 'absent' || on.kind === 'last') return { afterMs, graceMs: 0 };
  return { afterMs, graceMs: spanMs(watched.window) + watched.allowedLatenessMs + watched.idleTimeoutMs };
}

const CONDITIONS = ['above', 'below', 'changesBy', 'is', 'absent', 'deviates'] as const;
const ANY_NUMBER = { least: -Number.MAX_VALUE, most: Number.MAX_VALUE };

function readWhen(entry: DefinitionReader): AlertCondition {
  const nothing: AlertCondition = { kind: 'above', threshold: 0 };
  const when = entry.child('when', '{"above": 80}');
  if (when === undefined) return nothing;
  const kind = exactlyOne(when, CONDITIONS);
  switch (kind) {
    case undefined:
      return nothing;
    case 'above':
    case 'below':
      return { kind, threshold: when.number(kind, ANY_NUMBER) };
    case 'is':
      return { kind, state: when.text('is') ?? '' };
    case 'absent':
      return { kind, afterMs: when.duration('absent', { least: LEAST_SILENCE_MS }) };
    case 'changesBy':
      return readChange(when) ?? nothing;
    case 'deviates':
      return readDeviation(when) ?? nothing;
  }
}

/** The clock looks once a minute. */
const LEAST_SILENCE_MS = 60_000;

function readChange(when: DefinitionReader): AlertCondition | undefined {
  const change = when.child('changesBy');
  if (change === undefined) return undefined;
  change.onlyKeys(['difference', 'ratio', 'over', 'direction']);
  const by = exactlyOne(change, ['difference', 'ratio'], ['over', 'direction']);
  return {
    kind: 'changes',
    by: by ?? 'difference',
    threshold: by === undefined ? 0 : change.number(by, { least: 0, most: Number.MAX_VALUE }),
    over: change.number('over', { default: 1, least: 1, most: MAX_WINDOWS_BACK, whole: true }),
    direction: readDirection(change),
  };
}

function readDeviation(when: DefinitionReader): AlertCondition | undefined {
  const deviates = when.child('deviates');
  if (deviates === undefined) return undefined;
  deviates.onlyKeys(['score', 'history', 'season', 'direction']);
  const historyMs = deviates.duration('history', { default: DEFAULT_HISTORY_MS, least: 1 });
  const seasonMs = deviates.has('season') ? deviates.duration('season', { least: 1 }) : undefined;
  if (seasonMs !== undefined && 2 * seasonMs > historyMs) {
    deviates.problem(
      'season',
      `found ${JSON.stringify(deviates.raw('season'))}, expected at most half the history, ${formatDurationMs(historyMs)}: one season is not enough to compare with`,
    );
  }
  return {
    kind: 'deviates',
    score: deviates.number('score', { default: DEFAULT_SCORE, least: 1, most: 1_000 }),
    historyMs,
    seasonMs,
    direction: readDirection(deviates),
  };
}

const DEFAULT_HISTORY_MS = 14 * 86_400_000;
const DEFAULT_SCORE = 6;

function readDirection(entry: DefinitionReader): Direction {
  return entry.text('direction', ['up', 'down', 'both']) ?? 'both';
}

function readOn(
  entry: DefinitionReader,
  { aggregations, rollups }: Watchable,
): { readonly on: AlertOn; readonly watched: Watched } {
  const nothing: AlertOn = { kind: 'aggregation', name: '', spec: '', provisional: false };
  const on = entry.child('on', '{"aggregation": NAME}, {"rollup": NAME} or {"last": NAME}');
  if (on === undefined) return { on: nothing, watched: undefined };
  const kind = exactlyOne(on, ['aggregation', 'rollup', 'last'], ['provisional', 'by', 'settle']);
  if (kind === undefined) return { on: nothing, watched: undefined };
  on.onlyKeys(
    kind === 'last'
      ? [kind]
      : kind === 'rollup'
        ? [kind, 'provisional', 'by', 'settle']
        : [kind, 'provisional'],
  );
  const name = on.name(kind);
  const rollup = kind === 'rollup' ? rollups.find((one) => one.name === name) : undefined;
  const watched = aggregations.find((one) => one.name === (kind === 'rollup' ? rollup?.of : name));
  if (name !== '' && watched === undefined) {
    const known = (kind === 'rollup' ? rollups : aggregations).map((one) => JSON.stringify(one.name));
    const what = kind === 'rollup' ? 'a rollup' : 'an aggregation';
    on.problem(
      kind,
      `found ${JSON.stringify(name)}, expected the name of ${what}: ${known.join(', ') || 'there is none'}`,
    );
  }
  const spec = watched === undefined ? '' : specText(watched.window);
  if (kind === 'last') return { on: { kind, name, spec }, watched };
  const provisional = on.flag('provisional');
  if (kind === 'aggregation') return { on: { kind, name, spec, provisional }, watched };
  const settleMs = provisional ? withoutSettling(on) : on.duration('settle', { default: 0, least: 0 });
  const reachMs = watched === undefined ? 0 : reachOf(watched);
  return {
    on: { kind, name, spec, provisional, settleMs, reachMs, levels: readLevels(on, rollup) },
    watched,
  };
}

/** What lateness and silence can still make final, plus the time that slow sources are given. */
function reachOf({ window, allowedLatenessMs, idleTimeoutMs }: NonNullable<Watched>): number {
  const everyMs = window.kind === 'hopping' ? window.everyMs : spanMs(window);
  return allowedLatenessMs + idleTimeoutMs + REACH_WINDOWS * everyMs;
}

function withoutSettling(on: DefinitionReader): number {
  if (on.has('settle')) on.problem('settle', 'found with provisional, expected one of them');
  return 0;
}

function readLevels(on: DefinitionReader, rollup: Rollup | undefined): readonly (readonly string[])[] {
  if (rollup === undefined || !on.has('by')) return rollup?.levels ?? [];
  const by = on.texts('by') ?? [];
  const level = rollup.levels.find((tags) => JSON.stringify(tags) === JSON.stringify(by));
  if (level !== undefined) return [level];
  const known = rollup.levels.map((tags) => JSON.stringify(tags)).join(', ');
  on.problem(
    'by',
    `found ${JSON.stringify(on.raw('by'))}, expected the tags of a level of the rollup: ${known}`,
  );
  return [];
}

/** The direction of coming back: a value that was above comes back below; so do sizes of changes and scores. */
function readClear(entry: DefinitionReader, when: AlertCondition): ClearCondition {
  const otherwise = clearOf(when);
  const clear = entry.child('clear');
  if (clear === undefined || when.kind === 'absent') return otherwise;
  if (when.kind === 'is') {
    clear.onlyKeys(['for']);
    return { bound: 0, forMs: clear.duration('for', { default: 0, least: 0 }) };
  }
  const key = when.kind === 'below' ? 'above' : 'below';
  clear.onlyKeys([key, 'for']);
  if (clear.keys().length === 0) clear.problem('', `found {}, expected ${key}, for, or both`);
  const least = key === 'above' ? thresholdOf(when) : when.kind === 'above' ? -Number.MAX_VALUE : 0;
  const most = key === 'above' ? Number.MAX_VALUE : thresholdOf(when);
  return {
    bound: clear.number(key, { default: otherwise.bound, least, most }),
    forMs: clear.duration('for', { default: 0, least: 0 }),
  };
}

/** The default: as soon as the condition does not hold; for a score, a quarter of it, which is a normal value again. */
function clearOf(when: AlertCondition): ClearCondition {
  return { bound: when.kind === 'deviates' ? when.score / 4 : thresholdOf(when), forMs: 0 };
}

function thresholdOf(when: AlertCondition): number {
  if (when.kind === 'absent' || when.kind === 'is') return 0;
  return when.kind === 'deviates' ? when.score : when.threshold;
}

function readFilter(entry: DefinitionReader, on: AlertOn): AlertFilter {
  const filter = entry.child('filter');
  if (filter === undefined) return { sources: undefined, tags: undefined };
  filter.onlyKeys(
    on.kind === 'aggregation' ? ['sources', 'tags'] : on.kind === 'rollup' ? ['tags'] : ['sources'],
  );
  if (filter.keys().length === 0) filter.problem('', 'found {}, expected sources or tags');
  const tags =
    on.kind === 'aggregation' || on.kind === 'rollup'
      ? filter.textsByName('tags', { least: 0, most: EVENT_LIMITS.tagLength })
      : undefined;
  if (on.kind === 'rollup' && tags !== undefined) {
    for (const tag of tags.keys()) {
      if (on.levels.some((level) => level.includes(tag))) continue;
      filter.problem('tags', `found ${JSON.stringify(tag)}, expected a tag that the rollup groups by`);
    }
  }
  return { sources: filter.texts('sources'), tags };
}

function withoutMeasure(entry: DefinitionReader): undefined {
  without(entry, 'metric', undefined);
  without(entry, 'state', undefined);
  return without(entry, 'aggregate', undefined);
}

function without<T>(entry: DefinitionReader, key: string, value: T): T {
  if (entry.has(key)) {
    entry.problem(
      key,
      `found ${JSON.stringify(entry.raw(key))} with absent, expected none: silence has no values`,
    );
  }
  return value;
}

function exactlyOne<K extends string>(
  reader: DefinitionReader,
  keys: readonly K[],
  others: readonly string[] = [],
): K | undefined {
  const found = keys.filter((key) => reader.has(key));
  const [only] = found;
  reader.onlyKeys([...keys, ...others]);
  if (only !== undefined && found.length === 1) return only;
  reader.problem(
    '',
    `found ${found.length === 0 ? 'none' : found.join(' and ')}, expected exactly one of ${keys.join(', ')}`,
  );
  return undefined;
}
