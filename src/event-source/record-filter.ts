// A mapping's filters on stream records (rules 36 to 40): on the decoded JSON of Kinesis data, on the whole of a DynamoDB record.
import { Buffer } from 'node:buffer';
import { type FilterJson, isFields, parseFilterJson, shown } from './filter-json.ts';
import { compilePattern, type Matcher, PatternError } from './filter-pattern.ts';
import type { StreamKind } from './ports.ts';
import type { KinesisEventRecord, StreamEventRecord } from './stream-records.ts';

/** `not-json`: Kinesis data that is no JSON, under a pattern on data: dropped (rule 38). */
export type FilterVerdict = 'pass' | 'no-match' | 'not-json';
export type RecordFilter = (record: StreamEventRecord) => FilterVerdict;

/** A pattern has at most as many characters. */
const MAX_PATTERN_LENGTH = 4_096;
/** What a filter on Kinesis may ask for beside `data`, where older documents are followed. */
const KINESIS_METADATA = [
  'partitionKey',
  'sequenceNumber',
  'approximateArrivalTimestamp',
  'kinesisSchemaVersion',
] as const;

export interface FilterOptions {
  readonly kind: StreamKind;
  readonly kinesisMetadataFilters: boolean;
}

/** One record passes if any of the patterns matches it. @throws PatternError */
export function createRecordFilter(patterns: readonly string[], options: FilterOptions): RecordFilter {
  return options.kind === 'kinesis'
    ? kinesisFilter(patterns.map((text) => compileKinesis(text, options)))
    : dynamoDbFilter(patterns.map(compileDynamoDb));
}

interface KinesisPattern {
  readonly data: Matcher | undefined;
  readonly metadata: Matcher | undefined;
}

function compileKinesis(text: string, { kinesisMetadataFilters }: FilterOptions): KinesisPattern {
  const pattern = patternOf(text);
  const { data, ...others } = pattern;
  const allowed: readonly string[] = kinesisMetadataFilters ? KINESIS_METADATA : [];
  const unknown = Object.keys(others).find((key) => !allowed.includes(key));
  if (unknown !== undefined) {
    const expected = ['data', ...allowed].join(', ');
    throw new PatternError([unknown], others[unknown], `only these fields of a Kinesis record: ${expected}`);
  }
  if (Object.keys(pattern).length === 0) throw new PatternError([], pattern, 'at least one field');
  return {
    // a list of rules would be a pattern for data that is plain text, which streams do not have
    data: data === undefined ? undefined : compilePattern(data, ['data']),
    metadata: Object.keys(others).length === 0 ? undefined : compilePattern(others),
  };
}

function kinesisFilter(patterns: readonly KinesisPattern[]): RecordFilter {
  const needsData = patterns.every(({ data }) => data !== undefined);
  return (record) => {
    if (!('kinesis' in record)) throw new Error('found a DynamoDB record, expected a Kinesis record');
    const data = parseFilterJson(Buffer.from(record.kinesis.data, 'base64').toString());
    if (data === undefined && needsData) return 'not-json';
    const metadata = parseFilterJson(JSON.stringify(metadataOf(record)));
    const passes = patterns.some(
      (pattern) =>
        (pattern.data === undefined || (data !== undefined && pattern.data(data))) &&
        (pattern.metadata === undefined || pattern.metadata(metadata)),
    );
    return passes ? 'pass' : 'no-match';
  };
}

function metadataOf({ kinesis }: KinesisEventRecord): Readonly<Record<string, unknown>> {
  return Object.fromEntries(KINESIS_METADATA.map((key) => [key, kinesis[key]]));
}

function compileDynamoDb(text: string): Matcher {
  const pattern = patternOf(text);
  if (pattern['dynamodb'] !== undefined && !isFields(pattern['dynamodb'])) {
    throw new PatternError(['dynamodb'], pattern['dynamodb'], 'an object of fields and their rules');
  }
  return compilePattern(pattern);
}

function dynamoDbFilter(matchers: readonly Matcher[]): RecordFilter {
  return (record) => {
    const value = parseFilterJson(JSON.stringify(record));
    return matchers.some((matches) => matches(value)) ? 'pass' : 'no-match';
  };
}

function patternOf(text: string): { readonly [key: string]: FilterJson } {
  if (text.length > MAX_PATTERN_LENGTH) {
    throw new PatternError([], `${text.length} characters`, `at most ${MAX_PATTERN_LENGTH} characters`);
  }
  const pattern = parseFilterJson(text);
  if (isFields(pattern)) return pattern;
  const found = pattern === undefined ? text : shown(pattern);
  throw new PatternError([], found, 'a JSON object');
}
