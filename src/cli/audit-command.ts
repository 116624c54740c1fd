import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { loadPipeline } from '../../cdk/load-pipeline.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import { OUTPUTS } from '../platform/names.ts';
import { archiveCounts } from '../stores/audit/archive-counts.ts';
import { auditNow } from '../stores/audit/audit-now.ts';
import type { AuditProgress } from '../stores/audit/audit-progress.ts';
import type { AuditDeps } from '../stores/audit/audit-step.ts';
import { DeadLetters } from '../stores/dead-letters.ts';
import { DynamoTable } from '../stores/dynamo-table.ts';
import { GivenUpRecords } from '../stores/given-up-records.ts';
import { SourceStates } from '../stores/source-states.ts';
import { StreamProgress } from '../stores/stream-progress.ts';
import { Windows } from '../stores/windows.ts';
import { UsageError } from './exit.ts';
import { formatAudit, shardsInWords } from './format-audit.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { wholeNumber } from './options.ts';
import { Progress } from './progress.ts';
import { type RebuildPlace, useRebuildPlace } from './rebuild-place.ts';

interface AuditOptions extends StoreOptions {
  readonly pipeline?: string;
  readonly all?: true;
  /** A place, or true: the stack's own. */
  readonly archive?: string | true;
  readonly wait: number;
  readonly json?: true;
}

const DEPTH = 120;
const STARTS = 10;

export function auditCommand(): Command {
  return withStoreOptions(new Command('audit'))
    .description(
      'compare stored windows, dead letters and rollups with the counts of their sources, and name the first place that does not add up',
    )
    .option('--all', `check everything that is kept, not only the latest ${DEPTH} windows of each source`)
    .option(
      '--archive [place]',
      "also compare with what the stream carried, by the stack's own archive, or one in a folder or s3://bucket/prefix",
    )
    .option(
      '--wait <seconds>',
      'how long to wait for pending changes if something looks missing',
      wholeNumber(0, 86_400),
      60,
    )
    .option(
      '--pipeline <file>',
      'the deployed pipeline definition, TypeScript or JSON (default: cdk/pipeline.ts)',
    )
    .option('--json', 'one JSON object on stdout')
    .addHelpText('after', HELP)
    .action(audit);
}

const HELP = `
For each source it compares the ledger with the events in the source's windows, the windows it closed (they are numbered) with those
stored, the dead letters it wrote (numbered too) with those stored, and, for the latest windows, rollups with their sources.
With --archive it first compares, for each shard and hour, the records that were handled with those in the archive. You can run it
while events arrive: if something looks missing, it waits until all changes of the source are processed, and compares again.
Where the ids of a source count, it also tells which numbers were left out; that is information, no difference.

Exit code 1: there is a difference, or something looks missing and its changes were not processed within --wait.
docs/audit.md says what each difference means and what to do. A function does the same on a schedule; its alarm is audit-differences.

Examples:
  tidemill audit                              the local run in this folder
  tidemill audit --outputs outputs.json       on AWS
  tidemill audit --archive                    also compare with the stack's archive
  tidemill audit --data FOLDER --wait 0       the data folder of a finished run`;

async function audit(options: AuditOptions): Promise<void> {
  const pipeline = parsePipeline(await loadPipeline(options.pipeline));
  const drawn = new Progress();
  const pass = async ({ states, windows, deadLetters, stream }: Audited) =>
    await auditNow(
      {
        pipeline,
        states,
        windows,
        deadLetters,
        stream,
        nowMs: Date.now,
        depth: options.all === true ? Number.POSITIVE_INFINITY : DEPTH,
        starts: options.all === true ? Number.POSITIVE_INFINITY : STARTS,
      },
      {
        waitMs: options.wait * 1_000,
        sleep: async (ms) => await sleep(ms),
        onProgress: (now) => drawn.draw(stepInWords(now)),
      },
    );
  const { archive } = options;
  const progress =
    archive === undefined
      ? await useStores(options, pass)
      : await useRebuildPlace(options, async (place) => await pass(await auditedWith(place, archive)));
  drawn.clear();
  process.stdout.write(options.json ? `${JSON.stringify(toJson(progress))}\n` : `${formatAudit(progress)}\n`);
  if (progress.found + progress.suspects.length > 0) process.exitCode = 1;
}

type Audited = Pick<AuditDeps, 'states' | 'windows' | 'deadLetters' | 'stream'>;

/** Which shard came from which is asked of nobody: an hour that is the last of a closed shard waits for the scheduled audit. */
async function auditedWith(place: RebuildPlace, archive: string | true): Promise<Audited> {
  const { names, outputs } = place;
  const table = (name: string) => new DynamoTable(place.client, name);
  const { objects } = await place.archive(archive === true ? undefined : archive);
  const stream = outputs[OUTPUTS.stream];
  if (stream === undefined)
    throw new UsageError(`found no output ${OUTPUTS.stream} of the stack, expected the name of its stream`);
  return {
    states: new SourceStates(table(names.sources)),
    windows: new Windows(table(names.windows)),
    deadLetters: new DeadLetters(table(names.deadLetters)),
    stream: {
      streams: [{ arn: await place.streamArn(stream), listShards: async () => [] }],
      progress: new StreamProgress(table(names.readers)),
      givenUp: new GivenUpRecords(table(names.readers)),
      carried: archiveCounts(objects),
    },
  };
}

function stepInWords({ phase, compared, found, suspects }: AuditProgress): readonly string[] {
  const counts = `${shardsInWords(compared)}${compared.sources} sources, ${compared.windows} windows, ${compared.rollupWindows} rollup windows`;
  return [`${phase}: ${counts}; ${found} differences, ${suspects.length} to be decided`];
}

function toJson({ compared, ids, found, differences, suspects }: AuditProgress) {
  const undecided = suspects.map(({ difference }) => difference);
  return { ...compared, differences: found, first: differences, undecided, ids };
}
