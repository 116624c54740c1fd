// Begins a generation, or finds the one that was begun as the same.
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import { problemOfGenerationName } from '../core/rebuild/generation-name.ts';
import { spellOutShapes } from '../core/shape/spell-out-shapes.ts';
import { ArchiveReader } from '../stores/archive/archive-reader.ts';
import type { Objects } from '../stores/archive/objects.ts';
import type { Generation, Generations } from '../stores/generations.ts';
import { RebuildError } from './rebuild-error.ts';

/** The stream in the archive to rebuild from. @throws RebuildError if there is none, or if there are several and none is named */
export async function streamOf(archive: Objects, wanted: string | undefined): Promise<string> {
  const streams = await new ArchiveReader(archive).streams();
  const [first, ...others] = streams;
  if (first !== undefined && (wanted === undefined ? others.length === 0 : streams.includes(wanted)))
    return wanted ?? first;
  const found = streams.length === 0 ? 'no stream' : `the streams ${streams.join(', ')}`;
  const expected = wanted ?? 'one stream';
  throw new RebuildError('archive', `${archive.name}: found ${found}, expected ${expected}`, {
    advice:
      streams.length === 0
        ? 'Name the folder or bucket that holds records/'
        : 'Name one of them with --stream',
  });
}

/**
 * Started twice, the one that was begun goes on.
 * @throws RebuildError where one of this name is of something else; PipelineError
 */
export async function beginGeneration(generations: Generations, wanted: Generation): Promise<Generation> {
  const problem = problemOfGenerationName(wanted.name);
  if (problem !== undefined)
    throw new RebuildError('generation', `generation ${JSON.stringify(wanted.name)}: ${problem}`, {
      advice: 'Name it so',
    });
  parsePipeline(wanted.definition);
  const begun = await generations.create(wanted);
  for (const field of ['definition', 'archive', 'stream', 'streamArn', 'fromMs', 'toMs'] as const) {
    const [found, expected] = [begun, wanted].map((one) => JSON.stringify(comparable(one)[field]));
    if (found === expected) continue;
    throw new RebuildError(
      field === 'definition' ? 'definition' : 'generation',
      `generation ${wanted.name}: found it begun with another ${field}${field === 'definition' ? '' : `: ${found}, expected ${expected}`}`,
      { advice: 'Begin another generation, or take this one away with `tidemill rebuild remove`' },
    );
  }
  return begun;
}

/** A definition names built-in shapes, or has them in it as what is deployed does: both are the same. */
function comparable(generation: Generation): Generation {
  return { ...generation, definition: spellOutShapes(generation.definition) };
}
