import { App, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { AttributeType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { CfnStream } from 'aws-cdk-lib/aws-kinesis';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { enforceStreamReaderRules } from '../../../cdk/constructs/stream-reader-rules.ts';
import { annotationsOf, templateOf } from '../../support/template-of.ts';

function stackWithTable() {
  const stack = new Stack(
    new App({ analyticsReporting: false, builtinCloudFormationValidation: false }),
    'Test',
  );
  const table = new Table(stack, 'Sources', {
    partitionKey: { name: 'source', type: AttributeType.STRING },
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
  });
  enforceStreamReaderRules(stack);
  const addReader = (id: string, more: object = {}) =>
    new CfnEventSourceMapping(stack, id, {
      functionName: `function-${id}`,
      eventSourceArn: table.tableStreamArn ?? '',
      startingPosition: 'TRIM_HORIZON',
      ...more,
    });
  return { stack, addReader };
}

describe('the rules for readers of streams', () => {
  it('allow two readers on a change stream', () => {
    const { stack, addReader } = stackWithTable();
    addReader('Rollup');
    addReader('Alert');
    expect(() => templateOf(stack)).not.toThrow();
  });

  it('refuse a third, naming all of them and a way out', () => {
    const { stack, addReader } = stackWithTable();
    for (const id of ['Rollup', 'Alert', 'Live']) addReader(id);
    expect(() => templateOf(stack)).toThrow(
      /3 readers on the DynamoDB stream .*Sources.* expected at most 2: Test\/Rollup, Test\/Alert, Test\/Live.*SNS topic/,
    );
  });

  it('do not count a reader that is switched off', () => {
    const { stack, addReader } = stackWithTable();
    for (const id of ['Rollup', 'Alert']) addReader(id);
    addReader('Mine', { enabled: false });
    expect(() => templateOf(stack)).not.toThrow();
  });

  it('leave Kinesis streams as many readers as they bear', () => {
    const { stack, addReader } = stackWithTable();
    const stream = new CfnStream(stack, 'Stream', { shardCount: 1 });
    for (const id of ['A', 'B', 'C']) addReader(id, { eventSourceArn: stream.attrArn });
    expect(() => templateOf(stack)).not.toThrow();
  });

  it('refuse records spread without regard to their key', () => {
    const { stack } = stackWithTable();
    new CfnStream(stack, 'Stream', { recordDistributionStrategy: 'AUTO' });
    expect(() => templateOf(stack)).toThrow(/Test\/Stream has record distribution AUTO/);
  });

  it('warn of several batches of a shard at a time', () => {
    const { stack, addReader } = stackWithTable();
    addReader('Rollup', { parallelizationFactor: 2 });
    addReader('Alert', { parallelizationFactor: 1 });
    const annotations = annotationsOf(stack);
    annotations.hasWarning('/Test/Rollup', Match.stringLikeRegexp('ParallelizationFactor is 2, expected 1'));
    annotations.hasNoWarning('/Test/Alert', Match.anyValue());
  });
});
