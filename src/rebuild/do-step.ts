// A step of the state machine: what the function `rebuild` and the task do when they are asked. Each may be asked again.
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { FIRST_GENERATION } from '../core/rebuild/generation-name.ts';
import type { Chunk } from '../core/rebuild/rebuild-steps.ts';
import type { StreamSource } from '../event-source/ports.ts';
import type { Clock } from '../platform/clock.ts';
import type { Objects } from '../stores/archive/objects.ts';
import type { GenerationTables } from '../stores/generation-tables.ts';
import type { Current, Generation, Generations } from '../stores/generations.ts';
import { SourceStates } from '../stores/source-states.ts';
import type { Table } from '../stores/table.ts';
import { Windows } from '../stores/windows.ts';
import { auditGeneration, type RebuildAudit } from './audit-generation.ts';
import { beginGeneration, streamOf } from './begin-generation.ts';
import { catchUpWithStream } from './catch-up.ts';
import {
  type ComparedSide,
  compareGenerations,
  type DifferenceReason,
  tallyDifferences,
} from './compare-generations.ts';
import { expectTurn } from './expect-turn.ts';
import { GenerationFold } from './generation-fold.ts';
import { closeHour, planRebuild, type RebuildWork, rebuildChunk } from './rebuild.ts';
import { RebuildError } from './rebuild-error.ts';

export interface StepDeps {
  /** That is deployed, as its file has it. */
  readonly definition: object;
  readonly generations: Generations;
  /** The stack's own. */
  readonly archive: Objects;
  readonly stream: { readonly name: string; readonly arn: string };
  /** Makes the tables of a generation where they are not there. */
  readonly createTables: (generation: string) => Promise<void>;
  readonly tables: (generation: string) => GenerationTables;
  /** Tags of devices: the stack's own. Default: among a generation's readers'. */
  readonly devices?: Table;
  readonly clock: Clock;
  readonly random: () => number;
  /** What the stream carries now; undefined: there is none to catch up with. */
  readonly source?: StreamSource | undefined;
}

/** What an execution of the state machine is started with. */
export interface RebuildInput {
  /** Its name. */
  readonly generation: string;
  /** To rebuild under; default: that which is deployed. */
  readonly definition?: object;
  /** Arrivals: RFC 3339, or ms since the epoch; whole hours. Default: all there is. */
  readonly from?: string | number;
  readonly to?: string | number;
  /** Readers are switched where every difference has a reason. Default: it waits for the command. */
  readonly switch?: boolean;
  /** And where some have none. */
  readonly force?: boolean;
}

export type RebuildStepRequest =
  | { readonly step: 'begin'; readonly input: RebuildInput }
  | { readonly step: 'plan'; readonly generation: string; readonly round: number }
  | { readonly step: 'fold'; readonly generation: string; readonly chunk: Chunk }
  | { readonly step: 'close'; readonly generation: string; readonly hour: string; readonly atMs: number }
  | { readonly step: 'judge'; readonly generation: string }
  | { readonly step: 'report'; readonly generation: string }
  | { readonly step: 'switch'; readonly generation: string }
  /** The generation that is current goes on with the archive. */
  | { readonly step: 'follow' };

/** Work whose chunks say whether a function's time may be too short for them. */
type SizedWork =
  | Extract<RebuildWork, { readonly kind: 'close' }>
  | (Omit<Extract<RebuildWork, { readonly kind: 'fold' }>, 'chunks'> & {
      readonly chunks: readonly (Chunk & { readonly large: boolean })[];
    });

export interface PlannedWork {
  readonly round: number;
  readonly left: boolean;
  readonly work: readonly SizedWork[];
}

/** Works of one round: their chunks fit into what a state may hold, 256 KB. */
const WORKS_A_ROUND = 20;
const CHUNKS_A_ROUND = 1_000;
/** Size of a chunk's unpacked records: at some 20,000 events a second a function has time for several times as much. */
const LARGE_BYTES = 256 * 1024 * 1024;

