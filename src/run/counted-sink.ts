// A sink whose records are counted as Kinesis counts them: what was taken, and what the shards' limits refused.
import type { RecordSink } from '../../producers/client/record-sink.ts';
import type { LocalCloudWatch } from '../local-stack/cloudwatch/local-cloudwatch.ts';

export function countedSink(sink: RecordSink, cloudWatch: Pick<LocalCloudWatch, 'takePut'>): RecordSink {
  return {
    async putRecords(request, signal) {
      const outcomes = await sink.putRecords(request, signal);
      const put = { records: 0, bytes: 0, refused: 0 };
      for (const [at, { data }] of request.records.entries()) {
        if (outcomes[at]?.kind === 'stored') {
          put.records += 1;
          put.bytes += data.length;
        } else put.refused += 1;
      }
      cloudWatch.takePut(request.streamName, put);
      return outcomes;
    },
  };
}
