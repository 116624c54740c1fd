import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFailedBatches } from '../../../src/local-stack/failed-batches.ts';
import { MappingHarness, thrown } from '../../support/mapping-harness.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'failed-batches-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a discarded batch is a file under its S3 key, with the records', async () => {
  const harness: MappingHarness = new MappingHarness({
    properties: { MaximumRetryAttempts: 0 },
    handler: () => thrown,
    deps: {
      destination: createFailedBatches({
        folder,
        mappingUuid: 'mapping',
        functionArn: 'arn:function',
        stream: { kind: 'kinesis', arn: 'arn:stream' },
        clock: { nowMs: () => harness.clock.nowMs() },
        newUuid: () => 'uuid',
      }),
    },
  });
  harness.put('a');
  const mapping = harness.start();
  // writing files takes no virtual time: it has to be waited for by looking
  while (harness.eventsOf('discarded').length === 0) await harness.clock.advance(10);
  await mapping.stop({ invocation: 'finish' });
  const place = join(folder, 'aws/lambda/mapping/shardId-000000000000/2026/01/01');
  const files = await readdir(place);
  expect(files).toEqual([expect.stringMatching(/^2026-01-01T00\.00\.\d\d-uuid$/)]);
  const document: unknown = JSON.parse(await readFile(join(place, files[0] ?? ''), 'utf8'));
  expect(document).toMatchObject({
    requestContext: { functionArn: 'arn:function' },
    payload: { Records: [{ eventSource: 'aws:kinesis' }] },
  });
});
