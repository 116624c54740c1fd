// Holds what was folded against what the manifests name, and the books against what was counted where records were decoded.
import type { ArchiveHour } from '../core/archive/archive-names.ts';
import { addDigests, EMPTY_DIGEST, totalsOf } from '../core/archive/manifest.ts';
import type { SequenceNumber, ShardId } from '../core/brands.ts';
import { rebuildSteps } from '../core/rebuild/rebuild-steps.ts';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import { ArchiveReader } from '../stores/archive/archive-reader.ts';
import { DeadLetters } from '../stores/dead-letters.ts';
import type { GenerationTables } from '../stores/generation-tables.ts';
import type { ChunkProgress } from '../stores/generations.ts';
import { readLedger, type StoredLedger } from '../stores/read-ledger.ts';
import { SourceStates } from '../stores/source-states.ts';
import { archivedHours, type FoundHour, placeText } from './archived-hours.ts';
import { LEVEL_MS, spanMs } from './is-level.ts';
import type { RebuildOptions } from './rebuild.ts';

export interface RebuildAudit {
  /** As the manifests have them. */
  readonly manifestRecords: number;
  /** Folded, among them records that no manifest names yet. */
  readonly foldedRecords: number;
  /** What the records held, counted where they were decoded. */
  readonly events: number;
  readonly books: StoredLedger;
  /** What is wrong, with where; nothing: every record that a manifest names is folded, and every event has one verdict. */
  readonly problems: readonly string[];
}

/** Whether every record that the manifests name was folded, and every event of it has a verdict. Writes nothing. */
export async function auditGeneration(
  { generation, archive, generations }: Pick<RebuildOptions, 'generation' | 'archive' | 'generations'>,
  tables: Pick<GenerationTables, 'sources' | 'deadLetters'>,
): Promise<RebuildAudit> {
  const { hours, gaps } = await archivedHours(new ArchiveReader(archive), generation.stream, generation);
  const progress = standing(hours, await generations.chunks(generation.name));
  const books = await readLedger(new SourceStates(tables.sources), new DeadLetters(tables.deadLetters));
  const events = progress.reduce((sum, chunk) => sum + chunk.events, 0);
  return {
    manifestRecords: hours.reduce((sum, { records }) => sum + records, 0),
    foldedRecords: progress.reduce((sum, { records }) => sum + records, 0),
    events,
    books,
    problems: [
      ...gaps.map(({ message }) => `a gap: ${message}`),
      ...problemsOfChunks(hours, progress, generation.toMs === undefined),
      ...problemsOfBooks(events, books),
    ],
  };
}

function problemsOfChunks(
  hours: readonly FoundHour[],
  progress: readonly ChunkProgress[],
  isOpen: boolean,
): readonly string[] {
  const found = new Map(hours.map((hour) => [placeText(hour), hour]));
  const folded = new Map(progress.map((chunk) => [placeText(chunk), chunk]));
  const newest = new Map<ShardId, ArchiveHour>();
  const begun = isOpen ? hours.filter((hour) => !hasJustBegun(hour, progress)) : hours;
  for (const { shard, hour } of begun) if (hour > (newest.get(shard) ?? '')) newest.set(shard, hour);
  const problems: string[] = [];
  for (const { chunks } of rebuildSteps(begun)) {
    for (const { shard, hours: together } of chunks) {
      const where = `hour ${together.join(', ')} of ${shard}`;
      const all = together.flatMap((each) => found.get(placeText({ shard, hour: each })) ?? []);
      const chunk = foldedOf(together.map((each) => folded.get(placeText({ shard, hour: each }))));
      const named = all.map((each) =>
        each.hour === newest.get(shard) ? upToThere(each, chunk?.upTo) : each,
      );
      const problem = problemOfChunk(named, chunk);
      if (problem !== undefined) problems.push(`${where}: ${problem}`);
      for (const each of together) folded.delete(placeText({ shard, hour: each }));
    }
  }
  for (const place of folded.keys())
    problems.push(`${place}: found it folded, and the archive has no such hour any more, expected it there`);
  return problems;
}

