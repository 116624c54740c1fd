// What operators mend: sources that were held end as if they had never been, and what was given up and put back counts once. What is written
// on the way there is passed over by the other laws.

import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { parseSourceSeries } from '../core/series.ts';
import { DEAD_LETTERS_TABLE, SOURCES_TABLE } from '../platform/names.ts';
import { isHeld } from '../stores/held-events.ts';
import type { LetterCounts } from '../stores/letter-counts.ts';
import type { TableChange } from '../stores/memory-table.ts';
import type { StoredLedger } from '../stores/read-ledger.ts';
import { numberOf, textOf } from '../stores/table.ts';
import type { ExpectedStream } from './expected-stream.ts';
import { isSpoilt } from './poisoned-sources.ts';
import type { StoredView } from './read-state.ts';
import { takes } from './reference-model.ts';
import type { SimulatedTable } from './simulated-tables.ts';
import { hold, holdSame } from './violation.ts';

export const LAW_OF_HOLDING =
  'what is set aside for a source that is held is folded in once the source is mended';
export const LAW_OF_REDRIVING = 'what was given up and is put back counts once, however often it is put back';

export class RepairsCheck {
  wasUnreadable = false;
  readonly #stream: ExpectedStream;
  /** Sources that are held, or were: their events are set aside meanwhile. */
  readonly wereHeld = new Set<string>();
  /** Sources that are held. */
  readonly #held = new Set<string>();

  readonly #pipelines: readonly Pipeline[];

  constructor(stream: ExpectedStream, pipelines: readonly Pipeline[]) {
    this.#stream = stream;
    this.#pipelines = pipelines;
  }

  /** Whether a change is one of somebody's repairs, and none that the other laws know. */
  passesOver(table: SimulatedTable, change: TableChange): boolean {
    if (table === 'sources') return this.#isOfPoison(change);
    return table === 'deadLetters' && this.#isOfRepair(change);
  }

  #isOfPoison({ keys, oldImage, newImage }: TableChange): boolean {
    const source = textOf(keys, SOURCES_TABLE.partitionKey) ?? '';
    const isHeldNow = newImage !== undefined && textOf(newImage, SOURCES_TABLE.heldFor) !== undefined;
    if (isHeldNow || isSpoilt(newImage)) this.wereHeld.add(source);
    if (isHeldNow) this.#held.add(source);
    else this.#held.delete(source);
    this.wasUnreadable ||= isSpoilt(newImage);
    if (isSpoilt(oldImage) || isSpoilt(newImage)) return true;
    // Marks, and the end of them: each is a new version, and no new state.
    const versions = [oldImage, newImage].map((image) => numberOf(image ?? {}, SOURCES_TABLE.version) ?? 0);
    const isMark = [oldImage, newImage].some((image) =>
      MARKS.some((name) => textOf(image ?? {}, name) !== undefined),
    );
    const states = [oldImage, newImage].map((image) => JSON.stringify(image?.[SOURCES_TABLE.state] ?? null));
    return isMark && states[0] === states[1] && versions[0] !== versions[1];
  }

  #isOfRepair({ keys, newImage }: TableChange): boolean {
    if (isHeld(keys)) return true;
    if (newImage === undefined) return false;
    const reason = textOf(newImage, 'reason');
    // Spoilt states are passed over downstream, and told.
    if (reason === 'given-up' || reason === 'change-unreadable') return true;
    return textOf(keys, DEAD_LETTERS_TABLE.sortKey)?.includes('~fate') === true;
  }

  /** Everything was put back, and then the whole stream read once more. */
  readAgain(before: StoredLedger, after: StoredLedger): void {
    const again = after.applied - before.applied;
    const most = this.#forgettable();
    hold(LAW_OF_REDRIVING, 0 <= again && again <= most, () => {
      return `events applied once all was read again: found ${after.applied}, expected ${before.applied}, or up to ${most} more`;
    });
  }

  /** Events without an id that are in no window: one that is put back is known by its place no longer than an id would be. */
  #forgettable(): number {
    const events = [...this.#stream.bySource.values()].flat();
    return events.filter(
      ({ event }) =>
        event.id === undefined &&
        this.#pipelines.some(({ aggregations }) => !aggregations.some((one) => takes(one, event))),
    ).length;
  }

  /** Everything was mended, resumed and put back. `stored`: what stands in the windows table. */
  atEnd(
    ledger: StoredLedger,
    letters: LetterCounts,
    stored: Iterable<Pick<StoredView, 'series' | 'start' | 'end' | 'events'>>,
  ): void {
    holdSame(LAW_OF_HOLDING, 'sources that are held', [...this.#held], []);
    holdSame(LAW_OF_HOLDING, 'events set aside', ledger.held, 0);
    holdSame(LAW_OF_HOLDING, 'sources that cannot be read', ledger.unreadableSources, 0);
    const put = this.#stream.events;
    const { givenUp, redriven } = letters;
    for (const [kind, count] of Object.entries(letters))
      hold(
        LAW_OF_REDRIVING,
        count >= 0,
        () => `found ${count} letters that are ${kind}, expected none or more`,
      );
    // Events that were folded in before their batch was given up are received once more, as duplicates or late.
    hold(LAW_OF_REDRIVING, ledger.received <= put + redriven, () => {
      return `received ${ledger.received}, of ${put} events put and ${redriven} put back`;
    });
    hold(LAW_OF_REDRIVING, ledger.received + givenUp >= put, () => {
      return `received ${ledger.received} and ${givenUp} given up, of ${put} events put`;
    });
    for (const window of stored) this.#holdEvents(window);
  }

  #holdEvents({ series, start, end, events }: Pick<StoredView, 'series' | 'start' | 'end' | 'events'>): void {
    const source = parseSourceSeries(series)?.source;
    if (source === undefined) return;
    const all = this.#stream.bySource.get(source) ?? [];
    const most = all.filter(({ event: { time } }) => start <= time && time < end).length;
    hold(LAW_OF_REDRIVING, events <= most, () => `${series} ${start}: found ${events} events, put ${most}`);
  }
}

/** That a source is held, and which letters its latest write has put back. */
const MARKS = [SOURCES_TABLE.heldFor, SOURCES_TABLE.redriven] as const;
