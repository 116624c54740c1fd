// Files that hold records of other services: what those carry is read, with the arrival that they state.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readShapedFile } from '../../../../src/wire/shapes/read-shaped-file.ts';
import { SkippedPaths } from '../../../../src/wire/shapes/skipped-paths.ts';
import { collect } from '../../../support/collect.ts';
import { shapesOf } from '../../../support/shaped.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const ARRIVAL_MS = 1_772_351_940_123;
const shapes = shapesOf({ name: 'plain', source: 'd', time: ['t', '@arrival'], values: { v: 'v' } });
const carried = (v: number, time?: number) => JSON.stringify({ d: 'a', v, t: time });
const base64 = (text: string) => Buffer.from(text).toString('base64');

test.each([
  [
    'Firehose, to a function',
    {
      deliveryStreamArn: 'x',
      records: [{ recordId: '1', approximateArrivalTimestamp: ARRIVAL_MS, data: base64(carried(1)) }],
    },
  ],
  [
    'Firehose, put aside with an error',
    { errorCode: 'Lambda.FunctionError', arrivalTimestamp: ARRIVAL_MS, rawData: base64(carried(1)) },
  ],
  ['SQS', { Records: [{ messageId: '1', body: carried(1, ARRIVAL_MS), eventSource: 'aws:sqs' }] }],
  ['SNS', { Records: [{ EventSource: 'aws:sns', Sns: { Message: carried(1, ARRIVAL_MS) } }] }],
])('%s', async (_, content) => {
  const file = join(await temporaryFolder(), 'file.json');
  await writeFile(file, JSON.stringify(content));
  const entries = await collect(readShapedFile(file, { shapes, skipped: new SkippedPaths() }));
  expect(entries).toMatchObject([
    { kind: 'event', event: { source: 'a', time: ARRIVAL_MS, values: { v: 1 } } },
  ]);
});
