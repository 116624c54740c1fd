// Rules for readers of streams, checked over the whole stack whatever made the reader: at most two on a DynamoDB
// stream, one batch a shard at a time, records kept with their partition key's shard.
import { Annotations, Aspects, type Stack } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnStream } from 'aws-cdk-lib/aws-kinesis';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';

/** Breaking the first or the third rule fails the synthesis; the second warns. */
export function enforceStreamReaderRules(stack: Stack): void {
  stack.node.addValidation({
    validate: () => [...tooManyReaders(stack), ...spreadRecords(stack)],
  });
  Aspects.of(stack).add({ visit: warnOfParallelBatches });
}

/** A shard of a DynamoDB stream bears two readers; with more, all are throttled. */
const READERS_PER_TABLE_STREAM = 2;

function tooManyReaders(stack: Stack): string[] {
  const tableStreams = new Set(
    stack.node
      .findAll()
      .filter((node) => node instanceof CfnTable)
      .map((table) => textOf(stack, table.attrStreamArn)),
  );
  const readers = new Map<string, string[]>();
  for (const node of stack.node.findAll()) {
    // One that is switched off reads nothing.
    if (!(node instanceof CfnEventSourceMapping) || node.enabled === false) continue;
    const source = textOf(stack, node.eventSourceArn);
    if (tableStreams.has(source)) readers.set(source, [...(readers.get(source) ?? []), node.node.path]);
  }
  return [...readers]
    .filter(([, paths]) => paths.length > READERS_PER_TABLE_STREAM)
    .map(
      ([source, paths]) =>
        `${paths.length} readers on the DynamoDB stream ${source}, expected at most ${READERS_PER_TABLE_STREAM}: ` +
        `${paths.join(', ')}. Let one function do the work of two, or let a reader pass the records on ` +
        '(to an SNS topic or an EventBridge bus) and hang the third on that.',
    );
}

function spreadRecords(stack: Stack): string[] {
  return stack.node
    .findAll()
    .filter((node) => node instanceof CfnStream)
    .filter((stream) => stream.recordDistributionStrategy === 'AUTO')
    .map(
      (stream) =>
        `${stream.node.path} has record distribution AUTO, which ignores the partition key: records of one source ` +
        'would come on many shards, out of order. Leave RecordDistributionStrategy out.',
    );
}

function warnOfParallelBatches(node: IConstruct): void {
  if (!(node instanceof CfnEventSourceMapping) || (node.parallelizationFactor ?? 1) <= 1) return;
  Annotations.of(node).addWarningV2(
    'tidemill:parallelizationFactor',
    `ParallelizationFactor is ${node.parallelizationFactor}, expected 1: several batches of a shard at a time write ` +
      'the same sources against each other: refused writes and repeated work. And that a tick has been read says nothing of the ' +
      'other batches: silence may be concluded of what is not read yet. Prefer more shards.',
  );
}

const textOf = (stack: Stack, value: unknown): string => JSON.stringify(stack.resolve(value));
