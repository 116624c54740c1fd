import { pagesToRead } from '../../src/core/fold.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { SourceEvents } from '../../src/core/source-events.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import { aggregationTexts } from '../../src/core/state-encoding.ts';
import type { SourceStates } from '../../src/stores/source-states.ts';

/** Brings to hand the pages of remembered ids that folding a batch will ask for. @throws Error for one that cannot be read */
export async function loadPages(
  state: SourceState,
  batch: SourceEvents,
  { states, pipeline }: { readonly states: SourceStates; readonly pipeline: Pipeline },
  from = 0,
): Promise<void> {
  const { source } = state;
  const pages = pagesToRead(state, batch, pipeline, from);
  if (pages.length === 0) return;
  const found = await states.loadPages(pages.map((page) => ({ source, page })));
  for (const [at, page] of pages.entries()) state.ids.takePage(page, found[at], aggregationTexts(pipeline));
}
