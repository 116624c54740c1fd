// On the real servers. By day the verdicts are those of the functions in memory: unit/consumers/hostile-recording.test.ts.
import { describe, expect, it } from 'vitest';
import { fastFolder } from '../support/fast-folder.ts';
import { HOSTILE_RECORDING, hostileLines } from '../support/hostile-recording.ts';
import { oneAggregation, replayRecording } from '../support/recorded-reference.ts';
import { recordingsFolder } from '../support/recordings.ts';

const folder = recordingsFolder();

describe.skipIf(folder === undefined)('a recording', () => {
  it('hostile: every event has the verdict it should, and again nothing changes', async () => {
    const expected = hostileLines(folder).flatMap((line): readonly string[] => line.expect);
    const count = (verdict: string) => expected.filter((each) => each === verdict).length;
    const kept = await fastFolder();
    const pipeline = oneAggregation({ tumbling: '10s' }, '1m', '10m');
    const { report } = await replayRecording(HOSTILE_RECORDING, pipeline, { dataFolder: kept });
    expect(report).toMatchObject({
      received: expected.length,
      applied: count('applied'),
      duplicate: count('duplicate'),
      late: count('late'),
      quarantined: count('quarantined'),
      balanced: true,
    });
    const again = await replayRecording(HOSTILE_RECORDING, pipeline, { dataFolder: kept });
    expect(again.report).toMatchObject({ received: 0, applied: 0, windows: 0, balanced: true });
  });
});
