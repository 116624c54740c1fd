// How Lambda's pollers read (rule 1), for runs that are to be as slow as the service; local runs poll faster.
import type { PollingSettings } from './mapping-deps.ts';
import type { StreamKind } from './ports.ts';

/** A shard at its tip is asked once a second on Kinesis, four times on DynamoDB Streams; reads are as long as they may be. */
export function lambdaPolling(kind: StreamKind): PollingSettings {
  return kind === 'kinesis'
    ? { idlePollMs: 1_000, shardRefreshMs: 60_000, readLimit: 10_000 }
    : { idlePollMs: 250, shardRefreshMs: 60_000, readLimit: 1_000 };
}
