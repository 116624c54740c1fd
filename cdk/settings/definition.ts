// The settings as a user writes them: in cdk/settings.ts, or in JSON with the same keys. docs/settings.md describes each.
import type { FunctionName } from '../../src/platform/names.ts';
import type { OutletKind } from '../../src/platform/outlet-choice.ts';

export interface SettingsDefinition extends StageDefinition {
  /** First part of the stack's name: `Tidemill-production`. Default "Tidemill". */
  readonly name?: string;
  /** What differs in each stage; `-c stage=NAME` chooses one. `dev` and `production` exist without an entry here. */
  readonly stages?: Readonly<Record<string, StageDefinition>>;
}

export interface StageDefinition {
  /** The only region in which the stack may be deployed; default: the one configured for the AWS command line. */
  readonly region?: string;
  readonly stream?: { readonly shards?: number; readonly retention?: Duration };
  /** true: the stack and its data are protected from deletion. false: data is deleted with the stack. Default: data is kept. */
  readonly protect?: boolean;
  /** Keep what the stream carries in a bucket: docs/archive.md. Default false, as for the other options. */
  readonly archive?: boolean;
  /** Fold the archive into new generations of the tables: docs/rebuild.md. Requires `archive`. */
  readonly rebuild?: boolean;
  /** Let devices publish over AWS IoT Core: docs/mqtt.md. */
  readonly mqtt?: boolean;
  /** Put files that are dropped into a bucket into the stream: docs/incoming.md. */
  readonly incoming?: boolean;
  /** Log what is needed to replay an incident: docs/incidents.md. */
  readonly incidents?: boolean;
  /** Add a task that loads the stack with a simulated fleet: docs/load.md. */
  readonly load?: boolean;
  /** Set the role with which API Gateway writes logs, of which an account has one per region. */
  readonly apiLogRole?: boolean;
  readonly alarms?: {
    /** ARN of an SNS topic. */
    readonly topic?: string;
    /** Alarm when no record has come into the stream for this long. */
    readonly quietAfter?: Duration;
  };
  readonly logs?: { readonly retention?: Duration };
  /** Trace functions and the API with X-Ray. */
  readonly tracing?: boolean;
  /** ARN of your own KMS key. */
  readonly kmsKey?: string;
  readonly domain?: { readonly api?: DomainDefinition; readonly dashboard?: DomainDefinition };
  /** ARNs of AWS WAF web ACLs. */
  readonly webAcl?: { readonly api?: string; readonly dashboard?: string };
  readonly tags?: Readonly<Record<string, string>>;
  readonly budget?: { readonly monthlyUsd: number; readonly email: string };
  readonly profile?: 'low' | 'balanced' | 'cheap';
  readonly tables?: {
    /** Read and write units of every table; default: on demand. */
    readonly capacity?: { readonly read: CapacityDefinition; readonly write: CapacityDefinition };
    /** Throughput that every table can take as soon as it exists, in units per second. */
    readonly warm?: { readonly read: number; readonly write: number };
    /** Other regions that hold a copy of the tables for reading. */
    readonly replicas?: readonly string[];
  };
  /** Reserved concurrency by function. */
  readonly concurrency?: Readonly<Partial<Record<FunctionName, number>>>;
  readonly door?: {
    readonly api?: RateDefinition;
    readonly device?: RateDefinition;
    readonly relay?: RateDefinition;
    /** How long API Gateway caches an authorizer's answer; a revocation takes effect at most this much later. */
    readonly authorizerCache?: Duration;
  };
  /** Sends results to readers of your own: docs/how-to-own-readers.md. */
  readonly outlet?: {
    readonly to: 'kinesis' | 'eventbridge';
    /** Default: `final`, `late` and `alerts`. */
    readonly tells?: readonly OutletKind[];
    /** Number of provisioned shards of the stream; default: on demand. */
    readonly shards?: number;
  };
}

/** `90s`, `5m`, `12h`, `7d` */
type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`;

interface DomainDefinition {
  readonly name: string;
  /** ARN of an ACM certificate: the dashboard's in us-east-1, the API's in the stack's region. */
  readonly certificate: string;
}

/** `rate`: requests per second. `burst`: how many may come at once. */
interface RateDefinition {
  readonly rate: number;
  readonly burst: number;
}

/** Capacity units: auto scaling keeps them between `least` and `most`, so that `target` percent are in use. */
interface CapacityDefinition {
  readonly least: number;
  readonly most: number;
  /** Default 70. */
  readonly target?: number;
}

/**
 * Gives settings their type; it checks nothing. The stack reports everything that is wrong when it is synthesized.
 * @param definition the settings, for all stages and for each
 * @returns the same settings
 * @example
 * export default defineSettings({ archive: true, stages: { dev: { profile: 'low' } } });
 */
export const defineSettings = (definition: SettingsDefinition): SettingsDefinition => definition;
