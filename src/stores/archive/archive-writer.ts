// Adds what a stream carried to an archive. What is handed in again, in whatever pieces, by whomever, is there once: objects are
// never replaced, and a manifest says which records stand where, written on the condition that nobody else has written it.
import {
  type ArchiveHour,
  type HourPlace,
  hourOf,
  hourPrefix,
  objectName,
  type ShardPlace,
} from '../../core/archive/archive-names.ts';
import type { ArchivedLine } from '../../core/archive/archived-object.ts';
import { type Manifest, type ManifestEntry, withEntries } from '../../core/archive/manifest.ts';
import { withHour } from '../../core/archive/shard-page.ts';
import { uncoveredRuns } from '../../core/archive/uncovered-runs.ts';
import { compareSequenceNumbers } from '../../core/sequence-number.ts';
import { StoreError } from '../store-error.ts';
import { ArchiveError } from './archive-error.ts';
import { loadManifest, loadShardPage, storeManifest, storeShardPage, type Tagged } from './archive-pages.ts';
import type { Objects } from './objects.ts';
import { entryOf, packObject, sha256Of, unpackObject } from './pack-object.ts';

/** Writers of one shard are two where an invocation has outlived its time: each is refused once or twice. */
const ATTEMPTS = 8;
/** Hours whose manifests are kept: two of each shard while the hour changes. Dropping one costs a read. */
const KEPT_HOURS = 64;

export interface Appended {
  /** Records that were not there before. */
  readonly records: number;
  /** Objects that have been written. */
  readonly objects: number;
  /** Bytes of them. */
  readonly size: number;
}

export class ArchiveWriter {
  readonly #objects: Objects;
  readonly #manifests = new Map<string, Tagged<Manifest>>();
  readonly #begun = new Set<string>();

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /**
   * Resolves when all records are in the archive and in its manifests. `records`: in order of their sequence numbers, and all that the
   * stream has between the first and the last of them. Repeating it is safe.
   * @throws StoreError where the bucket cannot be reached; ArchiveError where what is there is damaged or contradicts the records
   */
  async append(place: ShardPlace, records: readonly ArchivedLine[]): Promise<Appended> {
    const byHour = new Map<ArchiveHour, ArchivedLine[]>();
    for (const record of records) {
      const hour = hourOf(record.arrivalMs);
      const others = byHour.get(hour);
      if (others === undefined) byHour.set(hour, [record]);
      else others.push(record);
    }
    const sum = { records: 0, objects: 0, size: 0 };
    for (const [hour, group] of byHour) {
      const added = await this.#appendToHour({ ...place, hour }, group);
      sum.records += added.records;
      sum.objects += added.objects;
      sum.size += added.size;
    }
    return sum;
  }

  async #appendToHour(place: HourPlace, records: readonly ArchivedLine[]): Promise<Appended> {
    const key = hourPrefix(place);
    const sum = { records: 0, objects: 0, size: 0 };
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const { value: manifest, tag } = this.#manifests.get(key) ?? (await loadManifest(this.#objects, place));
      // An object that is there may hold less than the run: the rest is left for the next round.
      const runs = uncoveredRuns(records, manifest.objects);
      if (runs.length === 0) return sum;
      if (tag === undefined) await this.#begin(place);
      const entries: ManifestEntry[] = [];
      for (const run of runs) {
        const { entry, isNew } = await this.#putRun(place, run);
        entries.push(entry);
        if (!isNew) continue;
        sum.objects += 1;
        sum.size += entry.size;
      }
      const value = withEntries(manifest, entries);
      const outcome = await storeManifest(this.#objects, { value, tag });
      this.#manifests.delete(key);
      if (outcome.kind === 'refused') continue;
      this.#keep(key, { value, tag: outcome.tag });
      sum.records += entries.reduce((total, entry) => total + entry.records, 0);
    }
    if (uncoveredRuns(records, this.#manifests.get(key)?.value.objects ?? []).length === 0) return sum;
    const message = `${this.#objects.name}${key}: refused ${ATTEMPTS} times, by other writers of the same shard and hour`;
    throw new StoreError('contention', message, { retryable: true });
  }

  /**
   * The object of a run: a new one, or the one that an earlier attempt has left under that name, as far as it goes. No object is ever
   * replaced: a manifest may name it already, with its hash.
   */
  async #putRun(
    place: HourPlace,
    run: readonly ArchivedLine[],
  ): Promise<{ readonly entry: ManifestEntry; readonly isNew: boolean }> {
    const [first] = run;
    if (first === undefined) throw new RangeError('found an empty run, expected records');
    const name = objectName(first.sequence);
    const key = `${hourPrefix(place)}${name}`;
    const body = packObject(place, run);
    const outcome = await this.#objects.put(key, body, 'absent');
    const mine = { size: body.length, sha256: sha256Of(body) };
    if (outcome.kind === 'stored') return { entry: entryOf(name, run, mine), isNew: true };
    const stored = await this.#objects.get(key);
    const object = `${this.#objects.name}${key}`;
    if (stored === undefined)
      throw new StoreError('contention', `${object}: refused, and not there`, { retryable: true });
    const { records } = unpackObject(object, stored.body, place);
    const shared = sharedStart(object, run, records);
    const theirs = { size: stored.body.length, sha256: sha256Of(stored.body) };
    return { entry: entryOf(name, shared, theirs), isNew: false };
  }

  /** The hour stands on the shard's page before anything of it is stored. */
  async #begin(place: HourPlace): Promise<void> {
    const key = hourPrefix(place);
    if (this.#begun.has(key)) return;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const page = await loadShardPage(this.#objects, place);
      const isThere = page.value.hours.includes(place.hour);
      const next = { value: withHour(page.value, place.hour), tag: page.tag };
      if (isThere || (await storeShardPage(this.#objects, next)).kind === 'stored') {
        if (this.#begun.size >= KEPT_HOURS) this.#begun.clear();
        this.#begun.add(key);
        return;
      }
    }
    const message = `${key}: its shard’s page was refused ${ATTEMPTS} times, by other writers of the same shard`;
    throw new StoreError('contention', message, { retryable: true });
  }

  #keep(key: string, manifest: Tagged<Manifest>): void {
    this.#manifests.set(key, manifest);
    const [oldest] = this.#manifests.keys();
    if (this.#manifests.size > KEPT_HOURS && oldest !== undefined) this.#manifests.delete(oldest);
  }
}

/** What a run and an object that begins with the same record have in common, up to where the shorter ends. */
function sharedStart(
  object: string,
  run: readonly ArchivedLine[],
  records: readonly ArchivedLine[],
): readonly ArchivedLine[] {
  const shared: ArchivedLine[] = [];
  for (const [at, record] of run.entries()) {
    const stored = records[at];
    if (stored === undefined) break;
    if (stored.line !== record.line) {
      const problem =
        compareSequenceNumbers(stored.sequence, record.sequence) === 0
          ? `found another record of sequence number ${record.sequence} than the stream has now`
          : `found sequence number ${stored.sequence} where the stream has ${record.sequence}`;
      throw new ArchiveError('conflict', { object, line: at + 2 }, problem);
    }
    shared.push(record);
  }
  return shared;
}
