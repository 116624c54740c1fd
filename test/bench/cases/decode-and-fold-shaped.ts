// The same path for events in another form: a shape of one's own gives each member its place.
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import type { BenchCase } from '../bench-case.ts';
import { BENCH_PIPELINE } from '../bench-pipeline.ts';
import { foldingCase } from './decode-and-fold.ts';

export function createCase(): BenchCase {
  return foldingCase(parsePipeline({ ...BENCH_PIPELINE, shapes: [FLAT] }));
}

const FLAT = {
  name: 'flat',
  when: { has: ['device', 'at'] },
  source: 'device',
  id: 'counter',
  type: 'kind',
  time: { path: 'at', as: 'ms' },
  tags: { site: 'site', model: 'model' },
};
