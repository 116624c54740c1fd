// What a failure destination gets of a discarded batch (rules 41 to 43): metadata for queues and topics, the whole event
// beside it for S3.
import type { EpochMs } from './brands.ts';
import type { DiscardedBatch, RecordMark, StreamKind } from './ports.ts';

export interface FailureRecordOptions {
  readonly functionArn: string;
  readonly stream: { readonly kind: StreamKind; readonly arn: string };
  readonly requestId: string;
  readonly nowMs: EpochMs;
}

export interface FailureRecord {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: DiscardedBatch['condition'];
    readonly approximateInvokeCount: number;
  };
  /** Not of records that were discarded for their age (rule 42). */
  readonly responseContext?: {
    readonly statusCode: number;
    readonly executedVersion: string;
    readonly functionError: string | null;
  };
  readonly version: '1.0';
  readonly timestamp: string;
  readonly KinesisBatchInfo?: BatchInfo;
  readonly DDBStreamBatchInfo?: BatchInfo;
}

interface BatchInfo {
  readonly shardId: string;
  readonly startSequenceNumber: string;
  readonly endSequenceNumber: string;
  /** With milliseconds on Kinesis, in whole seconds on DynamoDB. */
  readonly approximateArrivalOfFirstRecord: string;
  readonly approximateArrivalOfLastRecord: string;
  readonly batchSize: number;
  readonly streamArn: string;
}

/** The body of a message to SQS or SNS. */
export function failureRecord(batch: DiscardedBatch, options: FailureRecordOptions): FailureRecord {
  const { functionArn, nowMs, requestId, stream } = options;
  const { approximateInvokeCount, condition, functionError = null } = batch;
  const info = batchInfo(batch, stream);
  return {
    requestContext: { requestId, functionArn, condition, approximateInvokeCount },
    ...(condition === 'RecordAgeExceeded'
      ? {}
      : { responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError } }),
    version: '1.0',
    timestamp: new Date(nowMs).toISOString(),
    ...(stream.kind === 'kinesis' ? { KinesisBatchInfo: info } : { DDBStreamBatchInfo: info }),
  };
}

/** The document in S3: the same, with the event the function was to get. */
export function failureDocument(batch: DiscardedBatch, options: FailureRecordOptions) {
  const Records = batch.records.map(({ record }) => record);
  return { ...failureRecord(batch, options), payload: { Records, ...batch.window } };
}

export interface FailureKeyOptions {
  readonly mappingUuid: string;
  readonly nowMs: EpochMs;
  readonly uuid: string;
}

/** `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>` */
export function failureKey(batch: DiscardedBatch, { mappingUuid, nowMs, uuid }: FailureKeyOptions): string {
  const time = new Date(nowMs).toISOString().slice(0, 19);
  const day = time.slice(0, 10).replaceAll('-', '/');
  return `aws/lambda/${mappingUuid}/${batch.shard}/${day}/${time.replaceAll(':', '.')}-${uuid}`;
}

function batchInfo(batch: DiscardedBatch, { kind, arn }: FailureRecordOptions['stream']): BatchInfo {
  const { records, shard, aggregated } = batch;
  // a window's final invocation has no records: named are those that its state was made of
  const first: RecordMark | undefined = records[0] ?? aggregated?.first;
  const last: RecordMark | undefined = records.at(-1) ?? aggregated?.last;
  if (first === undefined || last === undefined) throw new Error(`nothing was discarded of ${shard}`);
  return {
    shardId: shard,
    startSequenceNumber: first.sequence,
    endSequenceNumber: last.sequence,
    approximateArrivalOfFirstRecord: arrivalTime(first, kind),
    approximateArrivalOfLastRecord: arrivalTime(last, kind),
    batchSize: records.length,
    streamArn: arn,
  };
}

function arrivalTime({ arrivalMs }: RecordMark, kind: StreamKind): string {
  const time = new Date(arrivalMs).toISOString();
  return kind === 'kinesis' ? time : time.replace(/\.\d{3}Z$/, 'Z');
}
