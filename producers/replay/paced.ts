// Feeds recorded or simulated events into a client at the pace they once arrived, a multiple of it, or at once.
import type { Clock } from '../../src/platform/clock.ts';
import type { JsonObject } from '../client/event-input.ts';
import type { TelemetryClient } from '../client/telemetry-client.ts';
import { TelemetryClientError } from '../client/telemetry-client-error.ts';
import type { ReplaySpeed } from './speed.ts';

export interface RecordedEvent {
  /** ms since the epoch; without it the event's own time paces, without either nothing does. */
  readonly arrivedAt?: number | undefined;
  readonly event: JsonObject;
}

export interface PacedReplay {
  readonly events: AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>;
  readonly client: Pick<TelemetryClient, 'put'>;
  readonly speed: ReplaySpeed;
  readonly clock: Clock;
  /** Ends the replay before the next event. */
  readonly signal?: AbortSignal;
  /** Gets events the client will not take (no source, too large); without it the first one ends the replay. */
  readonly onRefused?: (event: JsonObject, error: TelemetryClientError) => void;
}

export interface PacedReplaySummary {
  readonly put: number;
  readonly refused: number;
}

/** Resolves when the last event is accepted by the client; delivering it is the client's `flush` or `close`. */
export async function replayPaced(replay: PacedReplay): Promise<PacedReplaySummary> {
  const { events, client, clock, signal } = replay;
  const pace = replay.speed === 'max' ? undefined : new Pace(replay.speed, clock, signal);
  let put = 0;
  let refused = 0;
  for await (const recorded of events) {
    await pace?.reach(recorded);
    if (signal?.aborted) break;
    try {
      await client.put(recorded.event);
      put++;
    } catch (error) {
      if (replay.onRefused === undefined || !isRefusal(error)) throw error;
      replay.onRefused(recorded.event, error);
      refused++;
    }
  }
  return { put, refused };
}

/** Recorded time against the clock's, both counted from the first event that tells its time. */
class Pace {
  readonly #speed: number;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  #start: { readonly recordedMs: number; readonly clockMs: number } | undefined;

  constructor(speed: number, clock: Clock, signal: AbortSignal | undefined) {
    this.#speed = speed;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Sleeps until the event's turn; one whose turn has passed, or that tells no time, is not held. */
  async reach(recorded: RecordedEvent): Promise<void> {
    const recordedMs = timeOf(recorded);
    if (recordedMs === undefined) return;
    this.#start ??= { recordedMs, clockMs: this.#clock.nowMs() };
    const dueMs = this.#start.clockMs + (recordedMs - this.#start.recordedMs) / this.#speed;
    const waitMs = dueMs - this.#clock.nowMs();
    if (waitMs > 0) await sleepLong(this.#clock, waitMs, this.#signal);
  }
}

/** Timers hold 2^31 − 1 ms; recordings have gaps of months. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

async function sleepLong(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  for (let left = ms; left > 0 && !signal?.aborted; left -= LONGEST_SLEEP_MS) {
    await clock.sleep(Math.min(left, LONGEST_SLEEP_MS), signal);
  }
}

function timeOf({ arrivedAt, event }: RecordedEvent): number | undefined {
  const time = arrivedAt ?? event['time'];
  const timeMs = typeof time === 'string' ? Date.parse(time) : time;
  return typeof timeMs === 'number' && Number.isFinite(timeMs) ? timeMs : undefined;
}

function isRefusal(error: unknown): error is TelemetryClientError {
  return (
    error instanceof TelemetryClientError &&
    (error.code === 'invalid-event' || error.code === 'invalid-source' || error.code === 'event-too-large')
  );
}
