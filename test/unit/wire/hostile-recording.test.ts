import { describe, expect, test } from 'vitest';
import { decodeRecord } from '../../../src/wire/record-codec.ts';
import { hostileLines } from '../../support/hostile-recording.ts';
import { recordingsFolder } from '../../support/recordings.ts';

const folder = recordingsFolder();

describe.skipIf(folder === undefined)('the hostile recording gets the verdicts it names', () => {
  test.each(hostileLines(folder).map((line) => [line.note, line] as const))('%s', (_, line) => {
    const items = decodeRecord(line.kinesis.data);
    const quarantined = items.map((item) => item.kind === 'quarantined');
    expect(quarantined).toEqual(line.expect.map((verdict) => verdict === 'quarantined'));
  });
});
