import { DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTemplate } from '../../src/local-stack/cloudformation-template.ts';
import { startDynamoDbServer } from '../../src/local-stack/dynamodb-server.ts';
import { startKinesisServer } from '../../src/local-stack/kinesis-server.ts';
import type { LocalServer } from '../../src/local-stack/local-server.ts';
import { provision } from '../../src/local-stack/provision.ts';
import { readTemplate } from '../../src/local-stack/template.ts';
import { PRIMER_KEY } from '../../src/platform/names.ts';
import { localDynamoDb, localDynamoDbStreams, localKinesis } from '../support/local-clients.ts';
import { synthesizedStack } from '../support/synthesized-stack.ts';

const servers: LocalServer[] = [];

async function startServers() {
  const [kinesis, dynamodb] = await Promise.all([
    startKinesisServer({ region: 'us-east-1' }),
    startDynamoDbServer(),
  ]);
  if (dynamodb.kind !== 'started') throw new Error(dynamodb.advice);
  servers.push(kinesis, dynamodb.server);
  return {
    clients: { kinesis: localKinesis(kinesis.endpoint), dynamodb: localDynamoDb(dynamodb.server.endpoint) },
    streams: localDynamoDbStreams(dynamodb.server.endpoint),
  };
}

function systemOf(options: { shards?: number } = {}) {
  const template = parseTemplate(synthesizedStack(options).toJSON());
  const functions = [...template.resources.values()].filter(({ type }) => type === 'AWS::Lambda::Function');
  const codeFolders = new Map(
    functions.map(({ properties }) => [Object(properties['Code'])['S3Key'], '/code']),
  );
  return readTemplate({ stackName: 'Tidemill', template, codeFolders }, 'us-east-1');
}

describe('provisioning', () => {
  let local: Awaited<ReturnType<typeof startServers>>;
  const system = systemOf();
  beforeAll(async () => {
    local = await startServers();
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('creates what the template says, and creates nothing twice', async () => {
    const { clients } = local;
    const first = await provision(system, clients, { shards: 3, primerKey: PRIMER_KEY });
    const [stream] = system.streams;
    const { StreamDescriptionSummary } = await clients.kinesis.send(
      new DescribeStreamSummaryCommand({ StreamName: stream?.name }),
    );
    expect(StreamDescriptionSummary).toMatchObject({ StreamStatus: 'ACTIVE', OpenShardCount: 3 });
    expect([...first.streamArns]).toEqual([[stream?.name, stream?.arn]]);
    for (const table of system.tables) {
      const { Table } = await clients.dynamodb.send(new DescribeTableCommand({ TableName: table.name }));
      expect(Table?.KeySchema).toEqual(table.keySchema);
      expect((Table?.GlobalSecondaryIndexes ?? []).map(({ IndexName }) => IndexName)).toEqual(
        table.globalIndexes.map(({ IndexName }) => IndexName),
      );
      expect(Table?.StreamSpecification?.StreamViewType).toBe(table.streamView);
      expect(first.tableStreamArns.get(table.name)).toBe(Table?.LatestStreamArn);
      const ttl = await clients.dynamodb.send(new DescribeTimeToLiveCommand({ TableName: table.name }));
      expect(ttl.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });
    }
    expect(await provision(system, clients)).toEqual(first);
  });

  it('begins each change stream with the primer and its removal', async () => {
    const { tableStreamArns } = await provision(system, local.clients);
    expect(tableStreamArns.size, 'of the sources, the windows, the alerts and what is live').toBe(4);
    for (const StreamArn of tableStreamArns.values()) {
      const { StreamDescription } = await local.streams.send(new DescribeStreamCommand({ StreamArn }));
      const ShardId = StreamDescription?.Shards?.[0]?.ShardId;
      const { ShardIterator } = await local.streams.send(
        new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
      );
      const { Records } = await local.streams.send(new GetRecordsCommand({ ShardIterator }));
      expect(Records?.map(({ eventName }) => eventName)).toEqual(['INSERT', 'REMOVE']);
      for (const record of Records ?? []) {
        expect(Object.values(record.dynamodb?.Keys ?? {})).toContainEqual({ S: PRIMER_KEY });
      }
    }
  });

  it('keeps the shards that the template gives', async () => {
    const provisioned = systemOf({ shards: 2 });
    const [stream] = provisioned.streams;
    if (stream === undefined) throw new Error('no stream');
    const other = { ...stream, name: 'Other' };
    await provision({ streams: [other], tables: [] }, local.clients, { shards: 7 });
    const { StreamDescriptionSummary } = await local.clients.kinesis.send(
      new DescribeStreamSummaryCommand({ StreamName: 'Other' }),
    );
    expect(StreamDescriptionSummary?.OpenShardCount).toBe(2);
  });

  it('refuses a table that is there with another shape', async () => {
    await provision(system, local.clients);
    const tables = system.tables.map((table) => ({ ...table, streamView: 'KEYS_ONLY' as const }));
    await expect(provision({ streams: [], tables }, local.clients)).rejects.toThrow(
      /Sources.* is there already with another shape: found .*"NEW_AND_OLD_IMAGES".* expected .*"KEYS_ONLY".*data folder/,
    );
  });
});
