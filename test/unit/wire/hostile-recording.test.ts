import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeRecord } from '../../../src/wire/record-codec.ts';
import { recordingsFolder } from '../../support/recordings.ts';

const folder = recordingsFolder();

interface HostileLine {
  readonly kinesis: { readonly data: string; readonly approximateArrivalTimestamp: number };
  readonly note: string;
  readonly expect: readonly string[];
}

describe.skipIf(folder === undefined)('the hostile recording gets the verdicts it names', () => {
  const lines = folder === undefined ? [] : hostileLines(`${folder}hostile.ndjson`);
  test.each(lines.map((line) => [line.note, line] as const))('%s', (_, line) => {
    const arrivalMs = line.kinesis.approximateArrivalTimestamp * 1000;
    const items = decodeRecord(line.kinesis.data, { arrivalMs, maxClockSkewMs: 300_000 });
    const quarantined = items.map((item) => item.kind === 'quarantined');
    expect(quarantined).toEqual(line.expect.map((verdict) => verdict === 'quarantined'));
  });
});

function hostileLines(file: string): HostileLine[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
