import { WEEKDAYS } from '../../src/core/calendar.ts';
import { formatDurationMs } from '../../src/core/duration.ts';
import type { Aggregation } from '../../src/core/pipeline/pipeline.ts';
import type { PipelineAnswer } from '../../src/wire/api/answers.ts';
import type { Outcome } from './outcome.ts';
import type { QueryDeps } from './query-deps.ts';

/** What a reader may ask for: the aggregations and rollups of the deployed pipeline. */
export async function getPipeline(_: object, { pipeline }: QueryDeps): Promise<Outcome<PipelineAnswer>> {
  const body = {
    aggregations: pipeline.aggregations.map((aggregation) => ({
      name: aggregation.name,
      window: windowText(aggregation.window),
      allowedLatenessMs: aggregation.allowedLatenessMs,
      idleTimeoutMs: aggregation.idleTimeoutMs,
      aggregates: aggregation.aggregates,
      distinct: aggregation.distinct.map(({ text }) => text),
      topK: aggregation.topK.map(({ of, k }) => ({ of: of.text, k })),
    })),
    rollups: pipeline.rollups.map(({ name, of, levels }) => ({ name, of, levels })),
  };
  return { kind: 'answer', body, cacheControl: 'private, max-age=60' };
}

function windowText(window: Aggregation['window']): string {
  switch (window.kind) {
    case 'tumbling':
      return `tumbling ${formatDurationMs(window.sizeMs)}${offsetText(window)}`;
    case 'hopping':
      return `hopping ${formatDurationMs(window.sizeMs)} ${formatDurationMs(window.everyMs)}${offsetText(window)}`;
    case 'calendar':
      return `calendar ${window.unit} ${window.timezone}${window.unit === 'week' ? ` ${WEEKDAYS[window.weekStart]}` : ''}`;
    case 'session':
      return `session ${formatDurationMs(window.gapMs)}`;
  }
}

function offsetText({ offsetMs = 0 }: { readonly offsetMs?: number }): string {
  return offsetMs === 0 ? '' : ` offset ${formatDurationMs(offsetMs)}`;
}
