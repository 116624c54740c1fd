import { describe, expect, test } from 'vitest';
import type { SequenceNumber, ShardId } from '../../../../src/core/brands.ts';
import type { SeriesWindow } from '../../../../src/core/stored-window.ts';
import { lateMessage, windowMessage } from '../../../../src/wire/outlet/outlet-message.ts';

const WINDOW: SeriesWindow = {
  series: 'source|a|d1',
  start: 0,
  end: 60_000,
  final: true,
  events: 2,
  revision: 2,
  metrics: new Map(),
  distinct: new Map(),
  topK: new Map(),
  topKMissed: new Map(),
};

describe('the id of a message', () => {
  test('is of the window and its revision, and another for one that was closed before its time', () => {
    const whole = windowMessage(WINDOW);
    expect(whole.id).toBe('window-final/source|a|d1/0-60000/2');
    expect(windowMessage({ ...WINDOW, partial: { sinceMs: 9 } }).id).toBe(whole.id);
    expect(windowMessage({ ...WINDOW, partial: { untilMs: 9 } }).id).toBe(`${whole.id}/until-9`);
    expect(windowMessage({ ...WINDOW, final: false }).id).toBe('window-provisional/source|a|d1/0-60000/2');
  });
});

describe('a message that would be too large', () => {
  test('leaves out the window, or the event, and says whose it is', () => {
    const metrics = new Map(
      Array.from({ length: 3_000 }, (_, at) => [
        `a name of some length ${at}`,
        { count: 1, sum: 1, min: 1, max: 1, mean: 1 },
      ]),
    );
    const { id, body } = windowMessage({ ...WINDOW, metrics });
    expect(JSON.parse(JSON.stringify(body))).toEqual({
      id,
      kind: 'window-final',
      of: { aggregation: 'a', source: 'd1', startMs: 0, endMs: 60_000 },
    });
    const at = { shard: 's' as ShardId, sequence: '7' as SequenceNumber, index: 1 };
    const late = lateMessage({ at, source: 'd1', arrivalMs: 1, detail: 'why', event: 'x'.repeat(300_000) });
    expect(JSON.parse(JSON.stringify(late.body))).toEqual({
      id: 'late/s/7/1',
      kind: 'late',
      source: 'd1',
      arrivalMs: 1,
      detail: 'why',
    });
  });
});
