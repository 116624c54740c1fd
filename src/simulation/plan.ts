// All that happens in one simulated run, as plain data: it is drawn from a seed, run, shrunk and saved.
import type { PipelineDefinition } from '../core/pipeline/definition.ts';
import type { ReasonCode } from '../core/reason-codes.ts';
import type { PoisonKind } from './poisoned-sources.ts';
import type { SimulatedTable } from './simulated-tables.ts';

export const PLAN_FORMAT = 1;

/** When every run begins: times in a plan, except event times, are ms since then. */
export const START_MS = Date.UTC(2026, 0, 1);

export interface Plan {
  readonly format: typeof PLAN_FORMAT;
  /** What it was drawn from; seeds the jitter of the event source mappings too. */
  readonly seed: number;
  readonly pipeline: PipelineDefinition;
  /** Those of the windows' and the alerts' changes are there where the pipeline has alerts. */
  readonly shards: Readonly<Record<'telemetry' | 'changelog', number>> & Partial<Record<StreamName, number>>;
  /** Properties of the event source mappings, as a template has them. */
  readonly mappings: Readonly<Record<'aggregate' | 'rollup', MappingProperties>> &
    Partial<Record<StreamReader, MappingProperties>>;
  readonly polling: {
    readonly idlePollMs: number;
    readonly shardRefreshMs: number;
    readonly readLimit: number;
  };
  readonly backoff: { readonly baseMs: number; readonly capMs: number };
  /** Timeout of every function. */
  readonly timeoutMs: number;
  /** What functions have of memory, where it is not what the stack gives them: little leaves caches room for bytes alone, or for nothing. */
  readonly memoryMb?: number;
  /** How long calls of a table take, one after the other, from the first again after the last. */
  readonly latenciesMs: readonly number[];
  /** Which container gets a shard's next batch: the one that had its last, or each in turn. */
  readonly containers: { readonly choice: 'affinity' | 'turns'; readonly least: number };
  readonly closeEveryMs: number;
  /** How often the audit runs, beside everything; undefined: never. */
  readonly auditEveryMs?: number;
  readonly records: readonly PlannedRecord[];
  readonly actions: readonly PlannedAction[];
  readonly faults: readonly Fault[];
}

export type MappingProperties = Readonly<Record<string, unknown>>;

/** Records, and the changes of the tables: of sources (`changelog`), windows and alerts. */
export const STREAM_NAMES = ['telemetry', 'changelog', 'windows', 'alerts'] as const;
export type StreamName = (typeof STREAM_NAMES)[number];
/** Mappings, by what they bring to a function: `alert` has two. */
export type StreamReader = 'aggregate' | 'rollup' | 'alert' | 'alert-rollups' | 'publish';
export type FunctionName = 'aggregate' | 'rollup' | 'alert' | 'publish' | 'close' | 'alert-clock' | 'audit';

export const STREAM_READERS: Readonly<
  Record<StreamReader, { readonly stream: StreamName; readonly function: FunctionName }>
> = {
  aggregate: { stream: 'telemetry', function: 'aggregate' },
  rollup: { stream: 'changelog', function: 'rollup' },
  alert: { stream: 'changelog', function: 'alert' },
  'alert-rollups': { stream: 'windows', function: 'alert' },
  publish: { stream: 'alerts', function: 'publish' },
};

export type PlannedRecord =
  | {
      readonly atMs: number;
      /** The partition key: nearly always the same for all records of a source. */
      readonly key: string;
      readonly form: 'event' | 'array' | 'envelope';
      readonly gzip?: true;
      readonly events: readonly PlannedEvent[];
    }
  | { readonly atMs: number; readonly key: string; readonly poison: Poison };

/** Data that is no event at all. */
export type Poison = 'not-json' | 'gzip' | 'not-utf8' | 'not-an-event';

export interface PlannedEvent {
  /** Whose event it is, also where the event itself does not say. */
  readonly source: string;
  readonly id?: string | number;
  readonly type?: string;
  /** As sent: ms since the epoch, or RFC 3339. */
  readonly time: number | string;
  readonly values?: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** What it says of states that the pipeline asks for, sent among its values. */
  readonly states?: Readonly<Record<string, string | boolean>>;
  /** Values as sent, beside or in place of those above, that are no numbers; `TOO_LARGE` stands for 1e999, which is none either. */
  readonly odd?: Readonly<Record<string, unknown>>;
  /** Fields that break a rule, in place of the right ones, and the reason it is to be quarantined for. */
  readonly broken?: { readonly fields: Readonly<Record<string, unknown>>; readonly reason: ReasonCode };
}

export const TOO_LARGE = '@1e999';

