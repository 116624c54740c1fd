import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import { FIRST_GENERATION } from '../core/rebuild/generation-name.ts';
import { systemClock } from '../platform/clock.ts';
import { OUTPUTS } from '../platform/names.ts';
import type { Generation } from '../stores/generations.ts';
import { knownGeneration, type RebuildPlace } from './rebuild-place.ts';

/**
 * Folds what has been archived since a generation was done: while devices go on there is always something. @throws Error for half a generation;
 * RebuildError, ArchiveError
 */
export async function goOnBeforeSwitch(place: RebuildPlace, name: string): Promise<void> {
  const generation = await knownGeneration(place, name);
  const chunks = await place.generations.chunks(name);
  const half = chunks.find(({ done }) => !done);
  if (half !== undefined || chunks.length === 0) {
    const where = half === undefined ? 'nothing is folded' : `hour ${half.hour} is not`;
    throw new Error(`generation ${name} is not done: ${where}. \`tidemill rebuild start\` continues it`);
  }
  const [{ rebuildAll }, { objects: archive }] = await Promise.all([
    import('../rebuild/rebuild.ts'),
    place.archive(generation.archive),
  ]);
  const { generations } = place;
  await rebuildAll({ generation, archive, generations, fold: await foldOf(place, generation) });
}

async function foldOf({ client, names }: RebuildPlace, { name, definition }: Generation) {
  const [{ systemFold }, { generationTables }] = await Promise.all([
    import('../rebuild/system-fold.ts'),
    import('../stores/generation-tables.ts'),
  ]);
  const { readers: devices } = generationTables(client, names, FIRST_GENERATION);
  return systemFold(parsePipeline(definition), generationTables(client, names, name), devices);
}

/**
 * Brings a generation level with the stack's stream. On this machine it stays where the archive is: a local run tells nobody where its stream
 * is, and archives each second. @throws RebuildError where the stream cannot be read on from there
 */
export async function catchUpBeforeSwitch(place: RebuildPlace, generation: Generation): Promise<void> {
  if (place.isLocal || generation.stream !== place.outputs[OUTPUTS.stream]) return;
  const [{ catchUpWithStream }, { liveSource }] = await Promise.all([
    import('../rebuild/catch-up.ts'),
    import('../rebuild/live-source.ts'),
  ]);
  await catchUpWithStream({
    source: liveSource(generation.streamArn),
    generation,
    generations: place.generations,
    fold: await foldOf(place, generation),
    clock: systemClock,
  });
}
