// Runs a recorded case in every way that must make no difference: batches of several sizes, records that come twice, writes
// that are lost.
import { imbalance } from '../core/ledger.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { PipelineError } from '../core/pipeline/pipeline-error.ts';
import { readLedger } from '../stores/read-ledger.ts';
import type { Table } from '../stores/table.ts';
import { findRows } from './find-rows.ts';
import { judgeRows, type RowDifference } from './judge-rows.ts';
import { LossyTable } from './lossy-table.ts';
import { PipelineRunner, type RunnerOptions } from './pipeline-runner.ts';
import type { CaseDefinition, CaseStep, RecordedCase } from './recorded-case.ts';

/** A way of running a case. */
export interface CaseVariant {
  readonly name: string;
  readonly batchSize: number;
  readonly trouble: (typeof TROUBLES)[number];
}

export interface CaseResult {
  readonly name: string;
  readonly variants: number;
  /** Empty where the case holds. */
  readonly failures: readonly CaseFailure[];
}

export interface CaseFailure {
  /** Those that fail alike; empty where the case cannot be run at all. */
  readonly variants: readonly string[];
  /** Why it could not be run, or what holds no more whatever is expected. */
  readonly problem: string | undefined;
  readonly differences: readonly RowDifference[];
}

const BATCH_SIZES = [1, 17, 100] as const;
const TROUBLES = ['none', 'twice', 'commit', 'answer'] as const;
const TROUBLE_NAMES = {
  none: '',
  twice: ', each delivered twice',
  commit: ', each commit lost once',
  answer: ", each commit's answer lost once",
} as const;

export const CASE_VARIANTS: readonly CaseVariant[] = TROUBLES.flatMap((trouble) =>
  BATCH_SIZES.map((batchSize) => {
    const records = batchSize === 1 ? '1 record' : `${batchSize} records`;
    return { name: `batches of ${records}${TROUBLE_NAMES[trouble]}`, batchSize, trouble };
  }),
);

/** @param variants some of `CASE_VARIANTS`; default: all */
export async function runCase(
  recorded: RecordedCase,
  variants: readonly CaseVariant[] = CASE_VARIANTS,
): Promise<CaseResult> {
  const { name } = recorded;
  const prepared = prepare(recorded);
  if (typeof prepared === 'string') {
    return { name, variants: 0, failures: [{ variants: [], problem: prepared, differences: [] }] };
  }
  const alike = new Map<string, { readonly variants: string[] } & Omit<CaseFailure, 'variants'>>();
  for (const variant of variants) {
    const outcome = await runVariant(recorded, prepared, variant);
    if (outcome.problem === undefined && outcome.differences.length === 0) continue;
    const key = JSON.stringify(outcome);
    const failure = alike.get(key) ?? { variants: [], ...outcome };
    failure.variants.push(variant.name);
    alike.set(key, failure);
  }
  return { name, variants: variants.length, failures: [...alike.values()] };
}

/** The definitions, checked; a text is what is wrong with one of them. */
type Prepared = ReadonlyMap<CaseDefinition, Pipeline>;

function prepare({ pipeline, steps }: RecordedCase): Prepared | string {
  const deployed = steps.flatMap((step) => (step.kind === 'deploy' ? [step.pipeline] : []));
  const prepared = new Map<CaseDefinition, Pipeline>();
  for (const each of [pipeline, ...deployed]) {
    try {
      prepared.set(each, parsePipeline(each.definition));
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      return `${each.file}: ${error.message}`;
    }
  }
  return prepared;
}

type Outcome = Omit<CaseFailure, 'variants'>;

async function runVariant(
  { pipeline, steps, expected }: RecordedCase,
  prepared: Prepared,
  variant: CaseVariant,
): Promise<Outcome> {
  const runner = new PipelineRunner({
    ...optionsOf(variant),
    pipeline: checked(prepared, pipeline),
    startMs: steps.find((step) => step.kind === 'put')?.item.arrivalMs ?? 0,
  });
  try {
    for (const step of steps) await take(step, runner, prepared);
    await runner.close('everything');
    return { problem: await brokenBooks(runner), differences: judgeRows(expected, await findRows(runner)) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error), differences: [] };
  } finally {
    await runner.stop();
  }
}

function optionsOf({
  batchSize,
  trouble,
}: CaseVariant): Pick<RunnerOptions, 'batchSize' | 'deliveries' | 'table'> {
  if (trouble === 'none') return { batchSize };
  if (trouble === 'twice') return { batchSize, deliveries: 2 };
  const lost = new Set<string>();
  return { batchSize, table: (_, stored: Table) => new LossyTable(stored, { loss: trouble, lost }) };
}

async function take(step: CaseStep, runner: PipelineRunner, prepared: Prepared): Promise<void> {
  switch (step.kind) {
    case 'put':
      return runner.put(step.item);
    case 'flush':
      return await runner.caughtUp();
    case 'close':
      return await runner.close({ atMs: step.atMs });
    case 'clock':
      return await runner.runAlertClock(step.atMs);
    case 'expire':
      return await runner.expire(step.atMs);
    case 'deploy':
      return await runner.deploy(checked(prepared, step.pipeline));
  }
}

function checked(prepared: Prepared, definition: CaseDefinition): Pipeline {
  const pipeline = prepared.get(definition);
  if (pipeline === undefined) throw new Error(`${definition.file} was not prepared`);
  return pipeline;
}

/** What no case needs to say. */
async function brokenBooks({ states, deadLetters }: PipelineRunner): Promise<string | undefined> {
  const ledger = await readLedger(states, deadLetters);
  const { received, applied, duplicate, late, quarantined, lateLetters, refused, refusedLetters } = ledger;
  if (imbalance(ledger) !== 0) {
    return `the books do not balance: received ${received}, applied ${applied}, duplicate ${duplicate}, late ${late}, quarantined ${quarantined}`;
  }
  if (late === lateLetters && refused === refusedLetters) return undefined;
  return `the dead letters do not match the books: late ${late} with ${lateLetters} letters, source full ${refused} with ${refusedLetters} letters`;
}
