// The pipeline definition: the one file a user edits first, in TypeScript or JSON, and its checked form.
import { parseDurationMs } from './duration.ts';

/** What a user writes. Durations are `250ms 10s 5m 1h 2d`. */
export interface PipelineDefinition {
  readonly aggregations: readonly AggregationDefinition[];
  readonly rollups?: readonly RollupDefinition[];
  readonly dedupe?: { readonly horizon?: string };
  /** How far ahead of its arrival an event's time may lie. Default `5m`. */
  readonly maxClockSkew?: string;
  /** How long closed windows are kept. Default: for ever. */
  readonly retention?: string;
}

export interface AggregationDefinition {
  readonly name: string;
  readonly window: { readonly tumbling: string };
  /** How long after its end a window stays open for late events, in event time. Default `0s`. */
  readonly allowedLateness?: string;
  /** After how long a silent source's windows are closed. Default `10m`. */
  readonly idleTimeout?: string;
  /** Value names to take; default all. */
  readonly values?: readonly string[];
  /** Default `["count", "sum", "min", "max", "mean"]`. */
  readonly aggregates?: readonly AggregateName[];
}

export interface RollupDefinition {
  readonly name: string;
  /** The aggregation it sums up. */
  readonly of: string;
  /** Tags whose values it groups by. */
  readonly by: readonly string[];
}

const AGGREGATE_NAMES = ['count', 'sum', 'min', 'max', 'mean', 'first', 'last'] as const;
export type AggregateName = (typeof AGGREGATE_NAMES)[number];

/** The checked form: durations in ms, defaults filled in. */
export interface Pipeline {
  readonly aggregations: readonly Aggregation[];
  readonly rollups: readonly RollupDefinition[];
  readonly dedupeHorizonMs: number;
  readonly maxClockSkewMs: number;
  readonly retentionMs: number | undefined;
}

export interface Aggregation {
  readonly name: string;
  readonly sizeMs: number;
  readonly allowedLatenessMs: number;
  readonly idleTimeoutMs: number;
  readonly values: ReadonlySet<string> | undefined;
  readonly aggregates: readonly AggregateName[];
  /** Whether first or last is asked for: only then are samples kept. */
  readonly keepSamples: boolean;
  /** The tags its windows are kept apart by, for the rollups of it; sorted. */
  readonly groupBy: readonly string[];
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
  const root = new Reader('', definition, problems);
  root.onlyKeys(['aggregations', 'rollups', 'dedupe', 'maxClockSkew', 'retention']);
  const drafts = root
    .list('aggregations', { least: 1, most: MAX_AGGREGATIONS })
    .map((entry) => readAggregation(entry));
  refuseTwins(drafts, 'aggregations', problems);
  const rollups = root
    .list('rollups', { least: 0, most: MAX_ROLLUPS, optional: true })
    .map((entry) => readRollup(entry, drafts));
  refuseTwins(rollups, 'rollups', problems);
  const dedupe = root.child('dedupe');
  dedupe?.onlyKeys(['horizon']);
  const pipeline: Pipeline = {
    aggregations: drafts.map((draft) => ({ ...draft, groupBy: tagsOf(rollups, draft.name) })),
    rollups,
    dedupeHorizonMs: dedupe?.duration('horizon', { default: 600_000, least: 0 }) ?? 600_000,
    maxClockSkewMs: root.duration('maxClockSkew', { default: 300_000, least: 0 }),
    retentionMs: root.has('retention')
      ? root.duration('retention', { default: 0, least: 3_600_000 })
      : undefined,
  };
  if (problems.length > 0) throw new PipelineError(problems);
  return pipeline;
}

const MAX_AGGREGATIONS = 16;
const MAX_ROLLUPS = 32;
const MAX_DURATION_MS = 366 * 86_400_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

type AggregationDraft = Omit<Aggregation, 'groupBy'>;

function readAggregation(entry: Reader): AggregationDraft {
  entry.onlyKeys(['name', 'window', 'allowedLateness', 'idleTimeout', 'values', 'aggregates']);
  const window = entry.child('window', '{"tumbling": "60s"}');
  if (window?.has('hopping') || window?.has('session')) {
    window.problem(
      '',
      `${window.found()}, expected {"tumbling": size}: hopping and session windows are not built yet`,
    );
  } else window?.onlyKeys(['tumbling']);
  const aggregates = entry.texts('aggregates', AGGREGATE_NAMES) ?? ['count', 'sum', 'min', 'max', 'mean'];
  return {
    name: entry.name('name'),
    sizeMs: window?.duration('tumbling', { least: 1 }) ?? 1,
    allowedLatenessMs: entry.duration('allowedLateness', { default: 0, least: 0 }),
    idleTimeoutMs: entry.duration('idleTimeout', { default: 600_000, least: 1_000 }),
    values: entry.has('values') ? new Set(entry.texts('values')) : undefined,
    aggregates: aggregates as readonly AggregateName[],
    keepSamples: aggregates.includes('first') || aggregates.includes('last'),
  };
}

