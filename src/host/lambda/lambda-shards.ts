import { createShardedStreams } from '../../platform/sharded-stream.ts';
import type { FunctionHost } from '../function-host.ts';

/** One client for all streams. */
export function lambdaShards(): Pick<FunctionHost, 'shards'> {
  return { shards: createShardedStreams() };
}
