// AWS::Kinesis::Stream
import { asNumber, asObject, asText, ifPresent } from './property.ts';
import type { ResourceToRead } from './resource-to-read.ts';

export interface StreamSpec {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** Undefined: on demand. */
  readonly shards: number | undefined;
  readonly retentionHours: number;
}

export function readStream({ logicalId, name, arn, property }: ResourceToRead): StreamSpec {
  const mode = ifPresent(property('StreamModeDetails'), asObject, logicalId)?.['StreamMode'];
  const onDemand = ifPresent(mode, asText, `${logicalId}.StreamMode`) === 'ON_DEMAND';
  const shards = ifPresent(property('ShardCount'), asNumber, `${logicalId}.ShardCount`) ?? 1;
  return {
    logicalId,
    name,
    arn,
    shards: onDemand ? undefined : shards,
    retentionHours:
      ifPresent(property('RetentionPeriodHours'), asNumber, `${logicalId}.RetentionPeriodHours`) ?? 24,
  };
}
