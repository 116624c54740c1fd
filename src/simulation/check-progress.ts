// What is noted of a shard as handled has been: silence and the audit rest on it.

import { READERS_TABLE } from '../platform/names.ts';
import type { TableChange } from '../stores/memory-table.ts';
import { textOf } from '../stores/table.ts';
import type { RepairsCheck } from './check-repairs.ts';
import type { SourcesCheck } from './check-sources.ts';
import { hold } from './violation.ts';

const LAW_OF_HANDLING =
  'a record is noted as handled once its events are folded in or set aside, and not before';

export class ProgressCheck {
  readonly #sources: SourcesCheck;
  readonly #repairs: RepairsCheck;

  constructor(sources: SourcesCheck, repairs: RepairsCheck) {
    this.#sources = sources;
    this.#repairs = repairs;
  }

  /** A change of the table in which readers note how far they have come. */
  changed({ keys, newImage }: TableChange): void {
    const isOfShard = textOf(keys, READERS_TABLE.partitionKey)?.startsWith('progress|') === true;
    const shard = textOf(keys, READERS_TABLE.sortKey);
    const readTo = textOf(newImage ?? {}, 'readTo');
    if (!isOfShard || shard === undefined || readTo === undefined) return;
    for (const source of this.#sources.known()) {
      if (this.#sources.uncertain.has(source) || this.#repairs.wereHeld.has(source)) continue;
      const left = this.#sources
        .unread(source)
        .find((each) => each.shard === shard && !isBehind(each.sequence, readTo));
      hold(
        LAW_OF_HANDLING,
        left === undefined,
        () =>
          `${source}: the event at ${left?.place} is not folded in, but ${shard} is noted as handled up to ${readTo}`,
      );
    }
  }
}

/** Decimal numbers of any length. */
function isBehind(sequence: string, readTo: string): boolean {
  return BigInt(sequence) > BigInt(readTo);
}
