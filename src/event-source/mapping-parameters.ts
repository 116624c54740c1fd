// The properties of AWS::Lambda::EventSourceMapping, checked against the ranges of the service for stream sources.

import type { AttemptRules } from './attempt.ts';
import type { BatchLimits } from './batcher.ts';
import type { EpochMs } from './brands.ts';
import { type DestinationArn, parseDestinationArn } from './destination-config.ts';
import { PatternError } from './filter-pattern.ts';
import { type OpenQuestions, USUAL_ANSWERS } from './open-questions.ts';
import type { ShardPosition, StreamKind } from './ports.ts';
import { type Problem, PropertyReader } from './property-reader.ts';
import { createRecordFilter } from './record-filter.ts';

export interface MappingParameters
  extends BatchLimits,
    Pick<AttemptRules, 'bisect' | 'maximumRetryAttempts' | 'maximumRecordAgeMs'> {
  readonly enabled: boolean;
  readonly startingPosition: ShardPosition;
  readonly reportBatchItemFailures: boolean;
  /** Lanes a shard is split into, 1 to 10. */
  readonly parallelizationFactor: number;
  /** undefined: none. */
  readonly tumblingWindowMs: number | undefined;
  /** Patterns as JSON texts, of which a record has to match one; none: every record goes to the function. */
  readonly filters: readonly string[];
  /** undefined: discarded records go nowhere (rule 45). */
  readonly onFailure: DestinationArn | undefined;
  /** Whether the event count metrics are published (rule 48). */
  readonly eventCountMetrics: boolean;
}

/** Properties that do not fit the mapping: which, what was found, what was expected. */
export class MappingParametersError extends Error {
  readonly code = 'MAPPING_PARAMETERS';
  readonly problems: readonly Problem[];

  constructor(where: string, problems: readonly Problem[]) {
    const lines = problems.map((p) => `  ${p.property}: found ${p.found}, expected ${p.expected}`);
    super([`${where}: invalid event source mapping`, ...lines].join('\n'));
    this.name = 'MappingParametersError';
    this.problems = problems;
  }
}

export interface ParameterContext {
  readonly kind: StreamKind;
  readonly nowMs: EpochMs;
  /** Named in errors, e.g. the logical id in the template. */
  readonly where: string;
  /** Where the documents leave open what is allowed; default: `USUAL_ANSWERS`. */
  readonly answers?: Partial<OpenQuestions>;
}

/** Not read here: what the mapping connects, and what others act on. */
const READ_ELSEWHERE = ['EventSourceArn', 'FunctionName', 'KmsKeyArn', 'Tags'];

/** Parses the properties of a mapping as a CloudFormation template has them. @throws MappingParametersError naming every property that is wrong */
export function parseMappingParameters(
  properties: Readonly<Record<string, unknown>>,
  { kind, nowMs, where, answers }: ParameterContext,
): MappingParameters {
  const read = new PropertyReader(properties);
  const parameters: MappingParameters = {
    enabled: read.boolean('Enabled', true),
    batchSize: read.integer('BatchSize', { default: 100, min: 1, max: 10_000 }),
    windowMs: 1_000 * read.integer('MaximumBatchingWindowInSeconds', { default: 0, min: 0, max: 300 }),
    bisect: read.boolean('BisectBatchOnFunctionError', false),
    maximumRetryAttempts: retryAttempts(read),
    maximumRecordAgeMs: recordAgeMs(read),
    startingPosition: startingPosition(read, kind, nowMs),
    reportBatchItemFailures: reportsBatchItemFailures(read),
    parallelizationFactor: read.integer('ParallelizationFactor', { default: 1, min: 1, max: 10 }),
    tumblingWindowMs: tumblingWindowMs(read),
    filters: filters(read, kind, { ...USUAL_ANSWERS, ...answers }),
    onFailure: onFailure(read),
    eventCountMetrics: eventCountMetrics(read),
  };
  refuseWindowsWithLanes(read, parameters);
  read.refuseOthers(READ_ELSEWHERE, 'no such property for a stream source');
  if (read.problems.length > 0) throw new MappingParametersError(where, read.problems);
  return Object.freeze(parameters);
}

