// What devices take for the time: most are right, some are off, a few are absurd.
import type { Random } from './random.ts';

export type ClockKind = 'right' | 'offset' | 'drifting' | 'far-future' | 'since-1970';

/** Shares of the devices with each kind of wrong clock; the rest are right. */
export interface ClockShares {
  readonly offset: number;
  readonly drifting: number;
  readonly farFuture: number;
  readonly since1970: number;
}

export interface DeviceClock {
  readonly kind: ClockKind;
  /** The device's idea of the time, whole milliseconds since the epoch. */
  read(trueMs: number): number;
  /** The device restarts: a clock without a battery starts again from its initial time. */
  restart(trueMs: number): void;
}

/** Which devices get which clock: as many of each as their share says, to the nearest device. */
export function dealClocks(devices: number, shares: ClockShares, random: Random): ClockKind[] {
  const dealt = [
    ...Array<ClockKind>(Math.round(devices * shares.offset)).fill('offset'),
    ...Array<ClockKind>(Math.round(devices * shares.drifting)).fill('drifting'),
    ...Array<ClockKind>(Math.round(devices * shares.farFuture)).fill('far-future'),
    ...Array<ClockKind>(Math.round(devices * shares.since1970)).fill('since-1970'),
  ];
  if (dealt.length > devices) throw new RangeError('shares of wrong clocks must add up to at most 1');
  return random.shuffled([...dealt, ...Array<ClockKind>(devices - dealt.length).fill('right')]);
}

/** Below the five minutes by which a clock may be ahead. */
export const DEFAULT_CLOCK_OFFSET_MS = [-4 * 60_000, 4 * 60_000] as const;
const MAX_DRIFT_PPM = 500;
const FAR_FUTURE_MS = 30 * 24 * 3_600_000;

export interface DeviceClockSetup {
  readonly startMs: number;
  /** Between which a clock that is off by a time is off. */
  readonly offsetMs: readonly [least: number, most: number];
  readonly random: Random;
}

export function createDeviceClock(
  kind: ClockKind,
  { startMs, offsetMs: offsetsMs, random }: DeviceClockSetup,
): DeviceClock {
  const offsetMs = Math.round(random.between(...offsetsMs));
  const drift = random.between(-MAX_DRIFT_PPM, MAX_DRIFT_PPM) / 1_000_000;
  let bootMs = startMs;
  const readings: Record<ClockKind, (trueMs: number) => number> = {
    right: (trueMs) => trueMs,
    offset: (trueMs) => trueMs + offsetMs,
    drifting: (trueMs) => trueMs + (trueMs - startMs) * drift,
    'far-future': (trueMs) => trueMs + FAR_FUTURE_MS,
    'since-1970': (trueMs) => trueMs - bootMs,
  };
  return {
    kind,
    read: (trueMs) => Math.max(0, Math.floor(readings[kind](trueMs))),
    restart(trueMs) {
      bootMs = trueMs;
    },
  };
}
