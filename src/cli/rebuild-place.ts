// What the commands of `tidemill rebuild` work on: the tables of the stack, its generations, and the archive.
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { LOCAL_ACCOUNT_ID } from '../local-stack/local-names.ts';
import { OUTPUTS } from '../platform/names.ts';
import type { TableNames } from '../rebuild/generation-tables.ts';
import { DynamoTable } from '../stores/dynamo-table.ts';
import { type Generation, Generations } from '../stores/generations.ts';
import { UsageError } from './exit.ts';
import { type DynamoPlace, type StoreOptions, useDynamo } from './open-stores.ts';

export interface RebuildPlace extends DynamoPlace {
  readonly names: TableNames;
  readonly generations: Generations;
  /** Of the stack's stream, as its mappings state it. */
  streamArn(stream: string): Promise<string>;
}

export async function useRebuildPlace<T>(
  options: StoreOptions,
  work: (place: RebuildPlace) => Promise<T>,
): Promise<T> {
  return await useDynamo(options, async (place) => {
    const names = namesIn(place.outputs);
    return await work({
      ...place,
      names,
      generations: new Generations(new DynamoTable(place.client, names.readers)),
      streamArn: (stream) => streamArnOf(stream, names.sources, place),
    });
  });
}

function namesIn(outputs: Readonly<Record<string, string>>): TableNames {
  const table = (output: string) => {
    const name = outputs[output];
    if (name === undefined)
      throw new UsageError(`found no output ${output} of the stack, expected the name of a table`);
    return name;
  };
  return {
    sources: table(OUTPUTS.sourcesTable),
    windows: table(OUTPUTS.windowsTable),
    deadLetters: table(OUTPUTS.deadLettersTable),
    alerts: table(OUTPUTS.alertsTable),
    readers: table(OUTPUTS.readersTable),
  };
}

/** Stream and tables are of one stack: of one account and region. */
async function streamArnOf(stream: string, table: string, { client, isLocal }: DynamoPlace): Promise<string> {
  if (isLocal) return `arn:aws:kinesis:us-east-1:${LOCAL_ACCOUNT_ID}:stream/${stream}`;
  const { Table: found } = await client.send(new DescribeTableCommand({ TableName: table }));
  const [, partition, , region, account] = (found?.TableArn ?? '').split(':');
  if (account === undefined) throw new Error(`table ${table}: found no ARN of it`);
  return `arn:${partition}:kinesis:${region}:${account}:stream/${stream}`;
}

export async function knownGeneration({ generations }: RebuildPlace, name: string): Promise<Generation> {
  const found = await generations.load(name);
  if (found !== undefined) return found;
  const names = (await generations.list()).map((one) => one.name);
  throw new UsageError(
    `generation ${name}: found ${names.length === 0 ? 'none' : names.join(', ')}, expected one that \`tidemill rebuild start\` began`,
  );
}
