// Where the states of alerts are kept: one item an alert and what it watches. Its change stream carries the transitions.
import { createHash } from 'node:crypto';
import { decodeAlertState, encodeAlertState } from '../core/alerts/alert-encoding.ts';
import type { AlertState } from '../core/alerts/alert-state.ts';
import { bucketOf } from '../core/spread.ts';
import { ALERTS_TABLE, CHECKING_BUCKETS, STANDING_BUCKETS } from '../platform/names.ts';
import { commitFitting } from './commit-fitting.ts';
import { dueItems } from './due-items.ts';
import { mergeSorted } from './merge-sorted.ts';
import type { Attribute, Item, Table } from './table.ts';
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
  | { readonly kind: 'failed'; readonly reason: string; readonly tooLarge?: true };

/** `active`: pending or firing. */
export type Standing = 'active' | 'resolved';

export interface StandingAlert {
  /** Its `alertId`. */
  readonly id: string;
  readonly place: string;
}

export class Alerts {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** The stored ones, by `alertId`. Consistent. */
  async load(keys: readonly AlertKey[]): Promise<ReadonlyMap<string, StoredAlert>> {
    return await this.loadById(keys.map(alertId));
  }

  /** The same; those that cannot be read are left out. */
  async loadById(ids: readonly string[]): Promise<ReadonlyMap<string, StoredAlert>> {
    return (await this.loadEach(ids)).alerts;
  }

  /** The stored ones by `alertId`, and why others cannot be read. Consistent. */
  async loadEach(ids: readonly string[]): Promise<{
    readonly alerts: ReadonlyMap<string, StoredAlert>;
    readonly unreadable: ReadonlyMap<string, string>;
  }> {
    const items = await this.#table.getMany(ids.map((id) => ({ [ALERTS_TABLE.partitionKey]: text(id) })));
    const alerts = new Map<string, StoredAlert>();
    const unreadable = new Map<string, string>();
    for (const item of items) {
      try {
        const alert = fromItem(item);
        alerts.set(alertId(alert), alert);
      } catch (error) {
        unreadable.set(textOf(item, ALERTS_TABLE.partitionKey) ?? '', String(error));
      }
    }
    return { alerts, unreadable };
  }