export type PlannedAction = { readonly atMs: number } & (
  | { readonly kind: 'split' | 'merge'; readonly stream: StreamName; readonly pick: number }
  /** A run of the closer beside its schedule. */
  | { readonly kind: 'close' }
  /** The mapping dies, and another goes on from checkpoints that are so many saves old. */
  | { readonly kind: 'restart'; readonly reader: StreamReader; readonly rewind: number }
  /** The mapping is deleted and created again: everything is delivered once more. */
  | { readonly kind: 'recreate'; readonly reader: StreamReader }
  /** The mapping is switched off, and on again from where it had come to. */
  | { readonly kind: 'disable'; readonly reader: StreamReader; readonly forMs: number }
  /** TTL removes every window whose time has run out. */
  | { readonly kind: 'expire' }
  /** Idle containers go, with their caches. */
  | { readonly kind: 'recycle'; readonly reader: StreamReader }
  /** An item of the sources table is changed by hand, but not its state. */
  | { readonly kind: 'touch'; readonly source: string }
  /** A source is retired: its open windows close with the closer's next run. */
  | { readonly kind: 'retire'; readonly source: string }
  /** A source's state cannot be read, or would be too large; then it is mended, and resumed, at once or so much later. */
  | {
      readonly kind: 'poison';
      readonly source: string;
      readonly as: PoisonKind;
      readonly forMs: number;
      readonly resumedAfterMs?: number;
      /** What comes for it is set aside by two writes, and somebody resumes it between them. */
      readonly inParts?: true;
    }
  /** What the mapping of `aggregate` has given up so far is put back. */
  | { readonly kind: 'redrive' }
  /** Another pipeline is deployed; `beside`: some containers of `aggregate` go on with what they have. */
  | { readonly kind: 'deploy'; readonly pipeline: PipelineDefinition; readonly beside?: true }
  /** No invocation of the function begins for a while: it is throttled, being deployed, or switched off. */
  | { readonly kind: 'off'; readonly function: FunctionName; readonly forMs: number }
  /** Every call of the table fails for a while. */
  | { readonly kind: 'outage'; readonly table: SimulatedTable; readonly forMs: number }
  /** If a call has several conditional writes, only the first is done: the answer succeeds and says that the others were refused. */
  | { readonly kind: 'throttling'; readonly table: SimulatedTable; readonly forMs: number }
  /**
   * A source's item is put back to what it was so many writes before, or erased where there were no more. Untold: its change stream does
   * not say so, as where a table was restored to another one. `replayed`: the stream is read again from its beginning after that.
   */
  | {
      readonly kind: 'restore';
      readonly source: string;
      readonly writes: number;
      readonly untold?: true;
      readonly replayed?: true;
    }
  /**
   * Everything is stopped, and tables are restored from a backup to what they were so long ago: nothing tells of it. `replayed`: the stream is
   * read again from its beginning after that.
   */
  | {
      readonly kind: 'restore-tables';
      readonly tables: 'sources' | 'all';
      readonly backMs: number;
      readonly replayed?: true;
    }
  /** Changes of sources are told to nobody for a while, as where the change stream is not read for longer than it keeps them. */
  | { readonly kind: 'lose-changes'; readonly forMs: number }
  /** Somebody makes what is downstream anew; `stops`: and ends it after so many moments. */
  | { readonly kind: 'rebuild-downstream'; readonly stops?: number }
  /** An item that is no source's state comes into the sources table and goes. */
  | { readonly kind: 'stranger' }
);

/** When in a call of a table something goes wrong: before anything is done, with half of it done, or all. */
export type Moment = 'before' | 'during' | 'after';

/** What becomes of one conditional write in a batch of them; `own`: refused by its own first try. */
export type StatementFate = 'fine' | 'throttled' | 'answer-lost' | 'own' | 'stale';

/** Invocations, calls within them, reads and saves are counted from 1. */
export type Fault =
  | (OfInvocation & {
      readonly kind: 'throttled' | 'service-error' | 'crash-at-start' | 'answer-lost';
    })
  /** It succeeds, and is delivered again. */
  | (OfInvocation & { readonly kind: 'redelivered'; readonly afterMs: number })
  /** It has no time left from this question on. */
  | (OfInvocation & { readonly kind: 'out-of-time'; readonly asked: number })
  | (OfCall & { readonly kind: 'crash' | 'unavailable'; readonly when: Moment })
  | (OfCall & { readonly kind: 'hang'; readonly when: 'before' | 'after'; readonly ms: number })
  | (OfCall & { readonly kind: 'statements'; readonly fates: readonly StatementFate[] })
  | {
      readonly kind: 'read';
      readonly stream: StreamName;
      readonly read: number;
      readonly answer: 'unavailable' | 'iterator-expired' | 'throws';
    }
  | { readonly kind: 'checkpoint'; readonly reader: StreamReader; readonly save: number };

interface OfInvocation {
  readonly function: FunctionName;
  readonly invocation: number;
}

interface OfCall extends OfInvocation {
  readonly call: number;
}
