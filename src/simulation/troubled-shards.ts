// A stream by its shards as a container sees it: calls take their time and fail as those of a table do.
import type { ShardedStream } from '../platform/sharded-stream.ts';
import type { Invocation } from './invocation.ts';

export function troubledShards(invocation: () => Invocation, inner: ShardedStream): ShardedStream {
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    const at = invocation();
    const fault = await at.call();
    if (fault?.kind === 'unavailable' && fault.when !== 'after') throw unavailable();
    const answer = await work();
    if (fault?.kind === 'unavailable') throw unavailable();
    await at.answer(fault);
    return answer;
  };
  return {
    arn: inner.arn,
    listShards: () => call(() => inner.listShards()),
    putIntoEach: (shards, data) =>
      call(async () => {
        // One that has been closed since it was listed takes none.
        const listed = await inner.listShards();
        const closed = new Set(listed.flatMap(({ parents }) => parents));
        return await inner.putIntoEach(
          shards.filter(({ id }) => !closed.has(id)),
          data,
        );
      }),
  };
}

function unavailable(): Error {
  return new Error('the stream could not be reached');
}
