// Where the states of alerts are kept: one item an alert and what it watches. Its change stream carries the transitions.
import { createHash } from 'node:crypto';
import { decodeAlertState, encodeAlertState } from '../core/alerts/alert-encoding.ts';
import type { AlertState } from '../core/alerts/alert-state.ts';
import { bucketOf } from '../core/spread.ts';
import { ALERTS_TABLE, CHECKING_BUCKETS } from '../platform/names.ts';
import type { Item, Table } from './table.ts';
import { bytes, bytesOf, number, numberOf, text, textOf } from './table.ts';

export interface AlertKey {
  readonly rule: string;
  /** What the rule watches: a source's or a rollup's. */
  readonly series: string;
}

export interface StoredAlert extends AlertKey {
  readonly version: number;
  readonly state: AlertState;
  readonly checkAtMs: number | undefined;
}

export interface AlertWrite extends AlertKey {
  /** The version loaded; undefined for an alert not there. */
  readonly expectedVersion: number | undefined;
  readonly state: AlertState;
  /** When the clock is to look at it; undefined for what windows drive. */
  readonly checkAtMs: number | undefined;
}

export type AlertOutcome =
  | { readonly kind: 'committed'; readonly version: number }
  /** Somebody else wrote: load it again. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed'; readonly reason: string };

export class Alerts {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** The stored ones, by `alertId`. Consistent. */
  async load(keys: readonly AlertKey[]): Promise<ReadonlyMap<string, StoredAlert>> {
    return await this.loadById(keys.map(alertId));
  }

  async loadById(ids: readonly string[]): Promise<ReadonlyMap<string, StoredAlert>> {
    const items = await this.#table.getMany(ids.map((id) => ({ [ALERTS_TABLE.partitionKey]: text(id) })));
    return new Map(items.map(fromItem).map((alert) => [alertId(alert), alert]));
  }

  /** One outcome a write, in order. At most one write an alert. */
  async commit(writes: readonly AlertWrite[]): Promise<readonly AlertOutcome[]> {
    const outcomes = await this.#table.commit(
      writes.map((write) => {
        const { rule, series, expectedVersion, state, checkAtMs } = write;
        return {
          key: { [ALERTS_TABLE.partitionKey]: text(alertId(write)) },
          expectedVersion,
          version: (expectedVersion ?? 0) + 1,
          attributes: {
            [ALERTS_TABLE.state]: bytes(encodeAlertState(state)),
            [ALERTS_TABLE.checkAt]: checkAtMs === undefined ? undefined : number(checkAtMs),
            ...(expectedVersion === undefined
              ? {
                  [ALERTS_TABLE.rule]: text(rule),
                  [ALERTS_TABLE.series]: text(series),
                  [ALERTS_TABLE.checkingBucket]: number(bucketOf(alertId(write), CHECKING_BUCKETS)),
                }
              : {}),
          },
        };
      }),
    );
    return outcomes.map((outcome, at): AlertOutcome => {
      if (outcome.kind !== 'committed') return outcome.kind === 'failed' ? outcome : { kind: 'refused' };
      return { kind: 'committed', version: (writes[at]?.expectedVersion ?? 0) + 1 };
    });
  }

  /** Ids of the alerts that the clock is to look at, the longest due first within each bucket. */
  async *dueForChecking(nowMs: number): AsyncIterable<string> {
    for (let bucket = 0; bucket < CHECKING_BUCKETS; bucket += 1) {
      const due = this.#table.query({
        index: ALERTS_TABLE.checkingIndex,
        partition: { name: ALERTS_TABLE.checkingBucket, value: number(bucket) },
        sort: { name: ALERTS_TABLE.checkAt, from: number(0), to: number(nowMs) },
      });
      for await (const item of due) {
        const id = textOf(item, ALERTS_TABLE.partitionKey);
        if (id !== undefined) yield id;
      }
    }
  }

  /** A piece of a walk over all alerts, in no order of meaning: see `Table.scanPage`. */
  async page({
    limit,
    after,
  }: {
    readonly limit: number;
    /** The `alertId` a page before ended with. */
    readonly after: string | undefined;
  }): Promise<{ readonly alerts: readonly StoredAlert[]; readonly next: string | undefined }> {
    const { items, next } = await this.#table.scanPage({
      limit,
      after: after === undefined ? undefined : { [ALERTS_TABLE.partitionKey]: text(after) },
    });
    return {
      alerts: items.map(fromItem),
      next: next === undefined ? undefined : textOf(next, ALERTS_TABLE.partitionKey),
    };
  }

  /** Every alert that has a state, in no order. */
  async *scan(): AsyncIterable<StoredAlert> {
    for await (const item of this.#table.scan()) yield fromItem(item);
  }
}

/** A key attribute holds 2,048 bytes; longer series stand under their hash. */
const MAX_SERIES_BYTES = 1_024;

/** Names an alert and what it watches. Rule names have no `|`. */
export function alertId({ rule, series }: AlertKey): string {
  if (Buffer.byteLength(series) <= MAX_SERIES_BYTES) return `${rule}|${series}`;
  return `${rule}|sha256|${createHash('sha256').update(series).digest('hex')}`;
}

function fromItem(item: Item): StoredAlert {
  const rule = textOf(item, ALERTS_TABLE.rule);
  const series = textOf(item, ALERTS_TABLE.series);
  const version = numberOf(item, ALERTS_TABLE.version);
  const state = bytesOf(item, ALERTS_TABLE.state);
  if (rule === undefined || series === undefined || version === undefined || state === undefined) {
    throw new Error(
      `alerts table: found an item with ${Object.keys(item).join(', ')}, expected rule, series, version and state`,
    );
  }
  const checkAtMs = numberOf(item, ALERTS_TABLE.checkAt);
  return { rule, series, version, state: decodeAlertState(`${rule} on ${series}`, state), checkAtMs };
}
