// How far the audit has come, and what it has found: one item, written after each run, so that the next one goes on from there.
import type { Difference } from '../../core/audit/difference.ts';
import type { EpochMs } from '../../core/brands.ts';
import type { WindowBounds } from '../../core/window-spec.ts';
import { READERS_TABLE } from '../../platform/names.ts';
import { StoreError } from '../store-error.ts';
import type { Item, Table } from '../table.ts';
import { numberOf, text, textOf } from '../table.ts';
import type { StreamPlace } from './look-at-streams.ts';

export interface AuditProgress {
  /** From 1. */
  readonly pass: number;
  readonly startedMs: EpochMs;
  readonly phase: 'streams' | 'sources' | 'rollups' | 'waiting' | 'done';
  /** The shard that was looked at last. */
  readonly afterShard?: StreamPlace | undefined;
  /** The source that the walk over all of them came to last. */
  readonly after?: string | undefined;
  /** Rollup windows that begin before it are still to be looked at. */
  readonly startsBeforeMs?: EpochMs | undefined;
  readonly startsLeft: number;
  readonly compared: Compared;
  /** undefined as releases before left it. */
  readonly ids?: CountedIds | undefined;
  /** The first ones, in the order they were found. */
  readonly differences: readonly Difference[];
  /** All of them. */
  readonly found: number;
  /** What looks missing, and may be on its way. */
  readonly suspects: readonly Suspect[];
  /** By aggregation: how long its windows have been kept, the latest first. */
  readonly retentions: Readonly<Record<string, readonly KeptFor[]>>;
  /** The pass before, which ended. */
  readonly last?: PassReport | undefined;
}

export interface Compared {
  readonly sources: number;
  readonly windows: number;
  readonly letters: number;
  readonly rollupWindows: number;
  /** Undefined: nobody else counts what the stream carries. */
  readonly shards?: number | undefined;
}

/** Sources whose ids count, and what their counters have left out. That is no difference: a device may do so on its own account. */
export interface CountedIds {
  readonly counters: number;
  /** Those of them with gaps. */
  readonly withGaps: number;
  /** Numbers left out, of all sources. */
  readonly missing: number;
  readonly first?: FirstGap;
}

export interface FirstGap {
  readonly source: string;
  /** Its first gap, both numbers included. */
  readonly from: number;
  readonly to: number;
  /** Numbers that the source has left out. */
  readonly missing: number;
  /** Events of it that were late or quarantined, ever: they may be among those numbers. */
  readonly notApplied: number;
}

export interface PassReport {
  readonly pass: number;
  readonly startedMs: EpochMs;
  readonly finishedMs: EpochMs;
  readonly compared: Compared;
  readonly ids?: CountedIds | undefined;
  readonly found: number;
  readonly differences: readonly Difference[];
}

export interface KeptFor {
  /** null: for ever. */
  readonly retentionMs: number | null;
  /** As long as windows that ended by then are asked for. */
  readonly untilMs: EpochMs;
}

export type Suspect = {
  readonly difference: Difference;
  readonly sinceMs: EpochMs;
} & (
  | (WithFence & {
      readonly what: 'window';
      readonly chain: number;
      readonly number: number;
      readonly bounds: WindowBounds;
    })
  | (WithFence & { readonly what: 'letter' })
  /** Found by an index, which may be behind: it is looked at once more. */
  | { readonly what: 'rollup'; readonly startMs: EpochMs }
);

interface WithFence {
  readonly source: string;
  /** What it is called; undefined: it is still to be put up. */
  readonly fence?: string | undefined;
}

export const NOTHING_COMPARED: Compared = { sources: 0, windows: 0, letters: 0, rollupWindows: 0 };

export const NO_IDS: CountedIds = { counters: 0, withGaps: 0, missing: 0 };

export interface StoredProgress {
  readonly progress: AuditProgress | undefined;
  readonly version: number | undefined;
}

export class AuditStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Consistent. */
  async load(): Promise<StoredProgress> {
    const [item] = await this.#table.getMany([KEY]);
    if (item === undefined) return { progress: undefined, version: undefined };
    // its own JSON, written by `save`
    const progress = JSON.parse(textOf(item, 'progress') ?? 'null') as AuditProgress | null;
    return { progress: progress ?? undefined, version: numberOf(item, 'version') };
  }

  /** False where another run has written meanwhile: its progress stands. @throws StoreError where it could not be written */
  async save(progress: AuditProgress, loaded: number | undefined): Promise<boolean> {
    const [outcome] = await this.#table.commit([
      {
        key: KEY,
        expectedVersion: loaded,
        version: (loaded ?? 0) + 1,
        attributes: { progress: text(JSON.stringify(progress)) },
      },
    ]);
    if (outcome?.kind === 'committed') return true;
    if (outcome?.kind === 'refused') return false;
    const message = `how far the audit has come could not be noted: ${outcome?.reason ?? 'the store gave no outcome'}`;
    throw new StoreError('table-unavailable', message, { retryable: true });
  }
}

const KEY: Item = {
  [READERS_TABLE.partitionKey]: text('audit'),
  [READERS_TABLE.sortKey]: text('progress'),
};
