// The hot path of the aggregate function without encoding and store: decode, validate, deduplicate, fold.
import { decodeBatch } from '../../../consumers/aggregate/decode-batch.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import type { Pipeline } from '../../../src/core/pipeline/pipeline.ts';
import type { SourceState } from '../../../src/core/source-state.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { encodeState } from '../../../src/core/state-encoding.ts';
import type { BenchCase } from '../bench-case.ts';
import { createPipeline } from '../bench-pipeline.ts';
import { WindowTotals } from '../window-totals.ts';

export function createCase(): BenchCase {
  return foldingCase(createPipeline());
}

export function foldingCase(pipeline: Pipeline): BenchCase {
  const states = new Map<string, SourceState>();
  const windows = new WindowTotals();
  return {
    handle({ Records }) {
      const { bySource } = decodeBatch(Records, pipeline);
      for (const [source, events] of bySource) {
        const state = states.get(source) ?? emptySourceState(source, pipeline);
        states.set(source, foldEvents(state, events, pipeline).state);
      }
    },
    digest() {
      for (const { source, closed } of states.values()) windows.addClosed(source, closed);
    },
    totals() {
      for (const state of states.values()) {
        encodeState(state); // forgets old ids, as every write does
        const open = state.open.flatMap((aggregation) => [...aggregation.windows.values()]);
        windows.setOpen(state.source, open);
      }
      return windows.totals();
    },
  };
}
