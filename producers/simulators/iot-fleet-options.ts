// How large the fleet is and how badly it behaves.
import { type ClockShares, DEFAULT_CLOCK_OFFSET_MS } from './device-clock.ts';
import { DEFAULT_NETWORK, type NetworkOptions } from './network.ts';
import type { SpellOptions } from './spells.ts';

export interface IotFleetOptions {
  readonly seed: number | string;
  readonly startMs: number;
  /** Readings stop here; what is under way still arrives. Undefined: never. */
  readonly endMs: number | undefined;
  readonly devices: number;
  readonly sites: readonly { readonly name: string; readonly region: string }[];
  /** Model names and how often each of its devices reads, ms. */
  readonly models: readonly { readonly name: string; readonly everyMs: number }[];
  readonly network: NetworkOptions;
  /** Shares of devices. */
  readonly wrongClocks: ClockShares;
  /** Between which the clocks that are off by a time are off. */
  readonly clockOffsetMs: readonly [least: number, most: number];
  /** Spells in which a device gets far too hot. */
  readonly overheating: SpellOptions;
  /** Spells in which the signal of all devices of a site is weak. */
  readonly disturbances: SpellOptions;
  /** How often a device falls silent, and for how long in the mean; then it uploads what it kept. */
  readonly silencesPerHour: number;
  readonly silenceMs: number;
  /** Readings a silent device can keep; older ones are overwritten, and are no events. */
  readonly keptReadings: number;
  /**
   * How often a device restarts its frame counter. Not before it has run for `leastUptimeMs`: with more than
   * the dedupe horizon, numbers that come again are new data.
   */
  readonly restartsPerHour: number;
  readonly leastUptimeMs: number;
  /** Share of events that break a rule. */
  readonly malformedShare: number;
}

/** A live demo's fleet: 200 devices at about one reading a second, each fault rare but present. */
export const DEFAULT_IOT_FLEET: Omit<IotFleetOptions, 'seed' | 'startMs'> = {
  endMs: undefined,
  devices: 200,
  sites: [
    { name: 'harbour', region: 'coast' },
    { name: 'mill', region: 'valley' },
    { name: 'orchard', region: 'valley' },
    { name: 'quarry', region: 'hills' },
    { name: 'ridge', region: 'hills' },
  ],
  models: [
    { name: 'thermo-1', everyMs: 1_000 },
    { name: 'thermo-2', everyMs: 1_000 },
    { name: 'climate-x', everyMs: 800 },
    { name: 'field-node', everyMs: 1_500 },
  ],
  network: DEFAULT_NETWORK,
  wrongClocks: { offset: 0.05, drifting: 0.03, farFuture: 0.005, since1970: 0.005 },
  clockOffsetMs: DEFAULT_CLOCK_OFFSET_MS,
  overheating: { everyMs: 60 * 60_000, lastsMs: [60_000, 120_000] },
  disturbances: { everyMs: 6 * 60_000, lastsMs: [45_000, 90_000] },
  silencesPerHour: 0.5,
  silenceMs: 3 * 60_000,
  keptReadings: 600,
  restartsPerHour: 0.2,
  leastUptimeMs: 15 * 60_000,
  malformedShare: 0,
};
