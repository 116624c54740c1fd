// The template's streams and tables on servers that speak the AWS API: created, and ready for mappings to read.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { createDynamoDbSource } from '../event-source/dynamodb-source.ts';
import { createKinesisSource } from '../event-source/kinesis-source.ts';
import type { StreamSource } from '../event-source/ports.ts';
import { CreationTimes } from './creation-times.ts';
import { type ProvisionOptions, provision } from './provision.ts';
import type { StreamSpec } from './read-stream.ts';
import type { TableSpec } from './read-table.ts';
import { systemClock } from './system-clock.ts';
import type { LocalSystem } from './template.ts';

export interface StreamClients {
  readonly kinesis: KinesisClient;
  readonly dynamodb: DynamoDBClient;
  readonly dynamodbStreams: DynamoDBStreamsClient;
}

export interface OpenStreams {
  stream(spec: StreamSpec): StreamSource;
  /** The table's change stream. */
  changelog(spec: TableSpec): StreamSource;
}

/** Creates what is not there yet. @throws Error when something of the same name has another shape */
export async function openStreams(
  system: Pick<LocalSystem, 'streams' | 'tables'>,
  clients: StreamClients,
  options: ProvisionOptions,
): Promise<OpenStreams> {
  const provisioned = await provision(system, clients, options);
  const times = new Map<string, CreationTimes>();
  return {
    stream: ({ name }) =>
      createKinesisSource({
        client: clients.kinesis,
        streamName: name,
        streamArn: known(provisioned.streamArns, name),
      }),
    changelog: ({ name }) => {
      const ofTable = times.get(name) ?? new CreationTimes(systemClock.nowMs);
      times.set(name, ofTable);
      const streamArn = known(provisioned.tableStreamArns, name);
      return ofTable.of(createDynamoDbSource({ client: clients.dynamodbStreams, streamArn }));
    },
  };
}

function known(arns: ReadonlyMap<string, string>, name: string): string {
  const arn = arns.get(name);
  if (arn === undefined)
    throw new Error(`nothing named ${name} was created: found ${[...arns.keys()].join(', ')}`);
  return arn;
}
