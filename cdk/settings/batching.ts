// How long a mapping waits to fill a batch, and how much one holds: what is paid for latency, chosen by a profile.
import { Duration } from 'aws-cdk-lib';
import type { Profile } from './settings.ts';

export interface Batching {
  readonly window: Duration;
  readonly size: number;
}

/** By what is read: telemetry, changelogs that are processed further, and changelogs that are sent to clients. */
export interface ProfileBatching {
  readonly telemetry: Batching;
  readonly changes: Batching;
  readonly telling: Batching;
}

/**
 * A batch ends at its window, its size or 6 MB, whichever comes first: a window without a size to go with it is never reached where
 * much comes in. Telling takes posts, which take longer than writes: smaller batches are told sooner.
 */
export const BATCHING: Readonly<Record<Profile, ProfileBatching>> = {
  low: {
    telemetry: { window: Duration.seconds(0), size: 1_000 },
    changes: { window: Duration.seconds(0), size: 1_000 },
    telling: { window: Duration.seconds(0), size: 200 },
  },
  balanced: {
    telemetry: { window: Duration.seconds(1), size: 1_000 },
    changes: { window: Duration.seconds(1), size: 1_000 },
    telling: { window: Duration.seconds(1), size: 200 },
  },
  cheap: {
    telemetry: { window: Duration.seconds(60), size: 10_000 },
    changes: { window: Duration.seconds(10), size: 10_000 },
    telling: { window: Duration.seconds(5), size: 200 },
  },
};
