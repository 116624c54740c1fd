// The pipeline definition: the one file a user edits first, in TypeScript or JSON, and its checked form.
import { readAlert } from './alert-definition.ts';
import type { AlertRule, Severity } from './alerts/alert-rule.ts';
import type { CalendarUnit } from './calendar.ts';
import { CALENDAR_UNITS, WEEKDAYS } from './calendar.ts';
import { DefinitionReader } from './definition-reader.ts';
import { parseDurationMs } from './duration.ts';
import type { EventField } from './event-field.ts';
import { parseEventField } from './event-field.ts';
import type { EventFilter } from './event-filter.ts';
import { EVENT_LIMITS } from './event-limits.ts';
import { readShapes } from './shape/read-shape.ts';
import type { Shape } from './shape/shape.ts';
import type { ShapeDefinition } from './shape/shape-definition.ts';
import { isTimeZone } from './time-zone.ts';
import type { WindowSpec } from './window-spec.ts';
import { MAX_HOPS } from './window-spec.ts';

/** What a user writes. Durations are `250ms 10s 5m 1h 2d`. */
export interface PipelineDefinition {
  readonly aggregations: readonly AggregationDefinition[];
  readonly rollups?: readonly RollupDefinition[];
  readonly alerts?: readonly AlertDefinition[];
  readonly dedupe?: { readonly horizon?: string };
  /** Other forms that events come in: names of built-in shapes, and shapes of one's own; the first that matches counts. */
  readonly shapes?: readonly (string | ShapeDefinition)[];
  /** How far ahead of its arrival an event's time may lie. Default `5m`. */
  readonly maxClockSkew?: string;
  /** Takes times before 1990 for right, in records that arrived after 2000: recordings of long ago. Default `false`. */
  readonly allowOldTimes?: boolean;
  /** How long closed windows are kept. Default: for ever. */
  readonly retention?: string;
}

export interface AggregationDefinition {
  readonly name: string;
  readonly window: /** `offset`: how long after the epoch the first one begins; less than the size. */
    | { readonly tumbling: string; readonly offset?: string }
    | { readonly hopping: { readonly size: string; readonly every: string; readonly offset?: string } }
    /** Days, weeks or months as clocks show them in a zone, `UTC` unless it says otherwise; weeks begin on Monday. */
    | {
        readonly calendar: CalendarUnit;
        readonly timezone?: string;
        readonly weekStart?: (typeof WEEKDAYS)[number];
      }
    | { readonly session: { readonly gap: string } };
  /** Which events it takes. Default: all. */
  readonly filter?: {
    readonly types?: readonly string[];
    readonly tags?: Readonly<Record<string, readonly string[]>>;
  };
  /** How long after its end a window stays open for late events, in event time. Default `0s`. */
  readonly allowedLateness?: string;
  /** After how long a silent source's windows are closed. Default `10m`. */
  readonly idleTimeout?: string;
  /** How long its closed windows and rollup windows are kept. Default: as the pipeline says. */
  readonly retention?: string;
  /** Value names to take; default all. */
  readonly values?: readonly string[];
  /** Default `["count", "sum", "min", "max", "mean"]`. */
  readonly aggregates?: readonly AggregateName[];
  /** Of quantiles. Default 0.01. */
  readonly relativeError?: number;
  /** Fields whose distinct texts are counted: `source`, `type`, `id`, `tags.NAME`, `values.NAME`. */
  readonly distinct?: readonly string[];
  /** Fields whose most frequent texts are kept with their counts. */
  readonly topK?: readonly { readonly of: string; readonly k: number }[];
}

export interface RollupDefinition {
  readonly name: string;
  /** The aggregation it sums up. */
  readonly of: string;
  /** Tags whose values it groups by, together; none at all for one window over everything. */
  readonly by?: readonly string[];
  /** Instead of `by`: tags from the widest to the narrowest; grouped by the first, by the first two, and so on. */
  readonly levels?: readonly string[];
  /** Items a window is spread over, so that many sources can write it. Default 16. */
  readonly parts?: number;
}

