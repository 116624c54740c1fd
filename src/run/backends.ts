// What the functions and mappings of a local run stand on: local servers that speak the AWS API, or memory.
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createKinesisSink } from '../../producers/client/kinesis-sink.ts';
import type { RecordSink } from '../../producers/client/record-sink.ts';
import type { StreamSource } from '../event-source/ports.ts';
import { type CallService, callLocalServers } from '../local-stack/gateway/service-endpoint.ts';
import type { LocalServer } from '../local-stack/local-server.ts';
import { openStreams } from '../local-stack/open-streams.ts';
import type { StreamSpec } from '../local-stack/read-stream.ts';
import type { TableSpec } from '../local-stack/read-table.ts';
import type { LocalSystem } from '../local-stack/template.ts';
import { createDynamoDbClient } from '../platform/dynamodb-client.ts';
import { PRIMER_KEY } from '../platform/names.ts';
import { createShardedStreams, type ShardedStream } from '../platform/sharded-stream.ts';
import { handlerOf, LOCAL_LIMITS } from '../platform/time-limits.ts';
import { DynamoTable } from '../stores/dynamo-table.ts';
import type { Table } from '../stores/table.ts';

/** Streams and tables by what the template says of them. */
export interface Backend {
  readonly sink: RecordSink;
  table(spec: TableSpec): Table;
  stream(spec: StreamSpec): StreamSource;
  changelog(spec: TableSpec): StreamSource;
  /** A stream's shards, by its ARN. */
  shards(arn: string): ShardedStream;
  /** `AWS_ENDPOINT_URL_*` for the functions; undefined: they run in this process, on memory. */
  readonly endpoints: Readonly<Record<string, string>> | undefined;
  /** For integrations that call a service. */
  readonly callService: CallService;
  close(): void;
}

export interface ServerBackendOptions {
  readonly region: string;
  /** The run's access key, which its servers ask for. */
  readonly accessKey: string;
  readonly kinesis: LocalServer;
  readonly dynamodb: LocalServer;
  /** Endpoint of Secrets Manager's stand-in. */
  readonly secrets: string;
  /** Endpoint of S3's stand-in; undefined: no function uses a bucket. */
  readonly s3: string | undefined;
  readonly eventBusEndpoint: string;
  /** How many shards streams have that the template leaves on demand. */
  readonly shards: number;
}

/** Clients of the local servers, with all that the template names created on them. */
export async function createServerBackend(
  system: LocalSystem,
  options: ServerBackendOptions,
): Promise<Backend & { readonly kinesis: KinesisClient }> {
  const {
    region,
    accessKey,
    kinesis: kinesisServer,
    dynamodb: dynamodbServer,
    secrets,
    s3,
    eventBusEndpoint,
    shards,
  } = options;
  const settings = { region, credentials: { accessKeyId: accessKey, secretAccessKey: 'local' } };
  // Local Kinesis speaks HTTP/1.1 alone.
  const kinesis = new KinesisClient({
    ...settings,
    endpoint: kinesisServer.endpoint,
    requestHandler: new NodeHttpHandler(handlerOf(LOCAL_LIMITS)),
  });
  const dynamodb = createDynamoDbClient({ ...settings, endpoint: dynamodbServer.endpoint }, LOCAL_LIMITS);
  const dynamodbStreams = new DynamoDBStreamsClient({
    ...settings,
    endpoint: dynamodbServer.endpoint,
    requestHandler: handlerOf(LOCAL_LIMITS),
  });
  const clients = { kinesis, dynamodb, dynamodbStreams };
  const streams = await openStreams(system, clients, { shards, primerKey: PRIMER_KEY });
  const endpoints = {
    AWS_ENDPOINT_URL_KINESIS: kinesisServer.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbServer.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets,
    AWS_ENDPOINT_URL_EVENTBRIDGE: eventBusEndpoint,
    ...(s3 === undefined ? {} : { AWS_ENDPOINT_URL_S3: s3 }),
  };
  return {
    kinesis,
    sink: createKinesisSink(kinesis),
    table: ({ name }) => new DynamoTable(dynamodb, name),
    stream: streams.stream,
    shards: createShardedStreams({ ...settings, endpoint: kinesisServer.endpoint }),
    changelog: streams.changelog,
    endpoints,
    callService: callLocalServers(endpoints, region, accessKey),
    close: () => {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}
