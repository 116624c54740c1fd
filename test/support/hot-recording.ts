// A recording in which sources become hot, and alerts on it.
import type { PipelineDefinition } from '../../src/core/pipeline/definition.ts';

export const ALERTS_PIPELINE: PipelineDefinition = {
  aggregations: [{ name: 'a', window: { tumbling: '1s' }, idleTimeout: '1s' }],
  rollups: [{ name: 'by-site', of: 'a', by: ['site'], parts: 2 }],
  alerts: [
    {
      name: 'hot',
      on: { aggregation: 'a' },
      metric: 'v',
      aggregate: 'max',
      when: { above: 80 },
      for: '3s',
      severity: 'critical',
    },
    { name: 'site', on: { rollup: 'by-site' }, metric: 'v', aggregate: 'max', when: { above: 80 } },
    { name: 'silent', when: { absent: '5m' } },
  ],
};

/** Two sources, a minute; one is hot from second 20 to 39, the other for a second at a time. */
export const HOT_RECORDING = Array.from({ length: 60 }, (_, second) => {
  const time = 1_700_000_000_000 + second * 1_000;
  const hot = second >= 20 && second < 40;
  return ['a', 'b'].map((source) =>
    JSON.stringify({
      source,
      id: second,
      time,
      values: { v: hot && (source === 'a' || second % 2 === 0) ? 95 : 20 },
      tags: { site: source === 'a' || hot ? 'north' : 'south' },
    }),
  );
}).flat();
