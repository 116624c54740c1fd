import { Command } from 'commander';
import { loadPipeline } from '../../cdk/load-pipeline.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import { FIRST_GENERATION } from '../core/rebuild/generation-name.ts';
import type { RebuildAudit } from '../rebuild/audit-generation.ts';
import { UsageError } from './exit.ts';
import { onInterruption } from './interruption.ts';
import { type StoreOptions, withStoreOptions } from './open-stores.ts';
import { moment } from './options.ts';
import { formatNumber, formatTable, formatTime } from './print-table.ts';
import { Progress } from './progress.ts';
import { catchUpBeforeSwitch, goOnBeforeSwitch } from './rebuild-catch-up.ts';
import { diffRebuild, explained } from './rebuild-diff.ts';
import { knownGeneration, type RebuildPlace, useRebuildPlace } from './rebuild-place.ts';

interface NamedOptions extends StoreOptions {
  readonly json?: true;
}

interface StartOptions extends NamedOptions {
  readonly archive?: string;
  readonly stream?: string;
  readonly pipeline?: string;
  readonly from?: number;
  readonly to?: number;
}

export function rebuildCommand(): Command {
  return new Command('rebuild')
    .description(
      'compute windows again from an archive, in a new generation of the tables beside the current one',
    )
    .addCommand(startCommand())
    .addCommand(statusCommand())
    .addCommand(diffCommand())
    .addCommand(switchCommand())
    .addCommand(rollbackCommand())
    .addCommand(removeCommand());
}

function startCommand(): Command {
  return withStoreOptions(new Command('start'))
    .description('start a generation, or continue it; ends with an audit against the archive’s manifests')
    .argument('<generation>', 'name of the generation: lower-case letters, digits and hyphens')
    .option('--archive <place>', 'a folder, or s3://bucket/prefix (default: the stack’s own bucket)')
    .option('--stream <name>', 'the archived stream, if the archive has several')
    .option('--pipeline <file>', 'definition to rebuild under, TypeScript or JSON (default: cdk/pipeline.ts)')
    .option(
      '--from <time>',
      'start with the hour of this arrival time (default: the first in the archive)',
      moment,
    )
    .option(
      '--to <time>',
      'stop before the hour of this arrival time (default: after the last in the archive)',
      moment,
    )
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      `
It is safe to start it twice, to stop it at any time and to start it again: it continues where it stopped, and nothing counts twice. The
tables that readers use are not touched. See docs/rebuild.md.

Exit codes: 0 done and every record is accounted for, 1 failed or some records are not accounted for, 2 bad usage.`,
    )
    .action(startRebuild);
}

async function startRebuild(name: string, options: StartOptions): Promise<void> {
  const [{ beginGeneration, streamOf }, { rebuildAll }, { auditGeneration }, { systemFold }, tables] =
    await Promise.all([
      import('../rebuild/begin-generation.ts'),
      import('../rebuild/rebuild.ts'),
      import('../rebuild/audit-generation.ts'),
      import('../rebuild/system-fold.ts'),
      import('../stores/generation-tables.ts'),
    ]);
  const definition = await loadPipeline(options.pipeline);
  const progress = new Progress();
  const interruption = onInterruption();
  try {
    const audit = await useRebuildPlace(options, async (place) => {
      const { client, names, generations } = place;
      const { path, objects: archive } = await place.archive(options.archive);
      const stream = await streamOf(archive, options.stream);
      const generation = await beginGeneration(generations, {
        name,
        createdMs: Date.now(),
        archive: path,
        stream,
        streamArn: await place.streamArn(stream),
        ...(options.from === undefined ? {} : { fromMs: options.from }),
        ...(options.to === undefined ? {} : { toMs: options.to }),
        definition,
      });
      progress.draw([`making the tables of ${name} …`], { now: true });
      await tables.createGenerationTables(client, names, name);
      const own = tables.generationTables(client, names, name);
      const { readers: devices } = tables.generationTables(client, names, FIRST_GENERATION);
      const fold = systemFold(parsePipeline(generation.definition), own, devices);
      const told = new FoldedLine();
      await rebuildAll({
        ...{ generation, archive, generations, fold, signal: interruption.signal },
        onProgress: (chunk) => progress.draw([told.take(chunk)]),
      });
      progress.draw(['holding it against the manifests …'], { now: true });
      return await auditGeneration({ generation, archive, generations }, own);
    });
    progress.clear();
    if (options.json) process.stdout.write(`${JSON.stringify(audit)}\n`);
    else process.stdout.write(`${auditText(audit)}\n`);
    if (audit.problems.length > 0) process.exitCode = 1;
  } finally {
    progress.clear();
    interruption.dispose();
  }
}

