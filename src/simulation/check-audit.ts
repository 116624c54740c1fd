// Whatever moment the audit finds the system at, it names what was given up, where it was, and nothing else.

import { type Difference, placeInWords } from '../core/audit/difference.ts';
import type { ShardId } from '../core/brands.ts';
import { hourIndex, hourName } from '../core/hour-counts.ts';
import type { DiscardedBatch } from '../event-source/ports.ts';
import type { AuditProgress } from '../stores/audit/audit-progress.ts';
import { hold } from './violation.ts';

export const LAW_OF_AUDIT = 'where nothing is wrong the audit finds no difference';

export class AuditCheck {
  /** By shard and hour, how many records the mapping has given up. */
  readonly #givenUp = new Map<string, number>();

  discarded({ shard, records }: Pick<DiscardedBatch, 'shard' | 'records'>): void {
    for (const { arrivalMs } of records) {
      const place = placeOf(shard, hourName(hourIndex(arrivalMs)));
      this.#givenUp.set(place, (this.#givenUp.get(place) ?? 0) + 1);
    }
  }

  /** `poisoned`: sources whose states could not be read for a while. */
  audited(progress: AuditProgress | undefined, poisoned: ReadonlySet<string>): void {
    const found = [...(progress?.differences ?? []), ...(progress?.last?.differences ?? [])];
    const isKnown = (each: Difference) => this.#isGivenUp(each) || isOfPoison(each, poisoned);
    const first = found.find((each) => !isKnown(each));
    hold(LAW_OF_AUDIT, first === undefined, () =>
      first === undefined ? '' : `${first.kind} at ${placeInWords(first.where)}: ${first.detail}`,
    );
  }

  /** Everything has been put back. */
  putBack(): void {
    this.#givenUp.clear();
  }

  /** Some may have been handled before: their answers were lost. */
  #isGivenUp({ kind, where: { shard, hour }, found, expected }: Difference): boolean {
    if (kind !== 'records-not-folded' || shard === undefined || hour === undefined) return false;
    return expected - found <= (this.#givenUp.get(placeOf(shard, hour)) ?? 0);
  }
}

function isOfPoison({ kind, where: { source = '' } }: Difference, poisoned: ReadonlySet<string>): boolean {
  return kind === 'unreadable' && poisoned.has(source);
}

function placeOf(shard: ShardId, hour: string): string {
  return `${shard} ${hour}`;
}
