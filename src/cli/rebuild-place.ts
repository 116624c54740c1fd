// What the commands of `tidemill rebuild` work on: the tables of the stack, its generations, and the archive.
import { join } from 'node:path';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { LOCAL_ACCOUNT_ID } from '../local-stack/local-names.ts';
import { startS3Server } from '../local-stack/s3/s3-server.ts';
import { OUTPUTS } from '../platform/names.ts';
import { createS3Client } from '../platform/s3-client.ts';
import { LOCAL_LIMITS } from '../platform/time-limits.ts';
import type { Objects } from '../stores/archive/objects.ts';
import { S3Objects } from '../stores/archive/s3-objects.ts';
import { DynamoTable } from '../stores/dynamo-table.ts';
import type { TableNames } from '../stores/generation-tables.ts';
import { type Generation, Generations } from '../stores/generations.ts';
import { openArchive } from '../testing/archived-entries.ts';
import { UsageError } from './exit.ts';
import {
  type DynamoPlace,
  type LocalPlace,
  localSettings,
  type StoreOptions,
  useDynamo,
} from './open-stores.ts';

export interface RebuildPlace extends DynamoPlace {
  readonly names: TableNames;
  readonly generations: Generations;
  /** At a path, or without one the stack's own: where it is, and what is in it. */
  archive(path?: string): Promise<{ readonly path: string; readonly objects: Objects }>;
  /** ARN of the stack's stream, as its event source mappings state it. */
  streamArn(stream: string): Promise<string>;
}

export async function useRebuildPlace<T>(
  options: StoreOptions,
  work: (place: RebuildPlace) => Promise<T>,
): Promise<T> {
  return await useDynamo(options, async (place) => {
    const names = namesIn(place.outputs);
    const own = new OwnArchive(place);
    try {
      return await work({
        ...place,
        names,
        generations: new Generations(new DynamoTable(place.client, names.readers)),
        archive: (path) => own.open(path),
        streamArn: (stream) => streamArnOf(stream, names.sources, place),
      });
    } finally {
      await own.close();
    }
  });
}

/** A local run serves its bucket itself; that of a run that has ended is served for as long as the command runs. */
class OwnArchive {
  readonly #place: DynamoPlace;
  readonly #path: string | undefined;
  readonly #bucket: string | undefined;
  #stop: () => Promise<void> = async () => {};

  constructor(place: DynamoPlace) {
    this.#place = place;
    this.#bucket = place.outputs[OUTPUTS.archiveBucket];
    this.#path = this.#bucket === undefined ? undefined : `s3://${this.#bucket}/`;
  }

  async open(path = this.#path): Promise<{ readonly path: string; readonly objects: Objects }> {
    if (path === undefined)
      throw new UsageError(
        'found no archive of the stack, expected --archive with a folder or s3://bucket/prefix',
      );
    const { dataFolder, buckets } = this.#place;
    if (path !== this.#path || this.#bucket === undefined) return { path, objects: openArchive(path) };
    if (buckets !== undefined) return { path, objects: this.#openAt(buckets, this.#bucket) };
    if (dataFolder === undefined) return { path, objects: openArchive(path) };
    return { path, objects: await this.#serve(this.#bucket, join(dataFolder, 's3')) };
  }

  async #serve(bucket: string, dataFolder: string): Promise<Objects> {
    const accessKey = crypto.randomUUID().replaceAll('-', '');
    const server = await startS3Server({ buckets: [bucket], dataFolder, accessKey });
    this.#atEnd(() => server.stop());
    return this.#openAt({ endpoint: server.endpoint, accessKey }, bucket);
  }

  #openAt(place: LocalPlace, bucket: string): Objects {
    const client = createS3Client(localSettings(place), LOCAL_LIMITS);
    this.#atEnd(async () => client.destroy());
    return new S3Objects(client, bucket);
  }

  #atEnd(stop: () => Promise<void>): void {
    const before = this.#stop;
    this.#stop = async () => {
      await stop();
      await before();
    };
  }

  async close(): Promise<void> {
    await this.#stop();
  }
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
