// What a reader of the stack sees of a source.
import { objectIn, type Place, type Reply, until } from './place.ts';

export interface Counts {
  readonly received: number;
  readonly applied: number;
  readonly duplicate: number;
  readonly late: number;
  readonly quarantined: number;
}

export interface SeenWindow {
  readonly aggregation: string;
  readonly events: number;
  readonly metrics: readonly { readonly name: string; readonly count: number; readonly sum: number }[];
}

export class Reader {
  readonly #place: Place;
  readonly token: string;

  private constructor(place: Place, token: string) {
    this.#place = place;
    this.token = token;
  }

  static async of(place: Place): Promise<Reader> {
    return new Reader(place, (await place.issue({ use: 'reader', subject: `verify-${place.run}` })).text);
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.#place.ask({ url: new URL(path, this.#place.apiUrl).href, token: this.token, headers });
  }

  /** The source's books once they say what is expected, or as they are when patience ends. */
  async countsOf(source: string, isThere: (counts: Counts) => boolean): Promise<Counts | undefined> {
    let last: Counts | undefined;
    await until(this.#place, async () => {
      const answer = await this.get(`v1/sources/${encodeURIComponent(source)}`);
      // Checked by the stack's own schema before it is sent.
      last = objectIn(answer)?.['counts'] as Counts | undefined;
      return last !== undefined && isThere(last) ? last : undefined;
    });
    return last;
  }

  /** Its windows in all aggregations. */
  async windowsOf(source: string): Promise<readonly SeenWindow[]> {
    const pipeline = objectIn(await this.get('v1/pipeline'));
    const aggregations = (pipeline?.['aggregations'] ?? []) as readonly { readonly name: string }[]; // by the same schema
    const found: SeenWindow[] = [];
    for (const { name } of aggregations) {
      const path = `v1/sources/${encodeURIComponent(source)}/windows?aggregation=${encodeURIComponent(name)}`;
      const windows = (objectIn(await this.get(path))?.['windows'] ?? []) as readonly Omit<
        SeenWindow,
        'aggregation'
      >[];
      found.push(...windows.map((window) => ({ ...window, aggregation: name })));
    }
    return found;
  }
}