export interface AlertDefinition {
  readonly name: string;
  /** What is watched; left out for silence, which is of a source as a whole. */
  readonly on?: /** Each source's windows once closed; with `provisional` while they are open too. */
    | { readonly aggregation: string; readonly provisional?: boolean }
    /** A rollup's windows once every source in them has closed; with `by` those of one level alone. */
    | {
        readonly rollup: string;
        readonly by?: readonly string[];
        readonly provisional?: boolean;
        /**
         * How far the series, or the clock, must have gone on past a window before it is judged: what slower sources add
         * meanwhile needs no correction. Default `0s`.
         */
        readonly settle?: string;
      }
    /** Each source's last value, from an aggregation that keeps `last`. */
    | { readonly last: string };
  /** The value watched, and its aggregate; `events` is the number of events and has no metric. */
  readonly metric?: string;
  readonly aggregate?: Exclude<AggregateName, 'quantiles'> | 'p50' | 'p90' | 'p95' | 'p99' | 'events';
  readonly when:
    | { readonly above: number }
    | { readonly below: number }
    /** Against the window `over` windows before, default 1. A ratio of 0.5 is a change by half. */
    | {
        readonly changesBy: (
          | { readonly difference: number; readonly ratio?: undefined }
          | { readonly ratio: number; readonly difference?: undefined }
        ) & { readonly over?: number; readonly direction?: 'up' | 'down' | 'both' };
      }
    /** Nothing has arrived from a source for so long, by the clock. */
    | { readonly absent: string }
    /** From what the subject's own windows were like: docs/alerts.md has the formula. */
    | {
        readonly deviates: {
          /** Default 6. */
          readonly score?: number;
          /** Default `14d`. */
          readonly history?: string;
          /** What repeats, `1d` or `7d`: compares with the same time of earlier ones. Default: none. */
          readonly season?: string;
          readonly direction?: 'up' | 'down' | 'both';
        };
      };
  /** How long it must hold, in event time, before it fires. Default `0s`. */
  readonly for?: string;
  /**
   * Resolves only past this (`below` for what was above, a change or a score, `above` for what was below), and where it
   * stays there for so long in event time. Default: where the condition holds no more; for `deviates` a quarter of the score.
   */
  readonly clear?: { readonly below?: number; readonly above?: number; readonly for?: string };
  /** Default `warning`. */
  readonly severity?: Severity;
  readonly filter?: {
    /** Beginnings of source names. */
    readonly sources?: readonly string[];
    readonly tags?: Readonly<Record<string, readonly string[]>>;
  };
}

export const AGGREGATE_NAMES = [
  'count',
  'sum',
  'min',
  'max',
  'mean',
  'first',
  'last',
  'variance',
  'stddev',
  'increase',
  'rate',
  'quantiles',
] as const;
export type AggregateName = (typeof AGGREGATE_NAMES)[number];

/** The checked form: durations in ms, defaults filled in. */
export interface Pipeline {
  readonly aggregations: readonly Aggregation[];
  readonly rollups: readonly Rollup[];
  readonly alerts: readonly AlertRule[];
  readonly shapes: readonly Shape[];
  readonly dedupeHorizonMs: number;
  readonly maxClockSkewMs: number;
  readonly allowOldTimes: boolean;
  /** Of windows whose aggregation does not say; undefined: for ever. */
  readonly retentionMs: number | undefined;
}

export interface Aggregation {
  readonly name: string;
  readonly window: WindowSpec;
  readonly filter: EventFilter | undefined;
  readonly allowedLatenessMs: number;
  readonly idleTimeoutMs: number;
  /** undefined: for ever. */
  readonly retentionMs: number | undefined;
  readonly values: ReadonlySet<string> | undefined;
  readonly aggregates: readonly AggregateName[];
  /** What is kept of each value beside count, sum, min and max: only what is asked for. */
  readonly keep: {
    readonly samples: boolean;
    readonly squares: boolean;
    readonly increase: boolean;
    /** Their relative error; undefined: none are kept. */
    readonly quantiles: number | undefined;
  };
  readonly distinct: readonly EventField[];
  readonly topK: readonly TopKField[];
  /** The tags its windows are kept apart by, for rollups and alerts; sorted. */
  readonly groupBy: readonly string[];
}

export interface TopKField {
  readonly of: EventField;
  readonly k: number;
}

export interface Rollup {
  readonly name: string;
  readonly of: string;
  /** The tags of each level; one level where the definition says `by`. */
  readonly levels: readonly (readonly string[])[];
  readonly parts: number;
}

/** Types a definition in a TypeScript module: `export default definePipeline({ … })`. */
export function definePipeline(definition: PipelineDefinition): PipelineDefinition {
  return definition;
}

