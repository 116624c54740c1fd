// Section 1 of the event source mapping's rules: the parameters and their ranges.
import { describe, expect, test } from 'vitest';
import { MappingParametersError, parseMappingParameters } from '../../src/event-source/mapping-parameters.ts';
import type { StreamKind } from '../../src/event-source/ports.ts';

const NOW_MS = 1_767_225_600_000;
const parse = (properties: Readonly<Record<string, unknown>>, kind: StreamKind = 'kinesis') =>
  parseMappingParameters(
    { StartingPosition: 'LATEST', ...properties },
    { kind, nowMs: NOW_MS, where: 'Mapping' },
  );

function problemsOf(properties: Readonly<Record<string, unknown>>, kind: StreamKind = 'kinesis') {
  try {
    parse(properties, kind);
  } catch (error) {
    if (error instanceof MappingParametersError) return error.problems;
    throw error;
  }
  return [];
}

describe('section 1', () => {
  test('the defaults are the service’s own', () => {
    expect(parse({})).toEqual({
      enabled: true,
      batchSize: 100,
      windowMs: 0,
      bisect: false,
      maximumRetryAttempts: Number.POSITIVE_INFINITY,
      maximumRecordAgeMs: undefined,
      startingPosition: { at: 'latest' },
      reportBatchItemFailures: false,
      parallelizationFactor: 1,
      tumblingWindowMs: undefined,
      filters: [],
      onFailure: undefined,
      eventCountMetrics: false,
    });
  });

  test('every parameter is read, also as the text a template may hold', () => {
    const properties = {
      Enabled: 'false',
      BatchSize: '500',
      MaximumBatchingWindowInSeconds: 5,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 3,
      MaximumRecordAgeInSeconds: 3_600,
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: NOW_MS / 1_000 - 0.5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ParallelizationFactor: '10',
      TumblingWindowInSeconds: 0,
      FilterCriteria: { Filters: [] },
      EventSourceArn: { 'Fn::GetAtt': ['Stream', 'Arn'] },
      FunctionName: { Ref: 'Function' },
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:000000000000:failed' } },
      MetricsConfig: { Metrics: ['EventCount'] },
    };
    expect(parse(properties)).toEqual({
      enabled: false,
      batchSize: 500,
      windowMs: 5_000,
      bisect: true,
      maximumRetryAttempts: 3,
      maximumRecordAgeMs: 3_600_000,
      startingPosition: { at: 'timestamp', timestampMs: NOW_MS - 500 },
      reportBatchItemFailures: true,
      parallelizationFactor: 10,
      tumblingWindowMs: undefined,
      filters: [],
      onFailure: { kind: 'sqs', arn: 'arn:aws:sqs:us-east-1:000000000000:failed' },
      eventCountMetrics: true,
    });
  });

  test.each([
    ['BatchSize', [0, 10_001, 1.5, 'many', null], [1, 10_000]],
    ['MaximumBatchingWindowInSeconds', [-1, 301], [0, 300]],
    ['MaximumRetryAttempts', [-2, 10_001], [-1, 0, 10_000]],
    ['MaximumRecordAgeInSeconds', [0, 59, 604_801, -2], [-1, 60, 604_800]],
    ['ParallelizationFactor', [0, 11, 2.5], [1, 10]],
    ['TumblingWindowInSeconds', [-1, 901], [0, 1, 900]],
    ['FunctionResponseTypes', ['ReportBatchItemFailures', ['Other']], [[], ['ReportBatchItemFailures']]],
    ['BisectBatchOnFunctionError', ['yes', 1], [true, false]],
    ['MetricsConfig', [{ Metrics: ['Other'] }, 'EventCount'], [{ Metrics: ['EventCount'] }, { Metrics: [] }]],
    ['FilterCriteria', [{ Filters: [{ Pattern: '{}' }] }, { Filters: [{}] }, 'x'], [{}, { Filters: [] }]],
  ])('%s: outside its range it is refused, naming it', (property, wrong, right) => {
    for (const value of wrong) {
      expect(problemsOf({ [property]: value }).map((p) => p.property.split('.')[0])).toEqual([property]);
    }
    for (const value of right) expect(problemsOf({ [property]: value })).toEqual([]);
  });

  test.each([
    'arn:aws:sqs:us-east-1:000000000000:failed',
    'arn:aws:sns:us-east-1:000000000000:failed',
    'arn:aws:s3:::failed',
  ])('%s can be a destination', (arn) => {
    expect(parse({ DestinationConfig: { OnFailure: { Destination: arn } } }).onFailure?.arn).toBe(arn);
  });

  test.each([
    'arn:aws:sqs:us-east-1:000000000000:failed.fifo',
    'arn:aws:sns:us-east-1:000000000000:failed.fifo',
    'kafka://topic',
    'arn:aws:lambda:us-east-1:000000000000:function:f',
    7,
  ])('rule 44: %s cannot be a destination', (arn) => {
    expect(problemsOf({ DestinationConfig: { OnFailure: { Destination: arn } } })).toMatchObject([
      { property: 'DestinationConfig.OnFailure.Destination' },
    ]);
  });

  test('a destination that is none, as the service reports it, is none', () => {
    expect(parse({ DestinationConfig: { OnFailure: {} } }).onFailure).toBeUndefined();
  });

  test('rule 35: tumbling windows and lanes together are refused', () => {
    expect(problemsOf({ ParallelizationFactor: 2, TumblingWindowInSeconds: 60 })).toEqual([
      { property: 'ParallelizationFactor', found: '2', expected: '1 beside TumblingWindowInSeconds' },
    ]);
    expect(problemsOf({ ParallelizationFactor: 1, TumblingWindowInSeconds: 60 })).toEqual([]);
  });

  test('AT_TIMESTAMP is for Kinesis alone, and needs a time that is not in the future', () => {
    const position = { StartingPosition: 'AT_TIMESTAMP' };
    expect(problemsOf({ ...position, StartingPositionTimestamp: 1 }, 'dynamodb')).not.toEqual([]);
    expect(problemsOf(position)).toMatchObject([{ property: 'StartingPositionTimestamp', found: 'nothing' }]);
    expect(problemsOf({ ...position, StartingPositionTimestamp: NOW_MS / 1_000 + 1 })).toHaveLength(1);
    expect(problemsOf({ StartingPositionTimestamp: 1 })).toHaveLength(1);
  });

  test('parameters of other event sources and misspelt ones are refused', () => {
    expect(problemsOf({ ScalingConfig: { MaximumConcurrency: 2 }, BatchSise: 3 })).toMatchObject([
      { property: 'ScalingConfig' },
      { property: 'BatchSise', found: '3' },
    ]);
  });

  test('the error tells everything that is wrong, where, found and expected', () => {
    expect(() => parse({ BatchSize: 0, ParallelizationFactor: 11, StartingPosition: undefined })).toThrow(
      [
        'Mapping: invalid event source mapping',
        '  BatchSize: found 0, expected an integer from 1 to 10000',
        '  StartingPosition: found nothing, expected one of TRIM_HORIZON, LATEST, AT_TIMESTAMP',
        '  ParallelizationFactor: found 11, expected an integer from 1 to 10',
      ].join('\n'),
    );
  });
});
