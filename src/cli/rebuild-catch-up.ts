import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import { FIRST_GENERATION } from '../core/rebuild/generation-name.ts';
import { systemClock } from '../platform/clock.ts';
import { OUTPUTS } from '../platform/names.ts';
import type { Generation } from '../stores/generations.ts';
import type { RebuildPlace } from './rebuild-place.ts';

/**
 * Brings a generation level with the stack's stream. On this machine it stays where the archive is: a local run tells nobody where its stream
 * is, and archives each second. @throws RebuildError where the stream cannot be read on from there
 */
export async function catchUpBeforeSwitch(place: RebuildPlace, generation: Generation): Promise<void> {
  if (place.isLocal || generation.stream !== place.outputs[OUTPUTS.stream]) return;
  const [{ catchUpWithStream }, { liveSource }, { systemFold }, { generationTables }] = await Promise.all([
    import('../rebuild/catch-up.ts'),
    import('../rebuild/live-source.ts'),
    import('../rebuild/system-fold.ts'),
    import('../stores/generation-tables.ts'),
  ]);
  const tables = generationTables(place.client, place.names, generation.name);
  const { readers: devices } = generationTables(place.client, place.names, FIRST_GENERATION);
  await catchUpWithStream({
    source: liveSource(generation.streamArn),
    generation,
    generations: place.generations,
    fold: systemFold(parsePipeline(generation.definition), tables, devices),
    clock: systemClock,
  });
}
