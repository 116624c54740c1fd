import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import type { FoundRow } from '../testing/case-rows.ts';
import type { PlayedIncident } from '../testing/play-incident.ts';
import { moment } from './options.ts';
import { formatNumber } from './print-table.ts';

interface IncidentOptions {
  readonly archive: string;
  readonly into: string;
  readonly pipeline?: string;
  readonly stream?: string;
  readonly from?: number;
  readonly to?: number;
  readonly json?: true;
}

export function incidentCommand(): Command {
  return new Command('incident')
    .description('make a case of an incident from logs and archive, which replays it bit for bit')
    .argument('<log...>', "files with the log lines of aggregate and close, one function's or both")
    .requiredOption('--archive <place>', 'the archive of the stream: a folder, or s3://bucket/prefix')
    .requiredOption('--into <folder>', 'where the case is written')
    .option(
      '--pipeline <file>',
      'the definition that was deployed, TypeScript or JSON (default: cdk/pipeline.ts)',
    )
    .option('--stream <name>', 'the archived stream, if the archive has several')
    .option(
      '--from <time>',
      'only records that arrived at this time or later; the log is used from its first line',
      moment,
    )
    .option('--to <time>', 'only records that arrived before this time', moment)
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      `
The functions log their runs if the stack has "incidents" (npx cdk deploy -c archive=true -c incidents=true). The files may contain the functions' own
lines, the output of "aws logs tail GROUP --since 1h", or the answer of "aws logs filter-log-events --log-group-name GROUP".

The folder is a recorded case: tidemill test FOLDER replays it in memory, in milliseconds. docs/incidents.md describes its files.

Exit codes: 0 done, 1 the case was made, but its replay fails or differs, 2 bad usage.`,
    )
    .action(incident);
}

async function incident(logs: readonly string[], options: IncidentOptions): Promise<void> {
  const [{ loadPipeline }, capture, archived, { readIncident }, { incidentRows, INCIDENT_FILE }] =
    await Promise.all([
      import('../../cdk/load-pipeline.ts'),
      import('../testing/capture-incident.ts'),
      import('../testing/archived-entries.ts'),
      import('../testing/read-incident.ts'),
      import('../testing/run-incident.ts'),
    ]);
  const definition = await loadPipeline(options.pipeline);
  const notes = capture.notesInLogs(await Promise.all(logs.map((file) => readFile(file, 'utf8'))));
  const isNamed = capture.recordsNamedBy(notes);
  const { stream, from: fromMs, to: toMs } = options;
  const records: string[] = [];
  for await (const entry of archived.archivedEntries(archived.openArchive(options.archive), {
    stream,
    fromMs,
    toMs,
  }))
    if (entry.kind === 'kinesis' && isNamed(entry)) records.push(capture.incidentLine(entry));
  const text = `${[...records, ...notes.map((note) => JSON.stringify(note))].join('\n')}\n`;
  await mkdir(options.into, { recursive: true });
  await writeFile(join(options.into, INCIDENT_FILE), text);
  await writeFile(join(options.into, 'pipeline.json'), `${JSON.stringify(definition, undefined, 2)}\n`);
  const { played, rows } = await incidentRows(readIncident(text, INCIDENT_FILE), parsePipeline(definition));
  await writeFile(join(options.into, 'expected.csv'), await expectedCsv(rows));
  if (played.deviation !== undefined) process.exitCode = 1;
  const done = { records: records.length, ...played };
  process.stdout.write(options.json ? `${JSON.stringify(done)}\n` : `${lineOf(done)}\n`);
}

async function expectedCsv(rows: readonly FoundRow[]): Promise<string> {
  const { rowText } = await import('../testing/case-rows.ts');
  const valued = rows.filter(({ value }) => value !== undefined);
  const lines = valued.map((row) => `${rowText(row)},${row.value}`);
  return `${['kind,series,start,end,metric,aggregate,value', ...lines].join('\n')}\n`;
}

function lineOf({
  records,
  runs,
  cutOff,
  calls,
  deviation,
}: PlayedIncident & { readonly records: number }): string {
  const held = `${formatNumber(records)} records, ${formatNumber(runs)} runs (${formatNumber(cutOff)} cut off), ${formatNumber(calls)} calls of tables`;
  return `${held}; ${deviation === undefined ? 'plays to the byte' : `plays, but not to the byte: ${deviation}`}`;
}
