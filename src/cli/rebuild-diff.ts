// Prints what differs between what readers look at and a generation.
import { loadPipeline } from '../../cdk/load-pipeline.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import { FIRST_GENERATION } from '../core/rebuild/generation-name.ts';
import type { VerdictCounts } from '../core/source-state.ts';
import type { SeriesWindow } from '../core/stored-window.ts';
import {
  type ComparedSide,
  compareGenerations,
  type Difference,
  type DifferenceReason,
  tallyDifferences,
} from '../rebuild/compare-generations.ts';
import { generationTables } from '../stores/generation-tables.ts';
import { SourceStates } from '../stores/source-states.ts';
import { Windows } from '../stores/windows.ts';
import type { StoreOptions } from './open-stores.ts';
import { formatNumber, formatTime } from './print-table.ts';
import { knownGeneration, type RebuildPlace, useRebuildPlace } from './rebuild-place.ts';

export interface DiffOptions extends StoreOptions {
  readonly pipeline?: string;
  readonly all?: true;
  readonly json?: true;
  /** Prints nothing. */
  readonly quiet?: true;
}

export interface DiffSummary {
  readonly sameSources: number;
  readonly sameWindows: number;
  readonly differences: number;
  readonly reasons: Readonly<Partial<Record<DifferenceReason, number>>>;
}

const SHOWN = 20;

export async function diffRebuild(name: string, options: DiffOptions): Promise<DiffSummary> {
  const deployed = await loadPipeline(options.pipeline);
  return await useRebuildPlace(options, async (place) => {
    const generation = await knownGeneration(place, name);
    const current = (await place.generations.current()).generation;
    const definition =
      current === FIRST_GENERATION ? deployed : (await knownGeneration(place, current)).definition;
    const differences = compareGenerations({
      live: sideOf(place, current, definition),
      rebuilt: sideOf(place, name, generation.definition),
      range: await rangeOf(place, name),
      nowMs: Date.now(),
    });
    return await tell(differences, options);
  });
}

/** Some have no reason: the code that folded them is another, or something is wrong. */
export function explained({ reasons }: DiffSummary): boolean {
  return (reasons.unexplained ?? 0) === 0;
}

function sideOf({ client, names }: RebuildPlace, generation: string, definition: object): ComparedSide {
  const { sources, windows } = generationTables(client, names, generation);
  return {
    states: new SourceStates(sources),
    windows: new Windows(windows),
    pipeline: parsePipeline(definition),
  };
}

/** What was folded ends with the last hour that was closed. */
async function rangeOf(place: RebuildPlace, name: string) {
  const { fromMs } = await knownGeneration(place, name);
  const closed = await place.generations.closedHours(name);
  const toMs = closed.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);
  return { fromMs, toMs: toMs === 0 ? undefined : toMs };
}

async function tell(
  differences: ReturnType<typeof compareGenerations>,
  { json, all, quiet }: DiffOptions,
): Promise<DiffSummary> {
  const { found, reasons, same } = await tallyDifferences(differences, (difference, count) => {
    if (quiet === true) return;
    if (json) process.stdout.write(`${JSON.stringify(plain(difference))}\n`);
    else if (all === true || count <= SHOWN) process.stdout.write(`${lineOf(difference)}\n`);
  });
  const { sources: sameSources, windows: sameWindows } = same;
  const summary = { sameSources, sameWindows, differences: found, reasons };
  if (quiet === true) return summary;
  process.stdout.write(json ? `${JSON.stringify({ summary })}\n` : `${summaryText(summary, all === true)}\n`);
  return summary;
}

function lineOf(difference: Difference): string {
  const reason = difference.why.padEnd(16);
  if (difference.kind === 'books') {
    const of = (counts: VerdictCounts | undefined) =>
      counts === undefined
        ? 'none'
        : `${counts.received} = ${counts.applied} + ${counts.duplicate} + ${counts.late} + ${counts.quarantined}`;
    return `${reason} books   ${difference.source}: ${of(difference.live)} → ${of(difference.rebuilt)}`;
  }
  const { window, live, rebuilt } = difference;
  return `${reason} window  ${window.series} ${formatTime(window.start)}: ${eventsOf(live)} → ${eventsOf(rebuilt)}`;
}

function eventsOf(window: SeriesWindow | undefined): string {
  if (window === undefined) return 'none';
  const metrics = [...window.metrics].map(([name, { count, sum }]) => `${name} ${count}/${sum}`);
  return `${window.events} events${metrics.length === 0 ? '' : ` (${metrics.slice(0, 3).join(', ')})`}`;
}

function summaryText({ sameSources, sameWindows, differences, reasons }: DiffSummary, all: boolean): string {
  const left = all || differences <= SHOWN ? [] : [`… and ${formatNumber(differences - SHOWN)} more (--all)`];
  const counts = Object.entries(reasons).map(
    ([reason, count]) => `  ${reason.padEnd(16)} ${formatNumber(count)}`,
  );
  return [
    ...left,
    `the same: books of ${formatNumber(sameSources)} sources, ${formatNumber(sameWindows)} windows`,
    `different: ${formatNumber(differences)}`,
    ...counts,
  ].join('\n');
}

/** Maps as objects. */
function plain(difference: Difference): unknown {
  return JSON.parse(
    JSON.stringify(difference, (_, value: unknown) =>
      value instanceof Map ? Object.fromEntries(value) : value,
    ),
  );
}
