import type { FunctionHost } from '../../src/host/function-host.ts';
import { ARCHIVED_STREAMS } from '../../src/platform/names.ts';
import { archiveCounts } from '../../src/stores/audit/archive-counts.ts';
import { AuditStore } from '../../src/stores/audit/audit-progress.ts';
import type { StreamAuditDeps } from '../../src/stores/audit/look-at-streams.ts';
import type { StreamCounts } from '../../src/stores/audit/stream-counts.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { GivenUpRecords } from '../../src/stores/given-up-records.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { StreamProgress } from '../../src/stores/stream-progress.ts';
import { Windows } from '../../src/stores/windows.ts';
import { type AuditFunctionDeps, createAudit } from './audit.ts';

type Host = Pick<
  FunctionHost,
  'pipeline' | 'table' | 'objects' | 'shards' | 'option' | 'log' | 'meter' | 'clock'
>;
interface Options extends Partial<Pick<AuditFunctionDeps, 'passEveryMs' | 'depth' | 'starts'>> {
  /** Who counts what the stream carries; default: the archive, where the stack names the streams it is of. */
  readonly carried?: StreamCounts;
}

export const wire = (
  host: Host,
  { passEveryMs = 3_600_000, depth = 120, starts = 10, carried }: Options = {},
) => {
  const { pipeline, table, log, meter, clock } = host;
  return createAudit({
    pipeline,
    states: new SourceStates(table('sources')),
    windows: new Windows(table('windows')),
    deadLetters: new DeadLetters(table('deadLetters')),
    store: new AuditStore(table('readers')),
    log,
    meter,
    nowMs: () => clock.nowMs(),
    passEveryMs,
    depth,
    starts,
    stream: streamAudit(host, carried),
  });
};

function streamAudit(
  { table, objects, shards, option }: Host,
  carried: StreamCounts | undefined,
): StreamAuditDeps | undefined {
  const arns = option(ARCHIVED_STREAMS);
  if (arns === undefined) return undefined;
  return {
    streams: arns.split(',').map((arn) => ({ arn, listShards: () => shards(arn).listShards() })),
    progress: new StreamProgress(table('readers')),
    givenUp: new GivenUpRecords(table('readers')),
    carried: carried ?? archiveCounts(objects('archive')),
  };
}
