// The records Lambda hands to a function, as they stand in its event (event source mapping rules 11 and 12).

/** One record of a Kinesis event. */
export interface KinesisEventRecord {
  readonly eventID: string;
  readonly eventName: 'aws:kinesis:record';
  readonly eventVersion: '1.0';
  readonly eventSource: 'aws:kinesis';
  readonly eventSourceARN: string;
  readonly awsRegion: string;
  readonly invokeIdentityArn: string;
  readonly kinesis: KinesisPayload;
}

export interface KinesisPayload {
  readonly kinesisSchemaVersion: '1.0';
  readonly partitionKey: string;
  readonly sequenceNumber: string;
  /** base64 */
  readonly data: string;
  /** Seconds since the epoch, with a fraction. */
  readonly approximateArrivalTimestamp: number;
}

/** A DynamoDB attribute value as it stands in JSON; binary is base64. */
export interface AttributeValueJson {
  readonly S?: string;
  readonly N?: string;
  readonly B?: string;
  readonly BOOL?: boolean;
  readonly NULL?: boolean;
  readonly L?: readonly AttributeValueJson[];
  readonly M?: ItemJson;
  readonly SS?: readonly string[];
  readonly NS?: readonly string[];
  readonly BS?: readonly string[];
}
export type ItemJson = Readonly<Record<string, AttributeValueJson>>;

/** One record of a DynamoDB stream event. */
export interface DynamoDbEventRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly eventVersion: '1.1';
  readonly eventSource: 'aws:dynamodb';
  readonly eventSourceARN: string;
  readonly awsRegion: string;
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly Keys: ItemJson;
    readonly OldImage?: ItemJson;
    readonly NewImage?: ItemJson;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: string;
  };
  /** Present on TTL removals: housekeeping, not a change. */
  readonly userIdentity?: { readonly type: string; readonly principalId: string };
}

export type StreamEventRecord = KinesisEventRecord | DynamoDbEventRecord;

/** What Lambda passes to a function behind a stream. */
export interface StreamEvent<R extends StreamEventRecord = StreamEventRecord> {
  readonly Records: readonly R[];
}
