// Messages on their way out: an item each, by id, so that telling one again is telling it once. The table's change stream carries
// them to who sends them on; what has been sent is of no use after a day.
import { OUTLET_TABLE, TTL_ATTRIBUTE } from '../platform/names.ts';
import { keyText } from './key-text.ts';
import type { Table } from './table.ts';
import { number, text } from './table.ts';

export interface OutgoingMessage {
  readonly id: string;
  /** Messages with the same key are sent in order. */
  readonly key: string;
  readonly body: object;
}

/** As long as the change stream keeps its records. */
const KEPT_MS = 86_400_000;

export class OutletMessages {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Rejects unless all are stored; storing some of them again is harmless, also in one call. */
  async put(messages: readonly OutgoingMessage[], nowMs: number): Promise<void> {
    if (messages.length === 0) return;
    const expiresAt = number(Math.ceil((nowMs + KEPT_MS) / 1_000));
    const items = new Map(
      messages.map(({ id, key, body }) => [
        id,
        {
          [OUTLET_TABLE.partitionKey]: text(keyText(id)),
          [OUTLET_TABLE.key]: text(key),
          [OUTLET_TABLE.body]: text(JSON.stringify(body)),
          [TTL_ATTRIBUTE]: expiresAt,
        },
      ]),
    );
    await this.#table.putMany([...items.values()]);
  }
}
