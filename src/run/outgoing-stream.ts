// The streams of a run in memory, as functions put records into them.
import type { RecordSink } from '../../producers/client/record-sink.ts';
import type { OutgoingStream } from '../platform/outgoing-stream.ts';

export function outgoingStream(sink: RecordSink, streamName: string): OutgoingStream {
  return {
    async put(records) {
      const results = await sink.putRecords({ streamName, records }, new AbortController().signal);
      return results.map((result) =>
        result.kind === 'stored' ? undefined : `${result.code}: ${result.message}`,
      );
    },
  };
}
