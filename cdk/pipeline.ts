// The pipeline definition: what is computed of the telemetry. The one file to edit first.
import { definePipeline } from '../src/core/pipeline.ts';

export default definePipeline({
  aggregations: [
    { name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '2m', idleTimeout: '10m' },
  ],
  rollups: [{ name: 'per-minute-by-site', of: 'per-minute', by: ['site'] }],
  dedupe: { horizon: '10m' },
  maxClockSkew: '5m',
});
