// Which alerts have changed in the last minutes, as the live consumer has seen it: read consistently, where the index of
// alerts may be a moment behind. So a snapshot holds whatever was told before its subscription was there to hear it.
import { bucketOf } from '../core/spread.ts';
import { LIVE_TABLE, TTL_ATTRIBUTE } from '../platform/names.ts';
import { keyText } from './key-text.ts';
import type { Table } from './table.ts';
import { number, text, textOf } from './table.ts';

/** Far longer than the index is ever behind. */
const RECENT_MS = 300_000;
/** An alert is noted once in each. */
const SLOT_MS = 60_000;
const BUCKETS = 8;

export class RecentAlerts {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** By `alertId`. Repeating it is safe. */
  async note(ids: Iterable<string>, nowMs: number): Promise<void> {
    await this.#table.putMany(
      [...new Set(ids)].map((id) => ({
        [LIVE_TABLE.partitionKey]: text(partition(bucketOf(id, BUCKETS))),
        [LIVE_TABLE.sortKey]: text(`${slotText(nowMs)}|${keyText(id)}`),
        alert: text(id),
        [TTL_ATTRIBUTE]: number(Math.ceil((nowMs + RECENT_MS + SLOT_MS) / 1_000)),
      })),
    );
  }

  /** One may come more than once. */
  async *list(nowMs: number): AsyncIterable<string> {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const items = this.#table.query({
        partition: { name: LIVE_TABLE.partitionKey, value: text(partition(bucket)) },
        sort: {
          name: LIVE_TABLE.sortKey,
          from: text(slotText(nowMs - RECENT_MS)),
          to: text('\u{10ffff}'),
        },
      });
      for await (const item of items) {
        const id = textOf(item, 'alert');
        if (id !== undefined) yield id;
      }
    }
  }
}

function partition(bucket: number): string {
  return `recent-alerts|${bucket}`;
}

function slotText(ms: number): string {
  return String(Math.max(0, Math.floor(ms / SLOT_MS))).padStart(12, '0');
}
