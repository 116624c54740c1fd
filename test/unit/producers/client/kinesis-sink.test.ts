// How the SDK's answers and errors become the sink's.
import type { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, test } from 'vitest';
import { createKinesisSink } from '../../../../producers/client/kinesis-sink.ts';

const answering = (answer: () => unknown) => {
  const sent: unknown[] = [];
  const kinesis = {
    send: async (command: unknown) => {
      sent.push(command);
      return answer();
    },
  };
  // The sink uses `send` alone, and of it the one command.
  return { sent, sink: createKinesisSink(kinesis as unknown as Pick<KinesisClient, 'send'>) };
};
const put = (sink: ReturnType<typeof createKinesisSink>) =>
  sink.putRecords(
    { streamName: 'telemetry', records: [{ partitionKey: 'a', data: new Uint8Array([1]) }] },
    new AbortController().signal,
  );

describe('the Kinesis sink', () => {
  test('sends stream name, keys and data, and tells stored from refused records', async () => {
    const { sink, sent } = answering(() => ({
      FailedRecordCount: 1,
      Records: [
        { SequenceNumber: '1', ShardId: 's' },
        { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' },
        {},
      ],
    }));
    expect(await put(sink)).toEqual([
      { kind: 'stored' },
      { kind: 'refused', code: 'ProvisionedThroughputExceededException', message: 'Rate exceeded' },
      {
        kind: 'refused',
        code: 'NoSequenceNumber',
        message: 'the answer names neither a sequence number nor an error',
      },
    ]);
    expect((sent[0] as PutRecordsCommand).input).toEqual({
      StreamName: 'telemetry',
      Records: [{ PartitionKey: 'a', Data: new Uint8Array([1]) }],
    });
  });

  test.each([
    ['ProvisionedThroughputExceededException', 'transient'],
    ['TimeoutError', 'transient'],
    ['CredentialsProviderError', 'transient'],
    ['UnrecognizedClientException', 'transient'],
    ['InvalidSignatureException', 'transient'],
    ['IncompleteSignatureException', 'transient'],
    ['MissingAuthenticationTokenException', 'transient'],
    ['ExpiredTokenException', 'transient'],
    ['ValidationException', 'bad-record'],
    ['ResourceNotFoundException', 'refused'],
    ['AccessDeniedException', 'refused'],
  ])('takes %s as %s', async (name, failure) => {
    const cause = Object.assign(new Error('why'), { name });
    const { sink } = answering(() => {
      throw cause;
    });
    await expect(put(sink)).rejects.toMatchObject({
      name: 'PutRecordsError',
      code: name,
      failure,
      retryable: failure === 'transient',
      cause,
      message: `PutRecords to stream telemetry failed: ${name}: why`,
    });
  });
});
