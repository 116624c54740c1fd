// The client's sink over the AWS SDK. The caller makes the SDK client and so chooses endpoint, credentials and
// request handler (local servers that speak plain HTTP/1.1 need `NodeHttpHandler`).
import { type KinesisClient, PutRecordsCommand, type PutRecordsResultEntry } from '@aws-sdk/client-kinesis';
import {
  PutRecordsError,
  type PutRecordsFailure,
  type RecordResult,
  type RecordSink,
} from './record-sink.ts';

/**
 * Puts records by the AWS SDK.
 *
 * @param kinesis a Kinesis client of the SDK, with region, credentials and endpoint
 * @returns a sink for `createTelemetryClient`. It rejects with PutRecordsError, which says whether another attempt may help
 * @example createKinesisSink(new KinesisClient({ region: 'eu-central-1' }))
 */
export function createKinesisSink(kinesis: Pick<KinesisClient, 'send'>): RecordSink {
  return {
    async putRecords({ streamName, records }, signal) {
      const command = new PutRecordsCommand({
        StreamName: streamName,
        Records: records.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
      });
      try {
        const answer = await kinesis.send(command, { abortSignal: signal });
        return (answer.Records ?? []).map(toResult);
      } catch (error) {
        throw toPutRecordsError(error, streamName);
      }
    },
  };
}

function toResult(entry: PutRecordsResultEntry): RecordResult {
  if (entry.SequenceNumber !== undefined && entry.ErrorCode === undefined) return { kind: 'stored' };
  return {
    kind: 'refused',
    code: entry.ErrorCode ?? 'NoSequenceNumber',
    message: entry.ErrorMessage ?? 'the answer names neither a sequence number nor an error',
  };
}

/**
 * The service's own words for what no second attempt will change; all else may pass: lost connections, and credentials that
 * are slow to come, are being exchanged, are just made and not known everywhere, or are signed by a clock that is being set.
 */
const FAILURE_BY_NAME: Readonly<Record<string, PutRecordsFailure>> = {
  ValidationException: 'bad-record',
  InvalidArgumentException: 'bad-record',
  SerializationException: 'bad-record',
  ResourceNotFoundException: 'refused',
  AccessDeniedException: 'refused',
  KMSAccessDeniedException: 'refused',
  KMSDisabledException: 'refused',
  KMSInvalidStateException: 'refused',
  KMSNotFoundException: 'refused',
  KMSOptInRequired: 'refused',
};

function toPutRecordsError(error: unknown, streamName: string): PutRecordsError {
  const code = error instanceof Error ? error.name : 'UnknownError';
  const reason = error instanceof Error ? error.message : String(error);
  return new PutRecordsError(`PutRecords to stream ${streamName} failed: ${code}: ${reason}`, {
    code,
    failure: FAILURE_BY_NAME[code] ?? 'transient',
    cause: error,
  });
}
