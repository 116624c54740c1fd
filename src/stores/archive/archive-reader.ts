// Reads an archive back: per shard in order, each record once, whatever objects overlap; and says where it is not what its
// manifests say.
import {
  type ArchiveHour,
  type HourPlace,
  hourOf,
  hourPrefix,
  hourStartMs,
  manifestKey,
  RECORDS_PREFIX,
  readArchiveName,
  type ShardPlace,
  shardPageKey,
  shardPrefix,
  streamPrefix,
} from '../../core/archive/archive-names.ts';
import type { Manifest, ManifestEntry } from '../../core/archive/manifest.ts';
import type { EpochMs, SequenceNumber, ShardId } from '../../core/brands.ts';
import { compareSequenceNumbers } from '../../core/sequence-number.ts';
import { ArchiveError } from './archive-error.ts';
import { loadManifest, loadShardPage } from './archive-pages.ts';
import type { ArchivedRecord } from './archived-record.ts';
import { mergePieces, type Piece } from './merge-pieces.ts';
import type { Objects } from './objects.ts';
import { digestOf, sha256Of, unpackObject } from './pack-object.ts';

/** A range of arrival times: `from` included, `to` excluded. Without them: all. */
export interface ArchiveRange {
  readonly fromMs?: EpochMs | undefined;
  readonly toMs?: EpochMs | undefined;
}

export interface ArchivedHour {
  readonly place: HourPlace;
  readonly manifest: Manifest;
  /** Names of objects that the manifest does not have: what a writer left that was ended before it wrote the manifest. */
  readonly unlisted: readonly string[];
  /** What is missing. Damage shows when objects are read. */
  readonly problems: readonly ArchiveError[];
}

/** Rejects with a StoreError where the bucket cannot be reached, with an ArchiveError where something is damaged. */
export class ArchiveReader {
  readonly #objects: Objects;

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /** Names of the streams, in order. */
  async streams(): Promise<readonly string[]> {
    const places = await this.#heads(RECORDS_PREFIX, ({ stream }) => streamPrefix(stream));
    return places.map(({ stream }) => stream);
  }

  /** The shards of a stream, in order of their ids. */
  async shards(stream: string): Promise<readonly ShardId[]> {
    const places = await this.#heads(streamPrefix(stream), shardPrefix);
    return places.map(({ shard }) => shard).sort();
  }