/** Everything wrong with a pipeline definition, a line each, the offending key first. */
export class PipelineError extends Error {
  override readonly name = 'PipelineError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      problems.length === 1
        ? `pipeline definition: ${problems[0]}`
        : `pipeline definition: ${problems.length} problems\n${problems.map((p) => `  ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/** @throws PipelineError naming every offending key, what was found and what was expected */
export function parsePipeline(definition: unknown): Pipeline {
  const problems: string[] = [];
  const root = new DefinitionReader('', definition, problems);
  root.onlyKeys([
    'aggregations',
    'rollups',
    'alerts',
    'shapes',
    'dedupe',
    'maxClockSkew',
    'allowOldTimes',
    'retention',
  ]);
  const retentionMs = readRetention(root);
  const drafts = root
    .list('aggregations', { least: 1, most: MAX_AGGREGATIONS })
    .map((entry) => readAggregation(entry, retentionMs));
  refuseTwins(drafts, 'aggregations', problems);
  const rollups = root
    .list('rollups', { least: 0, most: MAX_ROLLUPS, optional: true })
    .map((entry) => readRollup(entry, drafts));
  refuseTwins(rollups, 'rollups', problems);
  const alerts = root
    .list('alerts', { least: 0, most: MAX_ALERTS, optional: true })
    .map((entry) => readAlert(entry, { aggregations: drafts, rollups }));
  refuseTwins(alerts, 'alerts', problems);
  const shapes = readShapes(root, 'shapes', problems);
  refuseTwins(shapes, 'shapes', problems);
  const dedupe = root.child('dedupe');
  dedupe?.onlyKeys(['horizon']);
  const pipeline: Pipeline = {
    aggregations: drafts.map((draft) => ({ ...draft, groupBy: tagsOf(draft.name, { rollups, alerts }) })),
    rollups,
    alerts,
    shapes,
    dedupeHorizonMs: dedupe?.duration('horizon', { default: 600_000, least: 0 }) ?? 600_000,
    maxClockSkewMs: root.duration('maxClockSkew', { default: 300_000, least: 0 }),
    allowOldTimes: root.flag('allowOldTimes'),
    retentionMs,
  };
  if (problems.length > 0) throw new PipelineError(problems);
  return pipeline;
}

const MAX_AGGREGATIONS = 16;
const MAX_ROLLUPS = 32;
const MAX_ALERTS = 64;
const MAX_TAGS_GROUPED = 8;
/** Of distinct and top-k fields in one aggregation: each is a sketch in every open window. */
const MAX_FIELDS = 4;
export const DEFAULT_PARTS = 16;

type AggregationDraft = Omit<Aggregation, 'groupBy'>;

function readRetention(entry: DefinitionReader, otherwise?: number): number | undefined {
  return entry.has('retention') ? entry.duration('retention', { default: 0, least: 3_600_000 }) : otherwise;
}

function readAggregation(entry: DefinitionReader, retentionMs: number | undefined): AggregationDraft {
  entry.onlyKeys([
    'name',
    'window',
    'filter',
    'allowedLateness',
    'idleTimeout',
    'retention',
    'values',
    'aggregates',
    'relativeError',
    'distinct',
    'topK',
  ]);
  const aggregates = (entry.texts('aggregates', { allowed: AGGREGATE_NAMES }) ?? [
    'count',
    'sum',
    'min',
    'max',
    'mean',
  ]) as readonly AggregateName[]; // any other is a problem noted, and never gets past it
  const asks = (...names: AggregateName[]) => names.some((name) => aggregates.includes(name));
  const relativeError = entry.number('relativeError', { default: 0.01, least: 0.001, most: 0.2 });
  if (entry.has('relativeError') && !asks('quantiles')) {
    entry.problem('relativeError', 'found without "quantiles" among the aggregates, expected both');
  }
  return {
    name: entry.name('name'),
    window: readWindow(entry),
    filter: readFilter(entry),
    allowedLatenessMs: entry.duration('allowedLateness', { default: 0, least: 0 }),
    idleTimeoutMs: entry.duration('idleTimeout', { default: 600_000, least: 1_000 }),
    retentionMs: readRetention(entry, retentionMs),
    values: entry.has('values') ? new Set(entry.texts('values')) : undefined,
    aggregates,
    keep: {
      samples: asks('first', 'last'),
      squares: asks('variance', 'stddev'),
      increase: asks('increase', 'rate'),
      quantiles: asks('quantiles') ? relativeError : undefined,
    },
    distinct: readDistinct(entry),
    topK: readTopK(entry),
  };
}

function readWindow(entry: DefinitionReader): WindowSpec {
  const nothing: WindowSpec = { kind: 'tumbling', sizeMs: 1 };
  const window = entry.child('window', '{"tumbling": "60s"}');
  if (window === undefined) return nothing;
  window.onlyKeys([...WINDOW_KINDS, ...WINDOW_DETAILS]);
  const [kind = 'tumbling', ...others] = WINDOW_KINDS.filter((each) => window.has(each));
  if (others.length > 0) {
    window.problem('', `${window.found()}, expected one of ${WINDOW_KINDS.join(', ')}`);
    return nothing;
  }
  for (const key of WINDOW_DETAILS) {
    if (window.has(key) && !DETAILS_OF[kind].includes(key))
      window.problem(key, `found with ${kind}, expected it ${WHERE_DETAILS_BELONG[key]} only`);
  }
  if (kind === 'tumbling') return readTumbling(window);
  if (kind === 'calendar') return readCalendar(window);
  const child = window.child(kind);
  if (child === undefined) return nothing;
  if (kind === 'hopping') return readHopping(child);
  child.onlyKeys(['gap']);
  return { kind, gapMs: child.duration('gap', { least: 1 }) };
}

const WINDOW_KINDS = ['tumbling', 'hopping', 'calendar', 'session'] as const;
/** Keys beside the kind's own. */
const WINDOW_DETAILS = ['offset', 'timezone', 'weekStart'] as const;
const DETAILS_OF: Readonly<Record<(typeof WINDOW_KINDS)[number], readonly string[]>> = {
  tumbling: ['offset'],
  hopping: [],
  calendar: ['timezone', 'weekStart'],
  session: [],
};
const WHERE_DETAILS_BELONG: Readonly<Record<(typeof WINDOW_DETAILS)[number], string>> = {
  offset: 'beside tumbling or within hopping',
  timezone: 'beside calendar',
  weekStart: 'beside calendar',
};

function readTumbling(window: DefinitionReader): WindowSpec {
  const sizeMs = window.duration('tumbling', { least: 1 });
  return { kind: 'tumbling', sizeMs, ...readOffset(window, sizeMs, 'the size') };
}

/** None at all where it is 0: windows are what they were without the key. */
function readOffset(entry: DefinitionReader, beforeMs: number, what: string): { readonly offsetMs?: number } {
  const offsetMs = entry.duration('offset', { default: 0, least: 0 });
  if (offsetMs >= beforeMs && offsetMs > 0)
    entry.problem('offset', `found ${JSON.stringify(entry.raw('offset'))}, expected less than ${what}`);
  return offsetMs === 0 ? {} : { offsetMs };
}

function readCalendar(window: DefinitionReader): WindowSpec {
  const unit = window.text('calendar', CALENDAR_UNITS) ?? 'day';
  const timezone = window.text('timezone') ?? 'UTC';
  if (!isTimeZone(timezone)) {
    const found = JSON.stringify(timezone);
    window.problem('timezone', `found ${found}, expected an IANA name, e.g. "Europe/Berlin" or "UTC"`);
  }
  const weekday = window.text('weekStart', WEEKDAYS);
  if (weekday !== undefined && unit !== 'week')
    window.problem('weekStart', `found with a calendar of ${unit}, expected it with "week" only`);
  return { kind: 'calendar', unit, timezone, weekStart: WEEKDAYS.indexOf(weekday ?? 'monday') };
}

function readHopping(hopping: DefinitionReader): WindowSpec {
  hopping.onlyKeys(['size', 'every', 'offset']);
  const sizeMs = hopping.duration('size', { least: 1 });
  const everyMs = hopping.duration('every', { least: 1 });
  const [size, every] = [hopping.raw('size'), hopping.raw('every')];
  const areRead = parseDurationMs(size) === sizeMs && parseDurationMs(every) === everyMs;
  if (areRead && (everyMs > sizeMs || sizeMs > MAX_HOPS * everyMs)) {
    hopping.problem(
      'every',
      `found ${JSON.stringify(every)}, expected at most the size, ${JSON.stringify(size)}, and at least a ${MAX_HOPS}th of it`,
    );
  }
  return { kind: 'hopping', sizeMs, everyMs, ...readOffset(hopping, everyMs, 'every') };
}

function readFilter(entry: DefinitionReader): EventFilter | undefined {
  const filter = entry.child('filter');
  if (filter === undefined) return undefined;
  filter.onlyKeys(['types', 'tags']);
  if (filter.keys().length === 0) filter.problem('', 'found {}, expected types or tags');
  return {
    types: filter.has('types') ? new Set(filter.texts('types')) : undefined,
    tags: filter.textsByName('tags', { least: 0, most: EVENT_LIMITS.tagLength }),
  };
}

function readDistinct(entry: DefinitionReader): readonly EventField[] {
  const texts = entry.texts('distinct') ?? [];
  if (texts.length > MAX_FIELDS)
    entry.problem('distinct', `found ${texts.length}, expected at most ${MAX_FIELDS}`);
  return texts.flatMap((text, at) => readField(text, (problem) => entry.problem(`distinct[${at}]`, problem)));
}

function readTopK(entry: DefinitionReader): readonly TopKField[] {
  return entry.list('topK', { least: 1, most: MAX_FIELDS, optional: true }).flatMap((child) => {
    child.onlyKeys(['of', 'k']);
    const k = child.number('k', { least: 1, most: 100, whole: true });
    return readField(child.raw('of'), (problem) => child.problem('of', problem)).map((of) => ({ of, k }));
  });
}

function readField(text: unknown, problem: (text: string) => void): readonly EventField[] {
  const field = typeof text === 'string' ? parseEventField(text) : undefined;
  if (field !== undefined) return [field];
  const found = text === undefined ? 'missing' : `found ${JSON.stringify(text)}`;
  problem(`${found}, expected "source", "type", "id", "tags.NAME" or "values.NAME"`);
  return [];
}

function readRollup(entry: DefinitionReader, aggregations: readonly AggregationDraft[]): Rollup {
  entry.onlyKeys(['name', 'of', 'by', 'levels', 'parts']);
  const of = entry.name('of');
  const aggregation = aggregations.find(({ name }) => name === of);
  if (of !== '' && aggregation === undefined) {
    const known = aggregations.map(({ name }) => JSON.stringify(name)).join(', ');
    entry.problem('of', `found ${JSON.stringify(of)}, expected the name of an aggregation: ${known}`);
  }
  if (aggregation?.window.kind === 'session') {
    entry.problem(
      'of',
      `found ${JSON.stringify(of)}, whose windows are sessions, expected one with tumbling, hopping or calendar windows: sessions of two sources have no windows in common`,
    );
  }
  return {
    name: entry.name('name'),
    of,
    levels: readLevels(entry),
    parts: entry.number('parts', { default: DEFAULT_PARTS, least: 1, most: 256, whole: true }),
  };
}

function readLevels(entry: DefinitionReader): readonly (readonly string[])[] {
  if (entry.has('by') === entry.has('levels')) {
    const found = entry.has('by') ? 'by and levels' : 'neither by nor levels';
    entry.problem('by', `found ${found}, expected one of them, a list of tag names, e.g. ["site"]`);
    return [[]];
  }
  const key = entry.has('by') ? 'by' : 'levels';
  const tags = key === 'by' && isEmptyList(entry.raw('by')) ? [] : (entry.texts(key) ?? []);
  if (tags.length > MAX_TAGS_GROUPED) {
    entry.problem(key, `found ${tags.length} tags, expected at most ${MAX_TAGS_GROUPED}`);
  }
  return key === 'by' ? [tags] : tags.map((_, at) => tags.slice(0, at + 1));
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** By the tags of its rollups, and those that alerts on it look for. */
function tagsOf(
  aggregation: string,
  { rollups, alerts }: Pick<Pipeline, 'rollups' | 'alerts'>,
): readonly string[] {
  const grouped = rollups.filter(({ of }) => of === aggregation).flatMap(({ levels }) => levels.flat());
  const filtered = alerts
    .filter(({ on }) => on.kind === 'aggregation' && on.name === aggregation)
    .flatMap(({ filter }) => [...(filter.tags?.keys() ?? [])]);
  return [...new Set([...grouped, ...filtered])].sort();
}

function refuseTwins(entries: readonly { readonly name: string }[], key: string, problems: string[]): void {
  const seen = new Set<string>();
  for (const [at, { name }] of entries.entries()) {
    if (name !== '' && seen.has(name)) {
      problems.push(
        `${key}[${at}].name: found ${JSON.stringify(name)} a second time, expected a name of its own`,
      );
    }
    seen.add(name);
  }
}
