import { describe, expect, it } from 'vitest';
import { DEFAULT_FUNCTIONS } from '../../support/default-functions.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const template = synthesizedStack();
/** Published by the functions themselves, under the service's name. */
const OWN: Readonly<Record<string, string>> = {
  'Tidemill imbalance': 'aggregate',
  'Tidemill failures': 'authorize',
  'Tidemill shed': 'live',
};

it('tell the topic that the stack is given, of their beginning and their end', () => {
  const alarmTopic = 'arn:aws:sns:eu-central-1:123456789012:ops';
  const told = Object.values(synthesizedStack({ alarmTopic }).findResources('AWS::CloudWatch::Alarm'));
  expect(told).toHaveLength(alarms.length);
  for (const { Properties } of told) {
    expect([Properties.AlarmActions, Properties.OKActions]).toEqual([[alarmTopic], [alarmTopic]]);
  }
});

const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).map(([id, alarm]) => ({
  id,
  properties: alarm['Properties'],
}));

/** The dimensions each metric is published with, and the type of resource that gives the value. */
const PUBLISHED: Readonly<Record<string, readonly [dimension: string, type: string]>> = {
  'AWS/Lambda IteratorAge': ['FunctionName', 'AWS::Lambda::Function'],
  'AWS/Lambda Errors': ['FunctionName', 'AWS::Lambda::Function'],
  'AWS/Lambda Throttles': ['FunctionName', 'AWS::Lambda::Function'],
  'AWS/Lambda OnFailureDestinationDeliveredEventCount': [
    'EventSourceMappingUUID',
    'AWS::Lambda::EventSourceMapping',
  ],
  'AWS/Lambda DroppedEventCount': ['EventSourceMappingUUID', 'AWS::Lambda::EventSourceMapping'],
  'AWS/Kinesis WriteProvisionedThroughputExceeded': ['StreamName', 'AWS::Kinesis::Stream'],
};

describe('alarms', () => {
  it('watch all readers, all functions and the stream', () => {
    // Of each mapping, of each function (the authorizer's refusals end as errors), of stream, API and functions' own.
    expect(alarms).toHaveLength(8 * 3 + (DEFAULT_FUNCTIONS.length * 2 - 1) + 1 + 1 + 3);
  });

  it.each(alarms)(
    '$id has a metric that is published, with the dimensions it is published with',
    ({ properties }) => {
      const service = OWN[`${properties.Namespace} ${properties.MetricName}`];
      if (service !== undefined) {
        expect(properties.Dimensions).toEqual([{ Name: 'service', Value: service }]);
        return;
      }
      if (properties.Namespace === 'AWS/ApiGateway') {
        expect(properties.Dimensions).toEqual([
          { Name: 'ApiName', Value: expect.anything() },
          { Name: 'Stage', Value: 'api' },
        ]);
        return;
      }
      const [dimension, type] = PUBLISHED[`${properties.Namespace} ${properties.MetricName}`] ?? [];
      expect(properties.Dimensions).toEqual([{ Name: dimension, Value: { Ref: expect.any(String) } }]);
      expect(Object.keys(template.findResources(type ?? ''))).toContain(properties.Dimensions[0].Value.Ref);
    },
  );

  it.each(alarms)('$id goes off within five minutes', ({ properties }) => {
    expect(properties.EvaluationPeriods * properties.Period).toBeLessThanOrEqual(300);
    expect(properties.ComparisonOperator).toBe('GreaterThanThreshold');
    expect(properties.TreatMissingData).toBe('notBreaching');
  });
});
