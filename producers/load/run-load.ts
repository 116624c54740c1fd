// Loads a stream at a chosen rate: a simulated fleet of so many devices, each with a reading a second and all that goes wrong with such fleets.
import type { Clock } from '../../src/platform/clock.ts';
import type { JsonObject } from '../client/event-input.ts';
import type { TelemetryClient } from '../client/telemetry-client.ts';
import { replayPaced } from '../replay/paced.ts';
import { simulateIotFleet } from '../simulators/iot-fleet.ts';
import type { SimulatedArrival } from '../simulators/simulation.ts';

export interface LoadSettings {
  /** Events a second, about: what devices send twice is among them. */
  readonly rate: number;
  readonly seconds: number;
  /** The same seed has the same devices, named `load-<seed>-…`. */
  readonly seed: string;
}

/** What a process of this size has been seen to send; more is for more tasks. */
export const MOST_RATE = 10_000;

export interface LoadReport extends LoadSettings {
  /** Events that are in the stream. */
  readonly accepted: number;
  /** Events that were given up. */
  readonly failed: number;
  /** From the first event to the last answer. */
  readonly tookMs: number;
  readonly acceptedPerSecond: number;
  readonly records: number;
  /** Calls of PutRecords. */
  readonly calls: number;
  /** Sends of a record beyond its first: where these are many, the stream takes no more. */
  readonly retries: number;
}

export interface LoadDeps {
  readonly client: TelemetryClient;
  readonly clock: Clock;
  /** Ends it before its time; what was put is sent. */
  readonly signal?: AbortSignal;
}

export async function runLoad(
  settings: LoadSettings,
  { client, clock, signal }: LoadDeps,
): Promise<LoadReport> {
  const startMs = clock.nowMs();
  const events = eventsOf(settings, startMs);
  await replayPaced({
    ...{ events, client, clock, speed: 1 },
    ...(signal === undefined ? {} : { signal }),
    onRefused: () => {},
  });
  // What was given up is in the figures.
  await client.close().catch(() => {});
  const { delivered, failed, records, calls, retries } = client.stats();
  const tookMs = Math.max(1, clock.nowMs() - startMs);
  const acceptedPerSecond = Math.round((delivered * 1_000) / tookMs);
  return { ...settings, accepted: delivered, failed, tookMs, acceptedPerSecond, records, calls, retries };
}

function* eventsOf({ rate, seconds, seed }: LoadSettings, startMs: number) {
  const { arrivals } = simulateIotFleet({
    ...{ seed, startMs, devices: rate },
    endMs: startMs + seconds * 1_000,
    models: [{ name: 'load', everyMs: 1_000 }],
  });
  for (const { atMs, event } of arrivals) {
    if (atMs >= startMs + seconds * 1_000) return;
    yield { arrivedAt: atMs, event: named(event, seed) };
  }
}

/** Beside the devices that are there, and easy to retire. */
function named(event: SimulatedArrival['event'], seed: string): JsonObject {
  return { ...event, source: `load-${seed}-${event.source}` };
}