function retryAttempts(read: PropertyReader): number {
  const attempts = read.integer('MaximumRetryAttempts', { default: -1, min: -1, max: 10_000 });
  return attempts === -1 ? Number.POSITIVE_INFINITY : attempts;
}

function recordAgeMs(read: PropertyReader): number | undefined {
  const ageS = read.integer('MaximumRecordAgeInSeconds', { default: -1, min: 60, max: 604_800, except: -1 });
  return ageS === -1 ? undefined : ageS * 1_000;
}

function startingPosition(read: PropertyReader, kind: StreamKind, nowMs: EpochMs): ShardPosition {
  const kinesis = ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'] as const;
  const allowed = kind === 'kinesis' ? kinesis : kinesis.filter((name) => name !== 'AT_TIMESTAMP');
  const position = read.oneOf('StartingPosition', allowed);
  if (position !== 'AT_TIMESTAMP') {
    read.absent('StartingPositionTimestamp', 'none, unless StartingPosition is AT_TIMESTAMP');
    return { at: position === 'LATEST' ? 'latest' : 'trim-horizon' };
  }
  const timestampS = read.number(
    'StartingPositionTimestamp',
    { min: 0, max: nowMs / 1_000 },
    'Unix seconds, not in the future',
  );
  return { at: 'timestamp', timestampMs: Math.round(timestampS * 1_000) };
}

function reportsBatchItemFailures(read: PropertyReader): boolean {
  const types = read.list('FunctionResponseTypes');
  const others = types.filter((type) => type !== 'ReportBatchItemFailures');
  if (others.length > 0) read.problem('FunctionResponseTypes', types, '[] or ["ReportBatchItemFailures"]');
  return types.length > 0;
}

function tumblingWindowMs(read: PropertyReader): number | undefined {
  const windowS = read.integer('TumblingWindowInSeconds', { default: 0, min: 0, max: 900 });
  return windowS === 0 ? undefined : windowS * 1_000;
}

/** Rule 35: a state for each lane is documented nowhere. */
function refuseWindowsWithLanes(read: PropertyReader, parameters: MappingParameters): void {
  const { parallelizationFactor, tumblingWindowMs: windowMs } = parameters;
  if (windowMs === undefined || parallelizationFactor === 1) return;
  read.problem('ParallelizationFactor', parallelizationFactor, '1 beside TumblingWindowInSeconds');
}

/** The patterns of all filters, each of which compiles (rules 36 to 39). */
function filters(
  read: PropertyReader,
  kind: StreamKind,
  { kinesisMetadataFilters, maxFilters }: OpenQuestions,
): readonly string[] {
  const found = read.listIn('FilterCriteria', 'Filters');
  if (found.length > maxFilters) {
    read.problem('FilterCriteria.Filters', `${found.length} filters`, `at most ${maxFilters}`);
  }
  return found.flatMap((filter, index) => {
    const where = `FilterCriteria.Filters[${index}].Pattern`;
    const pattern =
      typeof filter === 'object' && filter !== null ? Reflect.get(filter, 'Pattern') : undefined;
    if (typeof pattern !== 'string') {
      read.problem(where, pattern, 'a pattern, as a JSON text');
      return [];
    }
    try {
      createRecordFilter([pattern], { kind, kinesisMetadataFilters });
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      read.problem(where, pattern, error.message);
    }
    return [pattern];
  });
}

function onFailure(read: PropertyReader): DestinationArn | undefined {
  const config = read.object('DestinationConfig');
  const destination = config['OnFailure'];
  if (destination === undefined) return undefined;
  const arn = isFields(destination) ? destination['Destination'] : destination;
  // the service reports it so where there is none
  if (arn === undefined) return undefined;
  const parsed = parseDestinationArn(arn);
  if ('kind' in parsed) return parsed;
  read.problem('DestinationConfig.OnFailure.Destination', arn, parsed.expected);
  return undefined;
}

function eventCountMetrics(read: PropertyReader): boolean {
  const metrics = read.listIn('MetricsConfig', 'Metrics');
  const others = metrics.filter((metric) => metric !== 'EventCount');
  if (others.length > 0) read.problem('MetricsConfig.Metrics', metrics, '[] or ["EventCount"]');
  return metrics.length > 0;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