/** `leftMs`: how much time there is. @throws RebuildError, ArchiveError, StoreError */
export async function doStep(
  request: RebuildStepRequest,
  deps: StepDeps,
  leftMs: () => number = () => Number.POSITIVE_INFINITY,
): Promise<object> {
  switch (request.step) {
    case 'begin':
      return await begin(request.input, deps);
    case 'plan':
      return await plan(request, deps);
    case 'fold': {
      const { done } = await fold(request.generation, request.chunk, deps, leftMs);
      return { done };
    }
    case 'close': {
      const options = await optionsOf(request.generation, deps);
      await expectTurn({ kind: 'close', hour: request.hour }, options);
      await closeHour(request, options);
      return {};
    }
    case 'judge':
      return await judge(request.generation, deps);
    case 'report':
      return await reportOf(request.generation, deps);
    case 'switch':
      return await switchTo(request.generation, deps, leftMs);
    case 'follow':
      return await follow(deps, leftMs);
  }
}

/** What comes back is what the state machine goes on with. */
async function begin(input: RebuildInput, deps: StepDeps): Promise<object> {
  const { archive, generations, stream } = deps;
  const { generation: name, definition = deps.definition } = input;
  const [fromMs, toMs] = [momentOf('from', input.from), momentOf('to', input.to)];
  const begun = await beginGeneration(generations, {
    name,
    createdMs: deps.clock.nowMs(),
    archive: archive.name,
    stream: await streamOf(archive, stream.name),
    streamArn: stream.arn,
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
    definition,
  });
  await deps.createTables(name);
  return {
    generation: begun.name,
    switch: input.switch === true,
    force: input.force === true,
    plan: { round: 0 },
  };
}

function momentOf(name: string, value: string | number | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = typeof value === 'number' ? value : Date.parse(value);
  if (Number.isFinite(ms)) return ms;
  throw new RebuildError('generation', `${name}: found ${JSON.stringify(value)}, expected a time`, {
    advice: 'Give RFC 3339, such as 2026-11-28T09:00:00Z',
  });
}

async function known(name: string, { generations }: StepDeps): Promise<Generation> {
  const found = await generations.load(name);
  if (found !== undefined) return found;
  throw new RebuildError(
    'generation',
    `generation ${name}: found none of this name, expected one that was begun`,
    {
      advice: 'Begin it',
    },
  );
}

async function optionsOf(name: string, deps: StepDeps) {
  const { archive, generations, clock, random } = deps;
  const generation = await known(name, deps);
  const pipeline = parsePipeline(generation.definition);
  const fold = new GenerationFold({
    pipeline,
    tables: deps.tables(name),
    devices: deps.devices,
    clock,
    random,
  });
  return { generation, archive, generations, fold };
}

async function plan(
  { generation: name, round }: Extract<RebuildStepRequest, { readonly step: 'plan' }>,
  deps: StepDeps,
): Promise<PlannedWork> {
  const { archive, generations } = deps;
  const generation = await known(name, deps);
  const left = await planRebuild({
    ...{ generation, archive, generations },
    ...{ goingOn: true, levelIsDone: true },
  });
  const work: SizedWork[] = [];
  let chunks = 0;
  for (const each of left.slice(0, WORKS_A_ROUND)) {
    chunks += each.kind === 'fold' ? each.chunks.length : 0;
    if (work.length > 0 && chunks > CHUNKS_A_ROUND) break;
    work.push(sized(each));
  }
  return { round: round + 1, left: left.length > 0, work };
}

function sized(work: RebuildWork): SizedWork {
  if (work.kind === 'close') return work;
  const chunks = work.chunks.map(({ shard, hours, bytes }) => ({ shard, hours, large: bytes > LARGE_BYTES }));
  return { ...work, chunks };
}

/** Time kept for the batch under way, and for noting how far it is. */
const KEPT_MS = 60_000;

async function fold(name: string, chunk: Chunk, deps: StepDeps, leftMs: () => number) {
  const options = await optionsOf(name, deps);
  await expectTurn({ kind: 'fold', chunk }, options);
  return await rebuildChunk(chunk, { ...options, mayGoOn: () => leftMs() > KEPT_MS });
}

