// What the ticks of a shard say of a source: up to when nothing of it has arrived. So closing by silence is a function of the records in
// the stream, whenever the closer looks, and whether it does.
import type { AlertRule } from './alerts/alert-rule.ts';
import type { EpochMs } from './brands.ts';
import { type SilentWindow, silentWindows } from './close-windows.ts';
import { MAX_SILENCES } from './limits.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import type { SourceEvents } from './source-events.ts';
import type { SourceState } from './source-state.ts';

/**
 * Walks through a source's part of a batch. If a source comes through many shards at a time, or from several streams, the ticks of one
 * shard say nothing: the closer judges it by all of them.
 */
export class SilenceBefore {
  readonly #batch: SourceEvents;
  #passed = 0;
  #untilMs = Number.NEGATIVE_INFINITY;
  /** Whether that holds for the event asked for last. */
  #isKnown = false;

  constructor(batch: SourceEvents) {
    this.#batch = batch;
  }

  /** The windows that have fallen silent before the event at `index`; it is asked in order. */
  windowsAt(index: number, state: SourceState): readonly SilentWindow[] {
    const { ticks } = this.#batch;
    if (ticks === undefined) return NONE;
    for (let tick = ticks[this.#passed]; tick !== undefined && tick.from <= index; ) {
      this.#untilMs = Math.max(this.#untilMs, tick.atMs);
      this.#passed += 1;
      tick = ticks[this.#passed];
    }
    this.#isKnown = this.#untilMs >= state.lastArrivalMs && comesThroughOne(state, this.#batch, index);
    return this.#isKnown ? silentWindows(state, this.#untilMs) : NONE;
  }

  /** The event that was asked for last has arrived: what ends with it is kept, where some alert may tell of it. */
  end(state: SourceState, arrivalMs: EpochMs, { alerts }: Pipeline): void {
    const { lastArrivalMs } = state;
    if (!this.#isKnown || lastArrivalMs < 0) return;
    this.#isKnown = false;
    if (this.#untilMs - lastArrivalMs < shortestSilenceMs(alerts)) return;
    const ended = { fromMs: lastArrivalMs, knownUntilMs: this.#untilMs, toMs: arrivalMs };
    state.silences = [...state.silences, ended].slice(-MAX_SILENCES);
  }
}

const NONE: readonly SilentWindow[] = [];

/** Whether all that came before an event of the source in the stream has been folded in. */
function comesThroughOne(state: SourceState, { stream, strays }: SourceEvents, index: number): boolean {
  if (state.strays > 0 || strays?.has(index) === true) return false;
  return state.upTo.every((entry) => entry.stream === undefined || entry.stream === stream);
}

/** Whether it matters which tick came before a source's part of a batch: it may have been silent for long enough. */
export function asksForTick(state: SourceState, { arrivalsMs }: SourceEvents, pipeline: Pipeline): boolean {
  const arrivalMs = arrivalsMs.at(-1);
  if (arrivalMs === undefined || state.lastArrivalMs < 0) return false;
  const silentForMs = arrivalMs + CLOCKS_APART_MS - state.lastArrivalMs;
  if (silentForMs >= shortestSilenceMs(pipeline.alerts)) return true;
  return (
    state.windowCount > 0 && pipeline.aggregations.some(({ idleTimeoutMs }) => idleTimeoutMs <= silentForMs)
  );
}

/** The shortest silence of a source that any alert reports, ms. */
function shortestSilenceMs(alerts: readonly AlertRule[]): number {
  let shortestMs = Number.POSITIVE_INFINITY;
  for (const { on, when } of alerts)
    if (on.kind === 'source' && when.kind === 'absent') shortestMs = Math.min(shortestMs, when.afterMs);
  return shortestMs;
}

/** The service's clocks may stamp a tick later than what came behind it, by far less than this. */
const CLOCKS_APART_MS = 10_000;

/** The same events behind a tick that came before all of them. */
export function behindTick(batch: SourceEvents, atMs: EpochMs): SourceEvents {
  return { ...batch, ticks: [{ from: 0, atMs }, ...(batch.ticks ?? [])] };
}