  /** The hours of a shard that have records of a range, in order, with what is missing in them. */
  async hours(place: ShardPlace, range: ArchiveRange = {}): Promise<readonly ArchivedHour[]> {
    const page = await loadShardPage(this.#objects, place);
    const stored = await this.#storedNames(place, range);
    const wanted = [...new Set([...page.value.hours, ...stored.keys()])]
      .filter((hour) => isWithin(hour, range))
      .sort();
    const latest = page.value.hours.at(-1);
    const hours: ArchivedHour[] = [];
    for (const hour of wanted) {
      // An hour that has just been begun has nothing yet.
      const isBeginning = hour === latest;
      hours.push(await this.#hour({ ...place, hour }, stored.get(hour) ?? new Set(), isBeginning));
    }
    const [first] = hours;
    if (page.tag !== undefined || first === undefined) return hours;
    const problem = this.#missing(shardPageKey(place), 'the page of its shard');
    return [{ ...first, problems: [problem, ...first.problems] }, ...hours.slice(1)];
  }

  /**
   * The records of a shard that arrived in the range, in order of their sequence numbers, each once. Objects are read as they are needed.
   * @throws ArchiveError at the first that is missing or wrong
   */
  async *records(
    place: ShardPlace,
    range: ArchiveRange = {},
  ): AsyncGenerator<ArchivedRecord, void, undefined> {
    const hours = await this.hours(place, range);
    for (const { problems } of hours) for (const problem of problems) throw problem;
    yield* this.recordsOf(hours, range);
  }

  /** The same of hours that have been found, all of one shard: what is missing in them is passed over. */
  async *recordsOf(
    hours: readonly ArchivedHour[],
    { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: ArchiveRange = {},
  ): AsyncGenerator<ArchivedRecord, void, undefined> {
    for await (const record of mergePieces(hours.flatMap((hour) => this.#pieces(hour)))) {
      if (record.arrivalMs >= fromMs && record.arrivalMs < toMs) yield record;
    }
  }

  #pieces({ place, manifest, unlisted }: ArchivedHour): Piece[] {
    const listed = manifest.objects.map((entry) => ({
      first: entry.first,
      read: () => this.#readEntry(place, entry),
    }));
    const others = unlisted.map((name) => ({
      // digits, as its name was found to be
      first: name.slice(0, name.indexOf('.')).replace(/^0+(?=\d)/, '') as SequenceNumber,
      read: () => this.#readObject(place, name),
    }));
    return [...listed, ...others];
  }

  async #readEntry(place: HourPlace, entry: ManifestEntry): Promise<readonly ArchivedRecord[]> {
    const records = await this.#readObject(place, entry.name, entry.sha256);
    const claimed = records.filter(({ sequence }) => compareSequenceNumbers(sequence, entry.last) <= 0);
    const [first, last] = [claimed[0]?.sequence, claimed.at(-1)?.sequence];
    const found = { first, last, records: claimed.length, digest: digestOf(claimed) };
    for (const [name, value] of Object.entries(found)) {
      const expected = entry[name as keyof typeof found];
      if (value === expected) continue;
      const problem = `${name}: found ${value}, expected ${expected}, as its manifest says`;
      throw new ArchiveError(
        'damaged',
        { object: `${this.#objects.name}${hourPrefix(place)}${entry.name}` },
        problem,
      );
    }
    return claimed;
  }

  async #readObject(place: HourPlace, name: string, sha256?: string): Promise<readonly ArchivedRecord[]> {
    const key = `${hourPrefix(place)}${name}`;
    const object = `${this.#objects.name}${key}`;
    const stored = await this.#objects.get(key);
    if (stored === undefined) throw this.#missing(key, 'an object of records');
    const found = sha256Of(stored.body);
    if (sha256 !== undefined && found !== sha256) {
      // What is wrong with it says more than that its hash is: a cut, a broken line.
      unpackObject(object, stored.body, place);
      throw new ArchiveError(
        'damaged',
        { object },
        `sha256: found ${found}, expected ${sha256}, as its manifest says`,
      );
    }
    const { records } = unpackObject(object, stored.body, place);
    return records.map((record, at) => ({ ...record, shard: place.shard, object, lineNumber: at + 2 }));
  }

  async #hour(place: HourPlace, names: ReadonlySet<string>, isBeginning: boolean): Promise<ArchivedHour> {
    const { value: manifest, tag } = await loadManifest(this.#objects, place);
    const listed = new Set(manifest.objects.map(({ name }) => name));
    const unlisted = [...names].filter((name) => !listed.has(name)).sort();
    const problems = [...listed]
      .filter((name) => !names.has(name))
      .map((name) =>
        this.#missing(`${hourPrefix(place)}${name}`, 'an object of records, which its manifest names'),
      );
    if (tag === undefined && !(isBeginning && names.size === 0)) {
      problems.push(this.#missing(manifestKey(place), 'the manifest of an hour that its shard’s page names'));
    }
    return { place, manifest, unlisted, problems };
  }

  /** Names of the stored objects of records, by hour. */
  async #storedNames(
    place: ShardPlace,
    { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: ArchiveRange,
  ): Promise<ReadonlyMap<ArchiveHour, ReadonlySet<string>>> {
    const byHour = new Map<ArchiveHour, Set<string>>();
    const begin = hourPrefix({ ...place, hour: hourOf(fromMs) });
    for await (const { key } of this.#objects.list(shardPrefix(place), begin)) {
      const read = readArchiveName(key);
      if (read?.kind !== 'records') continue;
      if ((hourStartMs(read.place.hour) ?? 0) >= toMs) break;
      const names = byHour.get(read.place.hour) ?? new Set();
      byHour.set(read.place.hour, names.add(read.name));
    }
    return byHour;
  }

  /** One place for each part of the archive below a prefix, without walking through what is in it. */
  async #heads(prefix: string, partOf: (place: ShardPlace) => string): Promise<readonly ShardPlace[]> {
    const places: ShardPlace[] = [];
    for (let after: string | undefined = prefix; after !== undefined; ) {
      const from: string = after;
      after = undefined;
      for await (const { key } of this.#objects.list(prefix, from)) {
        const read = readArchiveName(key);
        if (read === undefined) continue;
        places.push(read.place);
        // Behind all that begins with the part's name and a slash, since 0 follows it.
        after = `${partOf(read.place).slice(0, -1)}0`;
        break;
      }
    }
    return places;
  }

  #missing(key: string, what: string): ArchiveError {
    return new ArchiveError(
      'missing',
      { object: `${this.#objects.name}${key}` },
      `found nothing, expected ${what}`,
    );
  }
}

const HOUR_MS = 3_600_000;

function isWithin(hour: ArchiveHour, { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: ArchiveRange): boolean {
  const startMs = hourStartMs(hour) ?? 0;
  return startMs + HOUR_MS > fromMs && startMs < toMs;
}
