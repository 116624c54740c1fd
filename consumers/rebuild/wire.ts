import type { FunctionHost, InvocationContext } from '../../src/host/function-host.ts';
import { doStep, type RebuildStepRequest, type StepDeps } from '../../src/rebuild/do-step.ts';
import { Generations } from '../../src/stores/generations.ts';

type Host = Pick<FunctionHost, 'table' | 'objects' | 'setting' | 'clock' | 'random'> & {
  /** The pipeline that is deployed, as its file has it. */
  readonly definition: object;
  /** Makes the tables of a generation; a host of tables in memory has none to make. */
  readonly createGeneration?: (generation: string) => Promise<void>;
  /** Reads a Kinesis stream, by its ARN; a host without a stream has none. */
  readonly source?: (arn: string) => NonNullable<StepDeps['source']>;
};

export const wire = (host: Host) => {
  const deps = stepDeps(host);
  return (request: RebuildStepRequest, context: InvocationContext) =>
    doStep(request, deps, () => context.getRemainingTimeInMillis());
};

function stepDeps({
  definition,
  table,
  objects,
  setting,
  clock,
  random,
  createGeneration,
  source,
}: Host): StepDeps {
  return {
    definition,
    generations: new Generations(table('readers')),
    archive: objects('archive'),
    stream: { name: setting('rebuildStream'), arn: setting('rebuildStreamArn') },
    source: source?.(setting('rebuildStreamArn')),
    createTables: createGeneration ?? (async () => {}),
    tables: (generation) => ({
      sources: table('sources', generation),
      windows: table('windows', generation),
      deadLetters: table('deadLetters', generation),
      alerts: table('alerts', generation),
      readers: table('readers', generation),
    }),
    devices: table('readers'),
    clock,
    random,
  };
}
