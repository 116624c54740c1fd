// An incident from the lines that functions log to a case that holds.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { wire } from '../../../consumers/aggregate/wire.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { kinesisEventRecord } from '../../../src/event-source/kinesis-record.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import { noteRunsIfAsked } from '../../../src/host/note-runs.ts';
import { FolderObjects } from '../../../src/stores/archive/folder-objects.ts';
import { archivedEntries } from '../../../src/testing/archived-entries.ts';
import { archiveEvents } from '../../support/archive-of-events.ts';
import { runHere } from '../../support/command-here.ts';
import { noShards } from '../../support/shards-in-memory.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const T0 = Date.UTC(2026, 10, 28, 9);
const DEFINITION = { aggregations: [{ name: 'm', window: { tumbling: '60s' } }] };
const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };

/** An archive of ten records, and what a function logs that handles them in two batches. */
async function recorded(cwd: string): Promise<readonly string[]> {
  const objects = new FolderObjects(join(cwd, 'archive'));
  const sources = ['a', 'b'];
  const events = Array.from({ length: 10 }, (_, at) => ({
    source: sources[at % 2] ?? '',
    time: T0 + at * 1_000,
    values: { v: at },
  }));
  await archiveEvents(objects, events);
  const lines: string[] = ['INIT_START Runtime Version: nodejs:24'];
  const info = (message: string, fields: object) =>
    lines.push(JSON.stringify({ level: 'INFO', message, ...fields }));
  const host = memoryHost({
    pipeline: parsePipeline(DEFINITION),
    clock: { nowMs: () => T0 + 60_000, sleep: async () => {} },
    shards: noShards,
    setting: () => '',
    option: (name) => (name === 'noteRuns' ? 'true' : undefined),
    log: { info, warn: () => {}, error: () => {} },
  });
  const handle = noteRunsIfAsked('aggregate', host, (given) => wire(given));
  const records = [];
  for await (const entry of archivedEntries(objects))
    if (entry.kind === 'kinesis')
      records.push(kinesisEventRecord({ ...entry, data: Buffer.from(entry.data, 'base64') }, ARN));
  await handle({ Records: records.slice(0, 4) }, CONTEXT);
  await handle({ Records: records.slice(4, 8) }, CONTEXT);
  return lines;
}

const ARN = 'arn:aws:kinesis:eu-central-1:123456789012:stream/telemetry';

it('makes a case of log and archive that plays to the byte, and holds', async () => {
  const cwd = await temporaryFolder();
  const lines = await recorded(cwd);
  const events = lines.map((message, at) => ({ timestamp: T0 + at, message }));
  await writeFile(join(cwd, 'log.json'), JSON.stringify({ events }));
  await writeFile(join(cwd, 'p.json'), JSON.stringify(DEFINITION));
  const asked = ['incident', 'log.json', '--archive', 'archive', '--pipeline', 'p.json', '--into', 'outage'];
  const captured = await runHere(asked, { cwd });
  expect(captured, captured.stderr).toMatchObject({
    code: 0,
    stdout: '8 records, 2 runs (0 cut off), 5 calls of tables; plays to the byte\n',
  });
  expect(await readFile(join(cwd, 'outage/expected.csv'), 'utf8')).toContain(
    `window,m|a,${T0},${T0 + 60_000},v,sum,12\n`,
  );
  expect(await runHere(['test', 'outage'], { cwd })).toMatchObject({ code: 0, stdout: 'ok outage\n' });
});

it('refuses a log that lacks a line, and an archive that lacks records, and says which', async () => {
  const cwd = await temporaryFolder();
  const lines = await recorded(cwd);
  await writeFile(join(cwd, 'p.json'), JSON.stringify(DEFINITION));
  await writeFile(join(cwd, 'cut.log'), lines.toSpliced(2, 1).join('\n'));
  const options = ['--archive', 'archive', '--pipeline', 'p.json', '--into', 'outage'];
  const cut = await runHere(['incident', 'cut.log', ...options], { cwd });
  expect(cut.code).toBe(1);
  expect(cut.stderr).toMatch(
    /found its note 2 behind 1 others, expected note 1: the log that was captured lacks it/,
  );
  await writeFile(join(cwd, 'whole.log'), lines.join('\n'));
  const late = ['--from', String(T0 + 2_000)];
  const lacking = await runHere(['incident', 'whole.log', ...options, ...late], { cwd });
  expect(lacking.code).toBe(1);
  expect(lacking.stderr).toMatch(/found 2 records from 101 to 104, expected 4: those that the batch had/);
});