function readRollup(entry: Reader, aggregations: readonly AggregationDraft[]): RollupDefinition {
  entry.onlyKeys(['name', 'of', 'by']);
  const of = entry.name('of');
  if (of !== '' && !aggregations.some((aggregation) => aggregation.name === of)) {
    const known = aggregations.map((aggregation) => JSON.stringify(aggregation.name)).join(', ');
    entry.problem('of', `found ${JSON.stringify(of)}, expected the name of an aggregation: ${known}`);
  }
  const by = entry.texts('by') ?? [];
  if (by.length === 0) entry.problem('by', 'found no tag, expected a list of tag names, e.g. ["site"]');
  return { name: entry.name('name'), of, by };
}

function tagsOf(rollups: readonly RollupDefinition[], aggregation: string): readonly string[] {
  const tags = new Set(rollups.filter((rollup) => rollup.of === aggregation).flatMap((rollup) => rollup.by));
  return [...tags].sort();
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

/** Reads one object of the definition and notes what is wrong with it, by path. */
class Reader {
  readonly #path: string;
  readonly #value: unknown;
  readonly #problems: string[];
  readonly #fields: ReadonlyMap<string, unknown>;
  /** What is no object is said once; its keys are not asked after. */
  #isDone = false;

  constructor(path: string, value: unknown, problems: string[]) {
    this.#path = path;
    this.#value = value;
    this.#problems = problems;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    this.#fields = new Map(isObject ? Object.entries(value) : []);
    if (isObject) return;
    this.problem('', `${this.found()}, expected an object`);
    this.#isDone = true;
  }

  found(): string {
    return describe(this.#value);
  }

  has(key: string): boolean {
    return this.#fields.get(key) !== undefined;
  }

  problem(key: string, text: string): void {
    if (this.#isDone) return;
    const path = key === '' ? this.#path || '(top)' : this.#at(key);
    this.#problems.push(`${path}: ${text}`);
  }

  onlyKeys(keys: readonly string[]): void {
    for (const key of this.#fields.keys()) {
      if (!keys.includes(key)) this.problem(key, `unknown key, expected one of ${keys.join(', ')}`);
    }
  }

  child(key: string, expected?: string): Reader | undefined {
    if (this.has(key)) return new Reader(this.#at(key), this.#fields.get(key), this.#problems);
    if (expected !== undefined) this.problem(key, `missing, expected ${expected}`);
    return undefined;
  }

  list(key: string, limits: { least: number; most: number; optional?: boolean }): Reader[] {
    const value = this.#fields.get(key);
    if (value === undefined && limits.optional === true) return [];
    if (!Array.isArray(value) || value.length < limits.least || value.length > limits.most) {
      const found = Array.isArray(value) ? `found a list of ${value.length}` : describe(value);
      this.problem(key, `${found}, expected a list of ${limits.least} to ${limits.most}`);
      if (!Array.isArray(value)) return [];
    }
    return value.map((entry, at) => new Reader(`${this.#at(key)}[${at}]`, entry, this.#problems));
  }

  name(key: string): string {
    const value = this.#fields.get(key);
    if (typeof value === 'string' && NAME.test(value)) return value;
    this.problem(key, `${describe(value)}, expected 1 to 64 letters, digits, "-", "_" or "."`);
    return '';
  }

  texts(key: string, allowed?: readonly string[]): readonly string[] | undefined {
    const value = this.#fields.get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || value.length === 0 || value.length > 64) {
      this.problem(key, `${describe(value)}, expected a list of 1 to 64 texts`);
      return undefined;
    }
    for (const [at, text] of value.entries()) {
      if (typeof text !== 'string' || text.length < 1 || text.length > 64) {
        this.problem(`${key}[${at}]`, `${describe(text)}, expected a text of 1 to 64 characters`);
      } else if (allowed !== undefined && !allowed.includes(text)) {
        this.problem(`${key}[${at}]`, `${describe(text)}, expected one of ${allowed.join(', ')}`);
      }
    }
    return [...new Set(value)];
  }

  duration(key: string, limits: { default?: number; least: number }): number {
    const value = this.#fields.get(key);
    if (value === undefined && limits.default !== undefined) return limits.default;
    const ms = parseDurationMs(value);
    if (ms !== undefined && ms >= limits.least && ms <= MAX_DURATION_MS) return ms;
    this.problem(
      key,
      `${describe(value)}, expected a duration of ${limits.least} ms to 366 days, e.g. "250ms", "10s", "5m", "1h", "2d"`,
    );
    return limits.default ?? limits.least;
  }

  #at(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value) ?? String(value);
  return `found ${text.length > 80 ? `${text.slice(0, 77)}...` : text}`;
}
