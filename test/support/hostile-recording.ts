// The recording of bad input: records as the stream carried them, each with the verdicts its events should get.
import { readFileSync } from 'node:fs';
import type { SequenceNumber } from '../../src/core/brands.ts';

export const HOSTILE_RECORDING = 'hostile-amended.ndjson';

export interface HostileLine {
  readonly kinesis: {
    readonly data: string;
    readonly partitionKey: string;
    readonly sequenceNumber: SequenceNumber;
    readonly approximateArrivalTimestamp: number;
  };
  readonly note: string;
  readonly expect: readonly ('applied' | 'duplicate' | 'late' | 'quarantined')[];
}

/** `folder` ends with a slash; without one there are no lines. */
export function hostileLines(folder: string | undefined): readonly HostileLine[] {
  if (folder === undefined) return [];
  return readFileSync(`${folder}${HOSTILE_RECORDING}`, 'utf8')
    .trim()
    .split('\n')
    .map((line): HostileLine => JSON.parse(line));
}
