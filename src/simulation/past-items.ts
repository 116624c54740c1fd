// What the items of each source have been, so that they can be put back: its state, and the pages of ids that stand beside it.
import { SOURCES_TABLE } from '../platform/names.ts';
import type { TableChange } from '../stores/memory-table.ts';
import { bytesOf, type Item, textOf } from '../stores/table.ts';

interface PastItem {
  readonly at: number;
  readonly key: Item;
  readonly image: Item | undefined;
}

export class PastItems {
  readonly #bySource = new Map<string, PastItem[]>();
  #changes = 0;

  note({ keys, newImage }: TableChange): void {
    const source = sourceOf(keys);
    this.#changes += 1;
    const known = this.#bySource.get(source) ?? [];
    known.push({ at: this.#changes, key: keys, image: newImage });
    this.#bySource.set(source, known);
  }

  /** What stood there so many writes of its state ago, by key; an image is undefined where there was none. */
  before(source: string, writes: number): readonly Omit<PastItem, 'at'>[] {
    const all = this.#bySource.get(source) ?? [];
    const states = all.filter(
      ({ image }) => image !== undefined && bytesOf(image, SOURCES_TABLE.state) !== undefined,
    );
    const until = states.at(-1 - writes)?.at ?? 0;
    const byKey = Map.groupBy(all, ({ key }) => textOf(key, SOURCES_TABLE.partitionKey));
    return [...byKey.values()].flatMap((images) => {
      const [first] = images;
      return first === undefined
        ? []
        : [{ key: first.key, image: images.findLast(({ at }) => at <= until)?.image }];
    });
  }
}

function sourceOf(keys: Item): string {
  // A page has its source before the mark; no source has a mark in its name.
  const [source = ''] = (textOf(keys, SOURCES_TABLE.partitionKey) ?? '').split(PAGE_MARK);
  return source;
}

const PAGE_MARK = String.fromCharCode(1);
