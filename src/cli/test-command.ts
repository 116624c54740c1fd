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
A case is run in each way that must make no difference: with batches of 1, 17 and 100 records; with every batch
delivered twice; with every commit lost once, and with every commit's answer lost once. The functions, the stores and the
event source mapping are the real ones, on tables in memory under a virtual clock.

events.ndjson: an event a line, in stream order, as the stream carries it, with arrivedAt (ms) for its arrival; or a
recorded Kinesis record a line. Between them:
  {"$close": ms}          the closer runs at that moment
  {"$clock": ms}          the clock of alerts runs at that moment
  {"$pipeline": "FILE"}   this definition is deployed
  {"$expire": ms}         TTL removes what has expired by then
  {"$flush": true}        the batch ends
  {"$recording": "FOLDER"} what a recording or an archive holds (docs/archive.md), all of it, or some:
                          {"$recording": {"recording": "FOLDER", "from": TIME, "to": TIME, "sources": ["d1"]}}
After the last line everything that is open is closed.

expected.csv: kind,series,start,end,metric,aggregate,value[,tolerance]. Kinds are window (series AGGREGATION|SOURCE),
rollup (NAME|[VALUES]), alert (the transition's id; the metric is the rule, the aggregate FROM->TO), letter (the source;
the aggregate is the reason) and ledger (the aggregate is the verdict). A value may be "absent" or "*". A first line
"#only window,rollup": there are no other rows of these kinds with the aggregates named.

A folder with incident.ndjson is an incident that was captured (tidemill incident, docs/incidents.md). It is played once, as it was: the same
batches, failures and cut-off runs. expected.csv may be left out.

Exit codes: 0 every case holds, 1 one does not, 2 bad usage (also: a folder that is no case).`,
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