  /** One outcome a write, in order. At most one write an alert. */
  async commit(writes: readonly AlertWrite[]): Promise<readonly AlertOutcome[]> {
    const outcomes = await commitFitting(
      this.#table,
      writes.map((write) => {
        const { rule, series, expectedVersion, state, checkAtMs } = write;
        return {
          key: { [ALERTS_TABLE.partitionKey]: text(alertId(write)) },
          expectedVersion,
          version: (expectedVersion ?? 0) + 1,
          attributes: {
            [ALERTS_TABLE.state]: bytes(encodeAlertState(state)),
            [ALERTS_TABLE.checkAt]: checkAtMs === undefined ? undefined : number(checkAtMs),
            ...standingOf(write),
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

  /** Ids of the alerts that the clock is to look at, the longest due first. */
  dueForChecking(nowMs: number): AsyncIterable<string> {
    const { checkingIndex: index, checkingBucket: bucket, checkAt: time, partitionKey: key } = ALERTS_TABLE;
    return dueItems(this.#table, { index, bucket, buckets: CHECKING_BUCKETS, time, key }, nowMs);
  }

  /**
   * Ids of the alerts that are not well, as the index has them: it may be a moment behind. What is active comes by rule, each
   * in its place whether pending or firing; what has resolved comes by when, the latest first.
   */
  async *standing(
    standing: Standing,
    {
      rule,
      after,
      readAhead,
    }: {
      /** Only those of this rule among the active ones. */
      readonly rule?: string | undefined;
      /** The place of an entry before. */
      readonly after?: string | undefined;
      /** About how many will be taken. */
      readonly readAhead: number;
    },
  ): AsyncIterable<StandingAlert> {
    const descending = standing === 'resolved';
    const first = rule === undefined || descending ? '' : `${rule}|`;
    const bounds = descending
      ? { from: ' ', to: after ?? LAST_TEXT }
      : { from: after ?? (first === '' ? ' ' : first), to: `${first}${LAST_TEXT}` };
    const buckets = Array.from({ length: STANDING_BUCKETS }, (_, bucket) =>
      this.#table.query({
        index: ALERTS_TABLE.standingIndex,
        partition: { name: ALERTS_TABLE.standing, value: text(`${standing}|${bucket}`) },
        sort: { name: ALERTS_TABLE.standingPlace, from: text(bounds.from), to: text(bounds.to) },
        descending,
        readAhead: Math.ceil((2 * readAhead) / STANDING_BUCKETS) + 1,
      }),
    );
    const placeOf = (item: Item) => textOf(item, ALERTS_TABLE.standingPlace) ?? '';
    const isBefore = (a: Item, b: Item) => (descending ? placeOf(a) > placeOf(b) : placeOf(a) < placeOf(b));
    for await (const item of mergeSorted(buckets, isBefore)) {
      const id = textOf(item, ALERTS_TABLE.partitionKey);
      const place = placeOf(item);
      if (id !== undefined && place !== after) yield { id, place };
    }
  }

  /** Every alert that has a state, in no order. */
  async *scan(): AsyncIterable<StoredAlert> {
    for await (const item of this.#table.scan()) {
      if (textOf(item, ALERTS_TABLE.partitionKey)?.startsWith(WALK_PREFIX) !== true) yield fromItem(item);
    }
  }

  /** How far the walk over all sources, or over all series of rollups, has come; undefined before the first. Consistent. */
  async loadWalk(over: WalkedOver = 'sources'): Promise<Walk | undefined> {
    const [item] = await this.#table.getMany([{ [ALERTS_TABLE.partitionKey]: text(WALK_KEYS[over]) }]);
    if (item === undefined) return undefined;
    return {
      of: textOf(item, 'of') ?? '',
      after: textOf(item, 'after'),
      isOver: numberOf(item, 'isOver') === 1,
      version: numberOf(item, ALERTS_TABLE.version),
    };
  }

  /** Its new version; undefined where it was not written, or somebody else wrote. */
  async commitWalk(
    { of, after, isOver, version }: Walk,
    over: WalkedOver = 'sources',
  ): Promise<number | undefined> {
    const next = (version ?? 0) + 1;
    const [outcome] = await this.#table.commit([
      {
        key: { [ALERTS_TABLE.partitionKey]: text(WALK_KEYS[over]) },
        expectedVersion: version,
        version: next,
        attributes: {
          of: text(of),
          after: after === undefined ? undefined : text(after),
          isOver: number(isOver ? 1 : 0),
        },
      },
    ]);
    return outcome?.kind === 'committed' ? next : undefined;
  }
}

/** A walk over all that there is, for the rules on silence. */
export interface Walk {
  /** The rules it is for, as text: other rules start a new walk. */
  readonly of: string;
  /** The source, or series, it has come to; undefined at its beginning, and at its end. */
  readonly after: string | undefined;
  readonly isOver: boolean;
  /** The version loaded; undefined where there has been none. */
  readonly version: number | undefined;
}

/** No alert has it: rule names have no control characters. Who reads the change stream passes over what has no state. */
const WALK_PREFIX = '\u0001walk';
const WALK_KEYS = { sources: '\u0001walk', series: '\u0001walk-series' } as const;
type WalkedOver = keyof typeof WALK_KEYS;

/** A key attribute holds 2,048 bytes; longer series stand under their hash. */
const MAX_SERIES_BYTES = 1_024;

/** Names an alert and what it watches. Rule names have no `|`. */
export function alertId({ rule, series }: AlertKey): string {
  if (Buffer.byteLength(series) <= MAX_SERIES_BYTES) return `${rule}|${series}`;
  return `${rule}|sha256|${createHash('sha256').update(series).digest('hex')}`;
}

/**
 * Where it stands in the index. What is active is little and asked for by rule. What has resolved stays until it fires again,
 * and is asked for by when. Neither moves but with a transition, so that other writes cost the index nothing.
 */
function standingOf(write: AlertWrite): Readonly<Record<string, Attribute | undefined>> {
  const { status, transitions } = write.state;
  const id = alertId(write);
  const hash = createHash('sha256').update(id).digest('base64url').slice(0, 22);
  const standing = (name: Standing, place: string) => ({
    [ALERTS_TABLE.standing]: text(`${name}|${bucketOf(id, STANDING_BUCKETS)}`),
    [ALERTS_TABLE.standingPlace]: text(`${place}|${hash}`),
  });
  switch (status) {
    case 'ok':
      return { [ALERTS_TABLE.standing]: undefined, [ALERTS_TABLE.standingPlace]: undefined };
    case 'pending':
    case 'firing':
      return standing('active', write.rule);
    case 'resolved':
      return standing('resolved', String(transitions.at(-1)?.window.end ?? 0).padStart(TIME_DIGITS, '0'));
  }
}

/** Event time is a whole number of ms that a Date has. */
const TIME_DIGITS = 16;
/** Beyond all places. */
const LAST_TEXT = '\u{10ffff}';

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
