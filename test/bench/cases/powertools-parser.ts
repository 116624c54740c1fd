// Powertools batch with its parser: each record is checked by a zod schema, made once and whole. (Given an inner schema
// alone, it would make the whole one for every record.)
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { parser } from '@aws-lambda-powertools/batch/parser';
import { Base64Encoded } from '@aws-lambda-powertools/parser/helpers';
import {
  KinesisDataStreamRecord,
  KinesisDataStreamRecordPayload,
} from '@aws-lambda-powertools/parser/schemas/kinesis';
import { z } from 'zod';
import type { BenchCase } from '../bench-case.ts';
import { createWindowSumsCase } from '../window-sums-case.ts';

const event = z.object({
  source: z.string().min(1).max(128),
  id: z.union([z.string().min(1).max(64), z.int()]).optional(),
  type: z.string().min(1).max(64).optional(),
  time: z.int().nonnegative(),
  values: z.record(z.string().min(1).max(64), z.number()),
  tags: z.record(z.string().min(1).max(64), z.string().max(256)).optional(),
});
const schema = KinesisDataStreamRecord.extend({
  kinesis: KinesisDataStreamRecordPayload.extend({ data: Base64Encoded(event) }),
});

export function createCase(): BenchCase {
  return createWindowSumsCase((sums) => {
    const processor = new BatchProcessor(EventType.KinesisDataStreams, { parser, schema });
    const handleRecord = async ({ kinesis }: z.infer<typeof schema>) => sums.add(kinesis.data);
    return ({ Records }) =>
      processPartialResponse({ Records: [...Records] }, handleRecord, processor, {
        processInParallel: false,
      });
  });
}
