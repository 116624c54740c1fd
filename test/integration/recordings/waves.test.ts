import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fastFolder } from '../../support/fast-folder.ts';
import {
  expectReference,
  oneAggregation,
  replayRecording,
  testRecording,
} from '../../support/recorded-reference.ts';
import { recordingsFolder } from '../../support/recordings.ts';

const PIPELINE = oneAggregation({ tumbling: '10s' }, '1m', '10m');

testRecording('waves.ndjson.gz', {
  'waves-session-30m': {
    pipeline: oneAggregation({ session: { gap: '30m' } }, '1m', '10m'),
    way: 'disturbed',
  },
});

describe.skipIf(recordingsFolder() === undefined)('a recording', () => {
  it('again into the same tables: applies nothing and changes no window', async () => {
    const kept = await fastFolder();
    const first = await replayRecording('waves.ndjson.gz', PIPELINE, { dataFolder: kept, shards: 4 });
    const again = await replayRecording('waves.ndjson.gz', PIPELINE, { dataFolder: kept, shards: 4 });
    expectReference(first, 'waves-10s');
    expect(again.report).toMatchObject({ received: 10_000, applied: 0, windows: 0, balanced: true });
    expect(readFileSync(again.out, 'utf8')).toBe(readFileSync(first.out, 'utf8'));
  });
});
