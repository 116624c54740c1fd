// A captured incident as a case: a folder with `pipeline.json`, `incident.ndjson` and, where something is expected of it, `expected.csv`.
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { readTextFile } from '../wire/read-text-file.ts';
import { CaseError } from './case-error.ts';
import type { FoundRow } from './case-rows.ts';
import { findRows } from './find-rows.ts';
import { IncidentTables } from './incident-tables.ts';
import { judgeRows } from './judge-rows.ts';
import { PipelineRunner } from './pipeline-runner.ts';
import { type PlayedIncident, playIncident } from './play-incident.ts';
import { readExpected } from './read-expected.ts';
import { type Incident, readIncident } from './read-incident.ts';
import type { CaseResult } from './run-case.ts';

export const INCIDENT_FILE = 'incident.ndjson';

export function isIncidentFolder(folder: string): boolean {
  return existsSync(join(folder, INCIDENT_FILE));
}

export interface IncidentResult extends CaseResult {
  /** undefined: it could not be played. */
  readonly played: PlayedIncident | undefined;
}

/** @throws IncidentError, PipelineError or CaseError for files that are not what they should be */
export async function runIncident(folder: string): Promise<IncidentResult> {
  const path = (name: string) => join(folder, name);
  const pipeline = parsePipeline(parseJson(await readTextFile(path('pipeline.json')), path('pipeline.json')));
  const incident = readIncident(await readTextFile(path(INCIDENT_FILE)), path(INCIDENT_FILE));
  const expected = existsSync(path('expected.csv'))
    ? readExpected(await readTextFile(path('expected.csv')), path('expected.csv'))
    : { rows: [], only: new Set<never>() };
  const outcome = { name: basename(resolve(folder)), variants: 1 };
  try {
    const { played, rows } = await incidentRows(incident, pipeline);
    const differences = judgeRows(expected, rows);
    const failures =
      differences.length === 0 ? [] : [{ variants: [AS_IT_WAS], problem: undefined, differences }];
    return { ...outcome, failures, played };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ...outcome, failures: [{ variants: [AS_IT_WAS], problem, differences: [] }], played: undefined };
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CaseError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** What comes of an incident, and of what is open when all of it is closed. @throws IncidentError where it cannot be played */
export async function incidentRows(
  incident: Incident,
  pipeline: Pipeline,
): Promise<{ readonly played: PlayedIncident; readonly rows: readonly FoundRow[] }> {
  const runner = new PipelineRunner({ pipeline, startMs: startOf(incident), batchSize: BATCH_SIZE });
  try {
    const played = await playInto(runner, incident);
    await runner.close('everything');
    return { played, rows: await findRows(runner) };
  } finally {
    await runner.stop();
  }
}

/** The states are written as they were; rollups and alerts are made of that as ever. */
export async function playInto(runner: PipelineRunner, incident: Incident): Promise<PlayedIncident> {
  const played = await playIncident(incident, {
    pipeline: runner.pipeline,
    tables: new IncidentTables(runner.tables),
    at: (atMs) => runner.moveTo(atMs),
  });
  await runner.caughtUp();
  return played;
}

export function startOf({ notes: [first] }: Incident): number {
  return first?.atMs ?? 0;
}

const AS_IT_WAS = 'the incident as it was';
const BATCH_SIZE = 10_000;
