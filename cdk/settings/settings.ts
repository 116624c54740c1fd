// The settings of one stage, read and checked: what the stack is made by. What is left out is as the constructs have it.
import type { FunctionName } from '../../src/platform/names.ts';
import type { OutletKind } from '../../src/platform/outlet-choice.ts';

export interface Settings {
  readonly stage?: string;
  readonly region?: string;
  /** Kinesis shards, provisioned; default: on demand. */
  readonly shards?: number;
  /** How long the stream keeps records; default: a week, or a day where it is thrown away. */
  readonly retentionMs?: number;
  /** Data goes when the stack goes; default: protected and kept. */
  readonly throwAway?: boolean;
  /** Said of a deployment, not of a stage: tables may be deleted, so that a creation that fails can be taken back. */
  readonly firstCreate?: boolean;
  /** ARN of an SNS topic that every alarm tells, when it goes off and when it is over. */
  readonly alarmTopic?: string;
  /** What the stream carries is kept in a bucket; default: nothing of it is created. */
  readonly archive?: boolean;
  /** The archive can be folded into fresh generations of the tables, by a state machine; asks for `archive`. Default: nothing of it is created. */
  readonly rebuild?: boolean;
  /** Devices may publish over AWS IoT Core too; default: nothing of it is created. */
  readonly mqtt?: boolean;
  /** Files that are dropped into a bucket are played into the stream; default: nothing of it is created. */
  readonly incoming?: boolean;
  /** A Fargate task that loads the stack with a simulated fleet, when it is started; default: nothing of it is created. */
  readonly load?: boolean;
  /** `aggregate` and `close` note their runs in their logs, so that an incident can be played; default: they do not. */
  readonly incidents?: boolean;
  /** No record in the stream for so long is an alarm; default: none is. */
  readonly quietAfterMs?: number;
  /** One of those that CloudWatch knows; default 30. */
  readonly logDays?: number;
  readonly tracing?: boolean;
  /**
   * API Gateway writes logs in the name of a role that the account has one of in a region: true has the stack set it, in place of
   * whatever is there. Default: it stays as it is.
   */
  readonly apiLogRole?: boolean;
  readonly kmsKey?: string;
  readonly apiDomain?: CustomDomain;
  readonly dashboardDomain?: CustomDomain;
  /** ARNs of WAF's web ACLs. */
  readonly apiWebAcl?: string;
  readonly dashboardWebAcl?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly budget?: Budget;
  /** Default `balanced`. */
  readonly profile?: Profile;
  /** Capacity of every table; default: on demand. */
  readonly capacity?: TableCapacity;
  readonly warm?: { readonly read: number; readonly write: number };
  /** Regions, beside the one that writes. */
  readonly replicas?: readonly string[];
  readonly concurrency?: Readonly<Partial<Record<FunctionName, number>>>;
  /** Rates that the HTTP door takes. */
  readonly doorLimits?: Partial<DoorLimits>;
  readonly authorizerCacheSeconds?: number;
  /** What is told to readers of one's own; default: nothing, and nothing is there for it. */
  readonly outlet?: OutletSettings;
}

export const OUTLETS = ['kinesis', 'eventbridge'] as const;

export interface OutletSettings {
  readonly to: (typeof OUTLETS)[number];
  readonly tells: readonly OutletKind[];
  /** Shards of the stream, provisioned; default: on demand. */
  readonly shards?: number;
}

export const PROFILES = ['low', 'balanced', 'cheap'] as const;
export type Profile = (typeof PROFILES)[number];

export interface CustomDomain {
  readonly name: string;
  readonly certificateArn: string;
}

export interface Budget {
  readonly monthlyUsd: number;
  readonly email: string;
}

export interface TableCapacity {
  readonly read: ScaledUnits;
  readonly write: ScaledUnits;
}

/** Units between `least` and `most`, so that `target` percent of them are used. */
export interface ScaledUnits {
  readonly least: number;
  readonly most: number;
  readonly target: number;
}

/** Requests a second, and how many at once. */
export interface DoorLimits {
  /** For each method of the API. */
  readonly api: RateLimit;
  /** For all devices together: they share the plan's one key. */
  readonly device: RateLimit;
  /** For all relays together. */
  readonly relay: RateLimit;
}

export interface RateLimit {
  readonly rate: number;
  readonly burst: number;
}
