import { describe, expect, it } from 'vitest';
import { observeRollup } from '../../../../src/core/alerts/observe-change.ts';
import { parsePipeline } from '../../../../src/core/pipeline/parse-pipeline.ts';
import { rollupSeries } from '../../../../src/core/series.ts';
import type { StoredWindow } from '../../../../src/core/stored-window.ts';

const [rule] = parsePipeline({
  aggregations: [{ name: 'a', window: { tumbling: '1m' } }],
  rollups: [{ name: 'site', of: 'a', by: ['site'] }],
  alerts: [{ name: 'r', severity: 'info', on: { rollup: 'site' }, aggregate: 'events', when: { above: 0 } }],
}).alerts;

const FINAL: StoredWindow = {
  series: rollupSeries('site', ['mill']),
  start: 0,
  end: 60_000,
  part: 0,
  marks: new Map(),
  final: true,
  moved: 0,
  events: 2,
  metrics: [],
  fields: undefined,
};

function seen(window: Partial<StoredWindow>) {
  if (rule === undefined) throw new Error('no rule was parsed');
  return observeRollup(rule, { ...FINAL, ...window });
}

describe('a window of a rollup is to an alert', () => {
  it('what it holds, once it is final', () => {
    expect(seen({})).toMatchObject({ start: 0, revision: 2, value: 2 });
    expect(seen({ final: false })).toBeUndefined();
  });

  it('gone where what it was judged by may have been taken out of it, under a later revision', () => {
    expect(seen({ events: 0, raised: 3 })).toMatchObject({ start: 0, end: 60_000, revision: 3, gone: true });
  });

  it('nothing where it never held anything', () => {
    expect(seen({ events: 0 })).toBeUndefined();
  });

  it('gone where it holds a part of its events alone, also before it is final', () => {
    const partial = { sinceMs: 30_000 };
    expect(seen({ partial })).toMatchObject({ revision: 2, gone: true });
    expect(seen({ partial, final: false })).toMatchObject({ gone: true });
  });
});
