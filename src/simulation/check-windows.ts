// What stands in the windows table: closed windows as they closed, each written once in effect, and rollup windows
// that never hold more than was applied.
import { isDeepStrictEqual } from 'node:util';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { mergeParts } from '../core/rollup.ts';
import { parseRollupSeries, parseSourceSeries, rollupSeries } from '../core/series.ts';
import type { StoredWindow } from '../core/stored-window.ts';
import type { TableChange } from '../stores/memory-table.ts';
import { type Item, numberOf } from '../stores/table.ts';
import { isSpread, toPart } from '../stores/windows.ts';
import type { SourcesCheck } from './check-sources.ts';
import type { Arrival } from './expected-stream.ts';
import { type StoredView, viewWindow } from './read-state.ts';
import type { ReferenceEvent, ReferenceVerdict } from './reference-model.ts';
import { windowsHolding } from './reference-model.ts';
import { hold } from './violation.ts';

export const LAW_OF_STORED = 'a stored window is the one that closed, and never changes again';
export const LAW_OF_ROLLUPS = 'rollup windows are the applied events, grouped by tags';

export class WindowsCheck {
  /** By series and start, the applied events of each rollup window. */
  readonly applied = new Map<string, ReferenceEvent[]>();
  /** Closed source windows and rollup parts as they stand, by key. */
  readonly stored = new Map<string, StoredView>();
  readonly #images = new Map<string, StoredWindow>();
  /** Windows of which TTL has removed something, by `seriesKey`. */
  readonly expired = new Set<string>();
  readonly #pipeline: Pipeline;
  readonly #sources: SourcesCheck;

  readonly #hasDeploys: boolean;

  /** `hasDeploys`: what rollups are made of changes, and is looked at in the end. */
  constructor(pipeline: Pipeline, sources: SourcesCheck, hasDeploys: boolean) {
    this.#hasDeploys = hasDeploys;
    this.#pipeline = pipeline;
    this.#sources = sources;
  }

  /** An event has been folded in: what the rollups may hold from now on. */
  noteVerdict({ event }: Arrival, verdict: ReferenceVerdict): void {
    if (this.#hasDeploys) return;
    for (const { name, of, levels } of this.#pipeline.rollups) {
      const aggregation = this.#pipeline.aggregations.find((candidate) => candidate.name === of);
      if (aggregation === undefined || !verdict.appliedTo.includes(of)) continue;
      for (const tags of levels) {
        const values = tags.map((tag) => (Object.hasOwn(event.tags, tag) ? (event.tags[tag] ?? null) : null));
        for (const { start } of windowsHolding(aggregation, verdict)) {
          const key = seriesKey(rollupSeries(name, values), start);
          const events = this.applied.get(key) ?? [];
          this.applied.set(key, events);
          events.push(event);
        }
      }
    }
  }

  /** TTL is about to remove an item. */
  expires(item: Item): void {
    if (isSpread(item) || numberOf(item, 'version') === undefined) return;
    const { series, start } = toPart(item).window;
    this.expired.add(seriesKey(series, start));
  }

  changed({ eventName, oldImage, newImage }: TableChange): void {
    if (newImage === undefined) {
      // A table was restored to before the window.
      const gone = oldImage === undefined || isSpread(oldImage) ? '' : placeOf(toPart(oldImage).window);
      this.stored.delete(gone);
      this.#images.delete(gone);
      return;
    }
    if (isSpread(newImage)) return;
    const image = toPart(newImage).window;
    const window = viewWindow(image);
    const key = placeOf(image);
    const before = this.#images.get(key);
    this.stored.set(key, window);
    this.#images.set(key, image);
    const source = parseSourceSeries(window.series);
    // Only of which rollups have it may be known better, by who handles its change again.
    const isNew = eventName === 'INSERT' || (before !== undefined && isButToldOtherwise(before, image));
    if (source !== undefined) this.#checkClosed(window, source, isNew);
    else this.#checkRollup(window);
  }

  #checkClosed(
    window: StoredView,
    { aggregation, source }: { readonly aggregation: string; readonly source: string },
    isNew: boolean,
  ): void {
    if (this.#sources.restored.has(source)) return;
    const where = `${window.series} ${window.start}`;
    hold(LAW_OF_STORED, isNew, () => `${where}: changed after it had been stored`);
    if (this.#sources.uncertain.has(source)) return;
    const closed = this.#sources.sources
      .get(source)
      ?.reference.windows.find(
        (each) =>
          each.aggregation.name === aggregation &&
          each.start === window.start &&
          each.end === window.end &&
          each.partial?.untilMs === window.partial?.untilMs &&
          !each.isOpen,
      );
    hold(LAW_OF_STORED, closed !== undefined, () => `${where}: found it stored, expected it to be open`);
    this.#sources.holdContents(LAW_OF_STORED, where, window, closed);
    this.#sources.holdAggregates(source, where, window, closed);
  }

  #checkRollup({ series, start }: StoredView): void {
    hold(LAW_OF_ROLLUPS, parseRollupSeries(series) !== undefined, () => `${series}: no series is called so`);
    if (this.#sources.uncertain.size > 0 || this.#hasDeploys) return;
    const key = seriesKey(series, start);
    const events = this.parts(series, start).reduce((sum, part) => sum + part.events, 0);
    const most = this.applied.get(key)?.length ?? 0;
    hold(LAW_OF_ROLLUPS, events <= most, () => {
      return `${series} ${start}: found ${events} events, expected at most the ${most} applied so far`;
    });
  }

  parts(series: string, start: number): StoredView[] {
    const parts: StoredView[] = [];
    for (const window of this.stored.values()) {
      if (window.series === series && window.start === start) parts.push(window);
    }
    return parts;
  }

  /** Closed source windows and rollup parts, as stored. */
  get images(): readonly StoredWindow[] {
    return [...this.#images.values()];
  }

  /** Windows of rollups, each with its parts as one. */
  rollups(): readonly StoredWindow[] {
    const parts = [...this.#images.values()].filter(({ part }) => part !== undefined);
    const byWindow = Map.groupBy(parts, ({ series, start, end }) => `${seriesKey(series, start)} ${end}`);
    return [...byWindow.values()].flatMap((own) => mergeParts(own) ?? []);
  }

  /** As readers see the window: its parts as one. */
  merged(series: string, start: number, end?: number): StoredView | undefined {
    const window = this.whole(series, start, end);
    return window === undefined ? undefined : viewWindow(window);
  }

  /** The same with its revision. */
  whole(series: string, start: number, end?: number): StoredWindow | undefined {
    const images = [...this.#images.values()];
    const isOf = (each: StoredWindow) =>
      each.series === series && each.start === start && each.end === (end ?? each.end);
    return mergeParts(images.filter(isOf));
  }
}

function placeOf({ series, start, end, part, partial }: StoredWindow): string {
  const until = part === undefined ? (partial?.untilMs ?? '') : '';
  return `${seriesKey(series, start)} ${end} ${part ?? ''} ${until}`;
}

export function seriesKey(series: string, start: number): string {
  return JSON.stringify([series, start]);
}

function isButToldOtherwise(
  { told: _, ...before }: StoredWindow,
  { told: __, ...now }: StoredWindow,
): boolean {
  return isDeepStrictEqual(before, now);
}
