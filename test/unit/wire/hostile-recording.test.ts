import { describe, expect, test } from 'vitest';
import { decodeRecord } from '../../../src/wire/record-codec.ts';
import { hostileLines } from '../../support/hostile-recording.ts';
import { recordingsFolder } from '../../support/recordings.ts';

const folder = recordingsFolder();

/** A time that cannot be right is judged later, under the position of its event. */
const JUDGED_IN_THE_FOLD = new Set([
  'time in seconds instead of ms: a date in January 1970, valid but long past',
  'a year ahead of arrival',
]);

describe.skipIf(folder === undefined)('the hostile recording gets the verdicts it names', () => {
  test.each(hostileLines(folder).map((line) => [line.note, line] as const))('%s', (_, line) => {
    const items = decodeRecord(line.kinesis.data);
    const quarantined = items.map((item) => item.kind === 'quarantined');
    const here = (verdict: string) => verdict === 'quarantined' && !JUDGED_IN_THE_FOLD.has(line.note);
    expect(quarantined).toEqual(line.expect.map(here));
  });
});