export interface RebuildReport {
  readonly audit: Pick<RebuildAudit, 'manifestRecords' | 'foldedRecords' | 'events'>;
  /** The first of them. */
  readonly problems: readonly string[];
  readonly balanced: boolean;
  readonly same: { readonly sources: number; readonly windows: number };
  readonly differences: number;
  readonly reasons: Readonly<Partial<Record<DifferenceReason, number>>>;
  readonly unexplained: number;
}

const PROBLEMS_TOLD = 10;

/** Audit and comparison; what came of them is noted, for a task answers nothing. */
async function judge(name: string, deps: StepDeps): Promise<RebuildReport> {
  const { generations } = deps;
  const options = await optionsOf(name, deps);
  await options.fold.tellUntold({ whole: true });
  const { problems, manifestRecords, foldedRecords, events } = await auditGeneration(
    options,
    deps.tables(name),
  );
  const current = (await generations.current()).generation;
  const { fromMs, definition } = options.generation;
  const closed = await generations.closedHours(name);
  const untilMs = closed.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);
  const differences = compareGenerations({
    live: sideOf(current, await pipelineOf(current, deps), deps),
    rebuilt: sideOf(name, parsePipeline(definition), deps),
    range: { fromMs, toMs: untilMs === 0 ? undefined : untilMs },
    nowMs: deps.clock.nowMs(),
  });
  const { found, reasons, same } = await tallyDifferences(differences);
  const report: RebuildReport = {
    audit: { manifestRecords, foldedRecords, events },
    problems: problems.slice(0, PROBLEMS_TOLD),
    balanced: problems.length === 0,
    same,
    differences: found,
    reasons,
    unexplained: reasons.unexplained ?? 0,
  };
  await generations.noteReport(name, report);
  return report;
}

async function pipelineOf(generation: string, deps: StepDeps): Promise<Pipeline> {
  const { definition } = generation === FIRST_GENERATION ? deps : await known(generation, deps);
  return parsePipeline(definition);
}

function sideOf(generation: string, pipeline: Pipeline, { tables }: StepDeps): ComparedSide {
  const { sources, windows } = tables(generation);
  return { states: new SourceStates(sources), windows: new Windows(windows), pipeline };
}

async function reportOf(name: string, { generations }: StepDeps): Promise<RebuildReport> {
  const report = await generations.report<RebuildReport>(name);
  if (report !== undefined) return report;
  throw new RebuildError('audit', `generation ${name}: found no report of it, expected one`, {
    advice: 'Start it again',
  });
}

/** Level with the stream when readers are switched: what came since the archive ends is not missing. */
async function switchTo(to: string, deps: StepDeps, leftMs: () => number): Promise<Current> {
  const { generations, clock } = deps;
  await catchUp(to, deps, leftMs);
  const { generation: from } = await generations.current();
  if (await generations.switchTo(to, { from, nowMs: clock.nowMs() })) return await generations.current();
  throw new RebuildError('generation', `found another generation than ${from} current`, {
    advice: 'Somebody else has switched meanwhile: look at `tidemill rebuild status`',
  });
}

async function catchUp(name: string, deps: StepDeps, leftMs: () => number): Promise<void> {
  const { source, clock, stream } = deps;
  const options = await optionsOf(name, deps);
  // A generation of another stream's archive has nothing to do with this one.
  if (source === undefined || options.generation.stream !== stream.name) return;
  const { level, records } = await catchUpWithStream({
    ...options,
    ...{ source, clock },
    mayGoOn: () => leftMs() > KEPT_MS,
  });
  if (level) return;
  throw new RebuildError(
    'stream',
    `generation ${name}: found it behind the stream after ${records} records more, expected it level within the time there is`,
    { advice: 'Start it again: it goes on from where the archive is by then' },
  );
}

async function follow(deps: StepDeps, leftMs: () => number): Promise<object> {
  const { generation: name } = await deps.generations.current();
  if (name === FIRST_GENERATION) return { followed: false };
  const options = { ...(await optionsOf(name, deps)), mayGoOn: () => leftMs() > KEPT_MS };
  for (const work of await planRebuild({ ...options, goingOn: true })) {
    if (work.kind === 'close') await closeHour(work, options);
    else
      for (const chunk of work.chunks)
        if (!(await rebuildChunk(chunk, options)).done) return { followed: true };
  }
  return { followed: true };
}
