// The service counts ticks among the records that come into a stream: so does a local run.
import type { LocalCloudWatch } from '../local-stack/cloudwatch/local-cloudwatch.ts';
import type { ShardedStream } from '../platform/sharded-stream.ts';

export function countedShards(
  shards: (arn: string) => ShardedStream,
  cloudWatch: Pick<LocalCloudWatch, 'takePut'>,
): (arn: string) => ShardedStream {
  return (arn) => {
    const stream = shards(arn);
    return {
      arn,
      listShards: () => stream.listShards(),
      putIntoEach: async (into, data) => {
        const records = await stream.putIntoEach(into, data);
        const refused = into.length - records;
        cloudWatch.takePut(arn.slice(arn.indexOf('/') + 1), {
          records,
          bytes: records * data.length,
          refused,
        });
        return records;
      },
    };
  };
}
