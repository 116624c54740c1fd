// Creates a Kinesis stream and waits until it can be used. One that is there already is kept with the shards it has.
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ResourceInUseException,
} from '@aws-sdk/client-kinesis';
import type { StreamSpec } from './read-stream.ts';

/** Returns the stream's ARN. */
export async function provisionStream(
  kinesis: KinesisClient,
  { name }: StreamSpec,
  shards: number,
): Promise<string> {
  try {
    await kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  for (let attempt = 1; attempt <= READY_ATTEMPTS; attempt++) {
    const answer = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: name }));
    const { StreamStatus: status, StreamARN: arn } = answer.StreamDescriptionSummary ?? {};
    if (status === 'ACTIVE' && arn !== undefined) return arn;
    await delay(READY_EVERY_MS);
  }
  throw new Error(`stream ${name} is still not active after ${(READY_ATTEMPTS * READY_EVERY_MS) / 1000} s`);
}

const READY_EVERY_MS = 20;
const READY_ATTEMPTS = 1_500;
