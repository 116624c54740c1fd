import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';

/** One aggregation of every value over a minute, and ids remembered for ten. */
export const BENCH_PIPELINE = {
  aggregations: [{ name: 'per-minute', window: { tumbling: '60s' } }],
  dedupe: { horizon: '10m' },
};

export function createPipeline(): Pipeline {
  return parsePipeline(BENCH_PIPELINE);
}