/** Hours that are one chunk by now may have been folded one by one: before an object came into the first that its manifest does not name. */
function foldedOf(folded: readonly (ChunkProgress | undefined)[]): ChunkProgress | undefined {
  const [first, ...others] = folded;
  if (first === undefined) return undefined;
  const each = [first, ...others.filter((one) => one !== undefined)];
  return {
    ...first,
    done: each.every(({ done }) => done),
    records: recordsOf(each),
    digest: each.reduce((sum, { digest }) => addDigests(sum, digest), EMPTY_DIGEST),
    upTo: each.findLast(({ upTo }) => upTo !== undefined)?.upTo,
  };
}

/** Without what was folded once more, as a part of the chunk that it is by now. */
function standing(hours: readonly FoundHour[], progress: readonly ChunkProgress[]): readonly ChunkProgress[] {
  const records = new Map(hours.map((each) => [placeText(each), each.records]));
  const folded = new Map(progress.map((each) => [placeText(each), each.records]));
  const again = new Set<string>();
  for (const { chunks } of rebuildSteps(hours))
    for (const { shard, hours: together } of chunks) {
      const [first = '', ...others] = together.map((hour) => placeText({ shard, hour }));
      const named = [first, ...others].reduce((sum, place) => sum + (records.get(place) ?? 0), 0);
      if ((folded.get(first) ?? 0) >= named) for (const place of others) again.add(place);
    }
  return progress.filter((each) => !again.has(placeText(each)));
}

function recordsOf(each: readonly { readonly records: number }[]): number {
  return each.reduce((sum, { records }) => sum + records, 0);
}

/** An hour of a few minutes behind all that are folded, and behind each record of its shard that is: it began after the last look. */
function hasJustBegun(
  { shard, hour, first, archived }: FoundHour,
  progress: readonly ChunkProgress[],
): boolean {
  // A chunk may have more hours than that by which it is named.
  const isBehind = (chunk: ChunkProgress) =>
    chunk.hour < hour &&
    (chunk.shard !== shard || chunk.upTo === undefined || compareSequenceNumbers(first, chunk.upTo) > 0);
  return progress.length > 0 && progress.every(isBehind) && spanMs(archived.manifest.objects) <= LEVEL_MS;
}

type NamedHour = Pick<FoundHour, 'records' | 'digest' | 'open'>;

/** The newest hour of a shard grows while a rebuild goes on: what its manifest names behind the last record folded came since, and is caught up with. */
function upToThere(hour: FoundHour, upTo: SequenceNumber | undefined): NamedHour {
  if (upTo === undefined) return hour;
  const objects = hour.archived.manifest.objects.filter(
    ({ last }) => compareSequenceNumbers(last, upTo) <= 0,
  );
  return { ...totalsOf({ objects }), open: hour.open };
}

function problemOfChunk(named: readonly NamedHour[], chunk: ChunkProgress | undefined): string | undefined {
  const records = recordsOf(named);
  const digest = named.reduce((sum, hour) => addDigests(sum, hour.digest), EMPTY_DIGEST);
  if (chunk === undefined) return `found nothing folded, expected ${records} records`;
  if (!chunk.done)
    return `found ${chunk.records} records folded, and more to do: \`tidemill rebuild start\` goes on`;
  // What a writer left unlisted is in no manifest, and is folded too.
  if (named.some(({ open }) => open) && chunk.records >= records) return undefined;
  if (chunk.records !== records) return `found ${chunk.records} records folded, expected ${records}`;
  if (chunk.digest !== digest)
    return `found other records folded than its manifest names: digest ${chunk.digest}, expected ${digest}`;
  return undefined;
}

function problemsOfBooks(
  events: number,
  { received, applied, duplicate, late, quarantined, ...books }: StoredLedger,
): readonly string[] {
  const problems: string[] = [];
  const verdicts = applied + duplicate + late + quarantined;
  if (received + books.held !== events)
    problems.push(
      `found ${received} events in the books and ${books.held} set aside, expected the ${events} that the records held`,
    );
  if (verdicts !== received)
    problems.push(`found ${verdicts} verdicts, expected one for each of ${received} events`);
  if (books.held > 0)
    problems.push(
      `${books.held} events wait for sources that are held: their states cannot be read, or have no room`,
    );
  if (late !== books.lateLetters)
    problems.push(`found ${books.lateLetters} late events in the dead letters, expected ${late}`);
  if (books.unreadableSources > 0)
    problems.push(`the books of ${books.unreadableSources} sources cannot be read`);
  return problems;
}
