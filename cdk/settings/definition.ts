// The settings as they are written: in cdk/settings.ts, or in JSON with the same keys. docs/settings.md tells each.
import type { FunctionName } from '../../src/platform/names.ts';
import type { OutletKind } from '../../src/platform/outlet-choice.ts';

export interface SettingsDefinition extends StageDefinition {
  /** Begins the stack's name: `Tidemill-production`. Default "Tidemill". */
  readonly name?: string;
  /** By stage, what differs there; `-c stage=NAME` chooses. `dev` and `production` are there without being named. */
  readonly stages?: Readonly<Record<string, StageDefinition>>;
}

export interface StageDefinition {
  /** Where the stack is deployed, and nowhere else; default: wherever the AWS command line points. */
  readonly region?: string;
  readonly stream?: { readonly shards?: number; readonly retention?: Duration };
  /** false: data goes when the stack goes. */
  readonly protect?: boolean;
  readonly alarms?: {
    /** ARN of an SNS topic. */
    readonly topic?: string;
    /** No record in the stream for so long is an alarm. */
    readonly quietAfter?: Duration;
  };
  readonly logs?: { readonly retention?: Duration };
  /** X-Ray. */
  readonly tracing?: boolean;
  /** ARN of a KMS key of one's own. */
  readonly kmsKey?: string;
  readonly domain?: { readonly api?: DomainDefinition; readonly dashboard?: DomainDefinition };
  /** ARNs of WAF's web ACLs. */
  readonly webAcl?: { readonly api?: string; readonly dashboard?: string };
  readonly tags?: Readonly<Record<string, string>>;
  readonly budget?: { readonly monthlyUsd: number; readonly email: string };
  readonly profile?: 'low' | 'balanced' | 'cheap';
  readonly tables?: {
    /** Read and write units of every table; default: on demand. */
    readonly capacity?: { readonly read: CapacityDefinition; readonly write: CapacityDefinition };
    /** What every table can take from its first moment on, units a second. */
    readonly warm?: { readonly read: number; readonly write: number };
    /** Regions that hold a copy to be read. */
    readonly replicas?: readonly string[];
  };
  /** Reserved concurrency by function. */
  readonly concurrency?: Readonly<Partial<Record<FunctionName, number>>>;
  readonly door?: {
    readonly api?: RateDefinition;
    readonly device?: RateDefinition;
    readonly relay?: RateDefinition;
    /** How long API Gateway keeps what the authorizer said: a revocation holds so much later at most. */
    readonly authorizerCache?: Duration;
  };
  /** For readers of one's own: docs/how-to-own-readers.md. */
  readonly outlet?: {
    readonly to: 'kinesis' | 'eventbridge';
    /** Default: `final`, `late` and `alerts`. */
    readonly tells?: readonly OutletKind[];
    /** Shards of the stream, provisioned; default: on demand. */
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

/** Requests a second, and how many at once. */
interface RateDefinition {
  readonly rate: number;
  readonly burst: number;
}

/** Units: autoscaling keeps between `least` and `most`, so that `target` percent are used. */
interface CapacityDefinition {
  readonly least: number;
  readonly most: number;
  /** Default 70. */
  readonly target?: number;
}

/** Types alone: what is wrong is told by the reader. */
export const defineSettings = (definition: SettingsDefinition): SettingsDefinition => definition;
