// Where a mapping's discarded records go, by the ARN its properties name (section 1 and rule 44).

export interface DestinationArn {
  readonly kind: 's3' | 'sqs' | 'sns';
  readonly arn: string;
}

const EXPECTED = 'the ARN of an SQS queue, an SNS topic or an S3 bucket';

/** The destination, or what was expected instead. */
export function parseDestinationArn(arn: unknown): DestinationArn | { readonly expected: string } {
  const kind = typeof arn === 'string' ? /^arn:[a-z0-9-]+:(s3|sqs|sns):/.exec(arn)?.[1] : undefined;
  if (typeof arn !== 'string' || (kind !== 's3' && kind !== 'sqs' && kind !== 'sns'))
    return { expected: EXPECTED };
  // FIFO queues and topics order by a group that a stream's shards do not have
  if (kind !== 's3' && arn.endsWith('.fifo'))
    return { expected: `${EXPECTED}; a FIFO one cannot be a destination` };
  return { kind, arn };
}
