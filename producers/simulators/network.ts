// The way from a device to the stream: takes time, sometimes much, and devices that hear no answer send again.
import type { Random } from './random.ts';
import type { EventFacts, SimulatedArrival, World } from './simulation.ts';

export interface NetworkOptions {
  /** Least time on the way, and the mean of what comes on top. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Share of events held up on the way, and for how long in the mean. */
  readonly delayedShare: number;
  readonly delayMs: number;
  /** Share of events sent again within `resendWithinMs`. */
  readonly resentShare: number;
  readonly resendWithinMs: number;
  /** Share of events sent again much later, between these two. */
  readonly resentLaterShare: number;
  readonly resendLaterMs: readonly [least: number, most: number];
}

export const DEFAULT_NETWORK: NetworkOptions = {
  latencyMs: 20,
  jitterMs: 30,
  delayedShare: 0.02,
  delayMs: 3_000,
  resentShare: 0.01,
  resendWithinMs: 5_000,
  resentLaterShare: 0.001,
  resendLaterMs: [5 * 60_000, 60 * 60_000],
};

export interface Sending {
  readonly sentMs: number;
  readonly position: number;
  readonly event: SimulatedArrival['event'];
  readonly facts: EventFacts;
}

export function sendOver(network: NetworkOptions, world: World, random: Random, sending: Sending): void {
  const { sentMs, position, event } = sending;
  const delayed = random.chance(network.delayedShare);
  const travelMs =
    network.latencyMs +
    random.exponential(network.jitterMs) +
    (delayed ? random.exponential(network.delayMs) : 0);
  const arrivesMs = sentMs + travelMs;
  const facts = { ...sending.facts, delayed };
  world.deliver(arrivesMs, { event, facts, position, copy: 'first' });
  // One draw for both, so that their shares do not multiply.
  const fate = random.next();
  if (fate < network.resentShare) {
    const againMs = arrivesMs + 1 + random.between(0, network.resendWithinMs);
    world.deliver(againMs, { event, facts, position, copy: 'resent' });
  } else if (fate < network.resentShare + network.resentLaterShare) {
    const againMs = arrivesMs + 1 + random.between(...network.resendLaterMs);
    world.deliver(againMs, { event, facts, position, copy: 'resent-later' });
  }
}
