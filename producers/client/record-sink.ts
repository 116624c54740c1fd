// The one operation the client needs of a stream, so that tests and other transports can stand in for Kinesis.

export interface OutgoingRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** What became of one record of a call, in the order of the request. */
export type RecordResult =
  | { readonly kind: 'stored' }
  /** Not in the stream (throttled shard, internal failure): may be sent again. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export interface RecordSink {
  /**
   * Writes up to 500 records. Resolves with one result a record; rejects when the whole call failed: with a
   * `PutRecordsError` when the answer says what kind of failure it is, else with anything, and then the
   * records may be in the stream or not.
   */
  putRecords(
    request: { readonly streamName: string; readonly records: readonly OutgoingRecord[] },
    signal: AbortSignal,
  ): Promise<readonly RecordResult[]>;
}

/**
 * Why a whole call failed. `transient`: sending again may help. `bad-record`: the request is malformed, one
 * record may be to blame. `refused`: it will be refused every time (no such stream, no permission).
 */
export type PutRecordsFailure = 'transient' | 'bad-record' | 'refused';

export class PutRecordsError extends Error {
  readonly code: string;
  readonly failure: PutRecordsFailure;

  constructor(message: string, options: { code: string; failure: PutRecordsFailure; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'PutRecordsError';
    this.code = options.code;
    this.failure = options.failure;
  }

  get retryable(): boolean {
    return this.failure === 'transient';
  }
}
