import { Command } from 'commander';
import { CaseError } from '../testing/case-error.ts';
import type { CaseResult } from '../testing/run-case.ts';
import { RecordingError } from '../wire/recording-error.ts';
import { UsageError } from './exit.ts';

interface TestOptions {
  readonly json?: true;
}

export function testCommand(): Command {
  return new Command('test')
    .description('run recorded cases in memory and compare the results with the expected ones')
    .argument('<case...>', 'folders, each with pipeline.json, events.ndjson and expected.csv, or an incident')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      `
Each case is run in several ways that must all give the same results: with batches of 1, 17 and 100 records; with every batch
delivered twice; with every commit lost once, and with every commit's answer lost once. The functions, the stores and the
event source mapping are the real ones, on tables in memory under a virtual clock.

events.ndjson: one event per line, in stream order, with arrivedAt (ms) as its arrival time; or one recorded Kinesis
record per line. A line with a bare NaN or Infinity goes in as it is. Between them:
  {"$close": ms}          the closer runs at that moment
  {"$clock": ms}          alert-clock runs at that moment
  {"$pipeline": "FILE"}   the definition in this file is deployed
  {"$expire": ms}         TTL removes items that have expired by then
  {"$flush": true}        the batch ends
  {"$recording": "FOLDER"} the records of a recording or archive (docs/archive.md), all or some:
                          {"$recording": {"recording": "FOLDER", "from": TIME, "to": TIME, "sources": ["d1"]}}
After the last line all open windows are closed.

expected.csv: kind,series,start,end,metric,aggregate,value[,tolerance]. Kinds are window (series AGGREGATION|SOURCE),
rollup (NAME|[VALUES]), alert (the transition's id; the metric is the rule, the aggregate FROM->TO), letter (the source;
the aggregate is the reason) and ledger (the aggregate is the verdict). A value may be "absent" or "*". With
"#only window,rollup" as the first line, results of these kinds with the aggregates named must not have other rows.

A folder with incident.ndjson is a captured incident (tidemill incident, docs/incidents.md). It is run once, with the same
batches, failures and interrupted runs. It needs no expected.csv.

Exit codes: 0 every case passes, 1 a case fails, 2 bad usage (or a folder that is not a case).`,
    )
    .action(test);
}

async function test(folders: readonly string[], options: TestOptions): Promise<void> {
  const [{ describeCase }, { isIncidentFolder }] = await Promise.all([
    import('../testing/describe-case.ts'),
    import('../testing/run-incident.ts'),
  ]);
  const cases = await Promise.all(
    folders.map((folder) => (isIncidentFolder(folder) ? incidentOf(folder) : caseOf(folder))),
  ).catch((error: unknown) => {
    throw error instanceof CaseError || error instanceof RecordingError
      ? new UsageError(error.message, { cause: error })
      : error;
  });
  const results = [];
  for (const run of cases) {
    const result = await run();
    results.push(result);
    if (result.failures.length > 0) process.exitCode = 1;
    if (!options.json) process.stdout.write(describeCase(result));
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ cases: results })}\n`);
}

async function caseOf(folder: string): Promise<() => Promise<CaseResult>> {
  const [{ readRecordedCase }, { runCase }] = await Promise.all([
    import('../testing/recorded-case.ts'),
    import('../testing/run-case.ts'),
  ]);
  const recorded = await readRecordedCase(folder);
  return () => runCase(recorded);
}

async function incidentOf(folder: string): Promise<() => Promise<CaseResult>> {
  const { runIncident } = await import('../testing/run-incident.ts');
  return () => runIncident(folder);
}