/** What has been folded by this run, of all chunks. */
class FoldedLine {
  readonly #chunks = new Map<string, number>();
  readonly #startedMs = performance.now();

  take({
    hour,
    shard,
    records,
  }: {
    readonly hour: string;
    readonly shard: string;
    readonly records: number;
  }): string {
    this.#chunks.set(`${hour} ${shard}`, records);
    const all = [...this.#chunks.values()].reduce((sum, each) => sum + each, 0);
    const perSecond = Math.round(all / Math.max(0.001, (performance.now() - this.#startedMs) / 1_000));
    return `${formatNumber(all)} records, up to ${hour} of ${shard}; ${formatNumber(perSecond)} a second`;
  }
}

function auditText({ manifestRecords, foldedRecords, events, books, problems }: RebuildAudit): string {
  const { received, applied, duplicate, late, quarantined } = books;
  return [
    `records    ${formatNumber(foldedRecords)} folded, ${formatNumber(manifestRecords)} named by the manifests`,
    `events     ${formatNumber(events)}`,
    `books      ${formatNumber(received)} received = ${formatNumber(applied)} applied + ${formatNumber(duplicate)} duplicate + ${formatNumber(late)} late + ${formatNumber(quarantined)} quarantined`,
    ...(problems.length === 0
      ? ['audit      every record is accounted for']
      : problems.map((each) => `PROBLEM    ${each}`)),
  ].join('\n');
}

function statusCommand(): Command {
  return withStoreOptions(new Command('status'))
    .description('list the generations, how far each is, and which one readers use')
    .option('--json', 'one JSON object on stdout')
    .action(async (options: NamedOptions) => {
      const status = await useRebuildPlace(options, async ({ generations }) => {
        const current = await generations.current();
        const all = await Promise.all(
          (await generations.list()).map(async ({ definition: _, ...generation }) => {
            const chunks = await generations.chunks(generation.name);
            return {
              ...generation,
              chunks: chunks.length,
              done: chunks.filter(({ done }) => done).length,
              records: chunks.reduce((sum, { records }) => sum + records, 0),
              events: chunks.reduce((sum, { events }) => sum + events, 0),
            };
          }),
        );
        return { current, generations: all };
      });
      if (options.json) process.stdout.write(`${JSON.stringify(status)}\n`);
      else process.stdout.write(`${statusText(status)}\n`);
    });
}

function statusText({
  current,
  generations,
}: {
  readonly current: {
    readonly generation: string;
    readonly before: string | undefined;
    readonly switchedMs: number | undefined;
  };
  readonly generations: readonly {
    readonly name: string;
    readonly createdMs: number;
    readonly archive: string;
    readonly chunks: number;
    readonly done: number;
    readonly records: number;
    readonly events: number;
  }[];
}): string {
  const since =
    current.switchedMs === undefined
      ? ''
      : `, since ${formatTime(current.switchedMs)}; before: ${current.before}`;
  const rows = generations.map(({ name, createdMs, archive, chunks, done, records, events }) => [
    ...[name, formatTime(createdMs), archive, `${done} of ${chunks}`],
    ...[formatNumber(records), formatNumber(events)],
  ]);
  return [
    `readers use ${current.generation === FIRST_GENERATION ? 'the stack’s own tables' : current.generation}${since}`,
    ...(rows.length === 0
      ? []
      : ['', formatTable(['generation', 'begun', 'archive', 'chunks', 'records', 'events'], rows)]),
  ].join('\n');
}

function diffCommand(): Command {
  return withStoreOptions(new Command('diff'))
    .description(
      'list the differences between the tables that readers use and a generation, each with its reason',
    )
    .argument('<generation>', 'its name')
    .option('--pipeline <file>', 'the deployed pipeline definition (default: cdk/pipeline.ts)')
    .option('--all', 'print every difference (default: the first 20)')
    .option('--json', 'one JSON object per difference, and a last one with the totals')
    .addHelpText('after', `\nExit codes: 0 every difference has a reason, 1 some have none, 2 bad usage.`)
    .action(
      async (name: string, options: NamedOptions & { readonly pipeline?: string; readonly all?: true }) => {
        const summary = await diffRebuild(name, options);
        if (!explained(summary)) process.exitCode = 1;
      },
    );
}

function switchCommand(): Command {
  return withStoreOptions(new Command('switch'))
    .description('make readers use a generation, by one conditional write')
    .argument('<generation>', 'its name')
    .option('--pipeline <file>', 'the deployed pipeline definition (default: cdk/pipeline.ts)')
    .option('--force', 'switch even if some differences have no reason')
    .option('--json', 'one JSON object on stdout')
    .action(
      async (name: string, options: NamedOptions & { readonly pipeline?: string; readonly force?: true }) => {
        await useRebuildPlace(options, (place) => goOnBeforeSwitch(place, name));
        if (options.force !== true) {
          const summary = await diffRebuild(name, { ...options, quiet: true });
          if (!explained(summary)) {
            throw new Error(
              `${formatNumber(summary.reasons.unexplained ?? 0)} differences have no reason, and readers were not switched: look at them with \`tidemill rebuild diff ${name}\`, or switch with --force`,
            );
          }
        }
        await tellSwitched(options, async (place) => {
          await catchUpBeforeSwitch(place, await knownGeneration(place, name));
          return name;
        });
      },
    );
}

function rollbackCommand(): Command {
  return withStoreOptions(new Command('rollback'))
    .description('make readers use the generation again that was current before the last switch')
    .option('--json', 'one JSON object on stdout')
    .action(async (options: NamedOptions) => {
      await tellSwitched(options, async ({ generations }) => {
        const { before } = await generations.current();
        if (before === undefined) throw new UsageError('found no earlier switch, expected one to roll back');
        return before;
      });
    });
}

async function tellSwitched(
  options: NamedOptions,
  target: (place: RebuildPlace) => Promise<string>,
): Promise<void> {
  const current = await useRebuildPlace(options, async (place) => {
    const { generations } = place;
    const to = await target(place);
    const { generation: from } = await generations.current();
    if (!(await generations.switchTo(to, { from, nowMs: Date.now() })))
      throw new Error(
        `another process has switched in the meantime: generation ${from} is no longer current`,
      );
    return await generations.current();
  });
  if (options.json) process.stdout.write(`${JSON.stringify(current)}\n`);
  else process.stdout.write(`readers now use ${current.generation}; before: ${current.before}\n`);
}

function removeCommand(): Command {
  return withStoreOptions(new Command('remove'))
    .description('delete a generation and its tables')
    .argument('<generation>', 'its name')
    .action(async (name: string, options: StoreOptions) => {
      const { deleteGenerationTables } = await import('../stores/generation-tables.ts');
      await useRebuildPlace(options, async (place) => {
        await knownGeneration(place, name);
        const { generation } = await place.generations.current();
        if (generation === name)
          throw new UsageError(
            `generation ${name}: found that readers use it, expected another: roll back first`,
          );
        await deleteGenerationTables(place.client, place.names, name);
        await place.generations.forget(name);
      });
      process.stdout.write(`${name} is removed\n`);
    });
}
