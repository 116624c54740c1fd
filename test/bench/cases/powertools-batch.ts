// Powertools batch, its synchronous processor: the record handler adds up, and what came of the batch is written after it.
import { BatchProcessorSync, EventType, processPartialResponseSync } from '@aws-lambda-powertools/batch';
import type { KinesisEventRecord } from '../../../src/wire/stream-records.ts';
import type { BenchCase } from '../bench-case.ts';
import { parseEvent } from '../window-sums.ts';
import { createWindowSumsCase } from '../window-sums-case.ts';

export function createCase(): BenchCase {
  return createWindowSumsCase((sums) => {
    const processor = new BatchProcessorSync(EventType.KinesisDataStreams);
    const handleRecord = ({ kinesis }: KinesisEventRecord) => sums.add(parseEvent(kinesis.data));
    return ({ Records }) => processPartialResponseSync({ Records: [...Records] }, handleRecord, processor);
  });
}
