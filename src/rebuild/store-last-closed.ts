// Windows that a source has closed with its latest write: its state still has them. If the change that told of them was lost, they are stored
// here.
import { expiresAtMs } from '../../consumers/rollup/commit-parts.ts';
import { Retentions } from '../../consumers/rollup/retentions.ts';
import { sourceWindow } from '../core/rollup.ts';
import type { ClosedWindow } from '../core/source-window.ts';
import type { StoredWindow } from '../core/stored-window.ts';
import type { DownstreamDeps } from './downstream.ts';
import type { Fences } from './fences.ts';
import type { HeldBySources, SourceNow } from './held-by-sources.ts';

/** @returns how many were stored, and of how many sources changes are still on their way */
export async function storeLastClosed(
  seen: ReadonlyMap<string, SourceNow>,
  {
    deps,
    held,
    fences,
  }: { readonly deps: DownstreamDeps; readonly held: HeldBySources; readonly fences: Fences },
): Promise<{ readonly stored: number; readonly waiting: number }> {
  const missing = await notStored(seen, deps);
  if (missing.length === 0) return { stored: 0, waiting: 0 };
  const sources = [...new Set(missing.map(({ source }) => source))];
  await fences.pass(sources);
  // As they are by now: whoever has gone on has told it, or does.
  const now = await held.load(sources);
  const passed = new Map<string, SourceNow>();
  for (const [source, state] of now)
    if (state !== undefined && state !== 'unreadable' && fences.hasPassed(source, state.version))
      passed.set(source, state);
  const lost = await notStored(passed, deps);
  const retentions = new Retentions(deps.pipeline);
  await deps.windows.putClosed(
    lost.map(({ window, lastArrivalMs }) => {
      const retentionMs = retentions.of(window.series);
      return { window, expiresAtMs: expiresAtMs(window, { retentionMs, lastArrivalMs }) };
    }),
  );
  return { stored: lost.length, waiting: sources.length - passed.size };
}

interface Closing {
  readonly source: string;
  readonly window: StoredWindow;
  readonly lastArrivalMs: number;
}

async function notStored(
  states: ReadonlyMap<string, SourceNow>,
  { windows, pipeline, nowMs }: DownstreamDeps,
): Promise<readonly Closing[]> {
  const retentions = new Retentions(pipeline);
  const closings = [...states].flatMap(([source, { windows: held }]) =>
    held.closed.filter(isWhole).map((closed): Closing => {
      return { source, window: sourceWindow(source, closed, true), lastArrivalMs: held.lastArrivalMs };
    }),
  );
  const kept = closings.filter(
    ({ window: { series, end }, lastArrivalMs }) =>
      Math.max(end, lastArrivalMs) + (retentions.of(series) ?? Number.POSITIVE_INFINITY) > nowMs(),
  );
  const stored = await windows.areStored(kept.map(({ window }) => window));
  return kept.filter((_, at) => stored[at] === false);
}

/** One that was closed before its time has no place of its own by its bounds. */
function isWhole({ partial }: ClosedWindow): boolean {
  return partial?.untilMs === undefined;
}
