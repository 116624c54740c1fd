import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPipelineTest } from '../../../src/testing/pipeline-test.ts';
import { oneAggregation, testRecording } from '../../support/recorded-reference.ts';
import { recordingsFolder } from '../../support/recordings.ts';

const TENS = oneAggregation({ tumbling: '10s' }, '1m', '10m');

testRecording('waves.ndjson.gz', {
  'waves-10s': { pipeline: TENS, way: 'memory' },
  'waves-session-30m': {
    pipeline: oneAggregation({ session: { gap: '30m' } }, '1m', '10m'),
    way: 'memory',
  },
});

describe.skipIf(recordingsFolder() === undefined)('a recording', () => {
  it('again into the same tables: applies nothing and changes no window', async () => {
    const file = join(recordingsFolder() ?? '', 'waves.ndjson.gz');
    const test = createPipelineTest(TENS);
    await test.put(file);
    await test.close();
    const [first, windows] = [await test.ledger(), await test.windows()];
    await test.put(file);
    await test.close();
    const { received, applied } = await test.ledger();
    expect({ received, applied }).toEqual({ received: 2 * first.received, applied: first.applied });
    expect(await test.windows()).toEqual(windows);
  });
});
