// What functions ask of AWS while they run on something else: each call of a host is also made through the adapter that the function
// has on Lambda, whose SDK client sends nothing and notes what it would have sent.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { FIRST_GENERATION, generationTable } from '../../src/core/rebuild/generation-name.ts';
import type { FunctionHost } from '../../src/host/function-host.ts';
import { createApiGatewayPoster } from '../../src/platform/api-gateway-poster.ts';
import { createEventBridgeBus } from '../../src/platform/event-bus.ts';
import type { LivePoster } from '../../src/platform/live-poster.ts';
import { createOutgoingStream } from '../../src/platform/outgoing-stream.ts';
import { createS3Client } from '../../src/platform/s3-client.ts';
import { createSecrets, createSecretsClient } from '../../src/platform/secrets.ts';
import { createShardedStreams, type ShardedStream } from '../../src/platform/sharded-stream.ts';
import type { Objects } from '../../src/stores/archive/objects.ts';
import { S3Objects } from '../../src/stores/archive/s3-objects.ts';
import { DynamoTable } from '../../src/stores/dynamo-table.ts';
import type { Item, Table, VersionedWrite } from '../../src/stores/table.ts';
import { type NeededPermission, notingHandler } from './sent-requests.ts';

/** Whose stream it is that a function asks for by its ARN: the stack has one that it lists shards of. */
export const ASKED_BY_ARN = 'asked-by-arn';

type Answers = Parameters<typeof notingHandler>[1];

/** Does a call of the adapter on Lambda once for each kind of it. */
type Beside = (kind: string, call: () => Promise<unknown>) => void;

export class NotedCalls {
  readonly #needs = new Map<string, Map<string, NeededPermission>>();
  readonly #clients = new Map<string, Clients>();
  readonly #seen = new Set<string>();
  readonly #underWay: Promise<unknown>[] = [];

  /** What the function needed. Names are those that it asked its host for. Rejects where a call could not even be made. */
  async of(service: string): Promise<readonly NeededPermission[]> {
    await Promise.all(this.#underWay);
    return [...(this.#needs.get(service)?.values() ?? [])];
  }

  /** A client of the function's own, of which nothing is sent; `answers` by operation, in place of those for what is empty. */
  dynamodb(service: string, answers: Answers): DynamoDBClient {
    return new DynamoDBClient(this.#client(service, answers));
  }

  /** The same for the stack's stream. */
  kinesis(service: string, answers: Answers): KinesisClient {
    return new KinesisClient(this.#client(service, answers));
  }

  /** What the function does goes on as it would, in its own time: what is noted is called beside it, and not waited for. */
  listenTo(service: string, host: FunctionHost): FunctionHost {
    const { client, dynamodb, s3, sharded } = this.#clientsOf(service);
    const beside: Beside = (kind, call) => this.#beside(`${service} ${kind}`, call);
    return {
      ...host,
      table: (name, generation = FIRST_GENERATION) => {
        const full = generationTable(name, generation);
        return bothTables(host.table(name, generation), new DynamoTable(dynamodb, full), (kind, call) =>
          beside(`${full} ${kind}`, call),
        );
      },
      objects: (name) =>
        bothBuckets(host.objects(name), new S3Objects(s3, name), {
          beside: (kind, call) => beside(`${name} ${kind}`, call),
          missed: () => this.#note(service, { action: 's3:ListBucket', name, below: '' }),
        }),
      shards: (arn) => bothStreams(host.shards(arn), sharded(`arn/${ASKED_BY_ARN}`), beside),
      bus: (name) => {
        const [bus, shadow] = [host.bus(name), createEventBridgeBus(name, client)];
        return {
          put: (entries) => {
            beside('bus', () => shadow.put(entries));
            return bus.put(entries);
          },
        };
      },
      stream: (name) => {
        const [stream, shadow] = [host.stream(name), createOutgoingStream(name, client)];
        return {
          put: (records) => {
            beside('stream', () => shadow.put(records));
            return stream.put(records);
          },
        };
      },
      secret: (name) => {
        const [read, shadow] = [host.secret(name), createSecrets(createSecretsClient(client))];
        return () => {
          beside(`secret ${name}`, () => shadow.read(name));
          return read();
        };
      },
      poster: (name) =>
        bothPosters(host.poster(name), createApiGatewayPoster(`https://${name}.test/live`, client), beside),
    };
  }

  /** One of each for all containers of a function. */
  #clientsOf(service: string): Clients {
    const made = this.#clients.get(service) ?? makeClients(this.#client(service));
    this.#clients.set(service, made);
    return made;
  }

  #note(service: string, need: NeededPermission): void {
    const needs = this.#needs.get(service) ?? new Map<string, NeededPermission>();
    this.#needs.set(service, needs.set(JSON.stringify(need), need));
  }

  #beside(kind: string, call: () => Promise<unknown>): void {
    if (this.#seen.has(kind)) return;
    this.#seen.add(kind);
    this.#underWay.push(call());
  }

  #client(service: string, answers: Answers = {}) {
    return {
      region: 'us-east-1',
      credentials: { accessKeyId: 'noted', secretAccessKey: 'noted' },
      maxAttempts: 1,
      requestHandler: notingHandler((need) => this.#note(service, need), answers),
    };
  }
}

interface ClientOptions {
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
  readonly requestHandler: ReturnType<typeof notingHandler>;
}

type Clients = ReturnType<typeof makeClients>;

function makeClients(client: ClientOptions) {
  return {
    client,
    dynamodb: new DynamoDBClient(client),
    s3: createS3Client({ ...client, endpoint: 'http://s3.test', forcePathStyle: true }),
    sharded: createShardedStreams(client),
  };
}

function bothTables(table: Table, shadow: Table, beside: Beside): Table {
  const read = (key: Item) => beside('get', () => shadow.getMany([key]));
  return {
    getMany(keys) {
      for (const key of keys.slice(0, 1)) read(key);
      return table.getMany(keys);
    },
    async commit(writes) {
      for (const write of writes) beside(kindOf(write), () => shadow.commit([write]));
      const outcomes = await table.commit(writes);
      // What an INSERT is refused for is read.
      for (const [at, { expectedVersion, key }] of writes.entries())
        if (expectedVersion === undefined && outcomes[at]?.kind === 'refused') read(key);
      return outcomes;
    },
    putMany(items) {
      if (items.length > 0) beside('put', () => shadow.putMany(items.slice(0, 1)));
      return table.putMany(items);
    },
    deleteMany(keys) {
      if (keys.length > 0) beside('delete', () => shadow.deleteMany(keys.slice(0, 1)));
      return table.deleteMany(keys);
    },
    query(query) {
      beside(`query ${query.index ?? ''}`, () => walk(shadow.query(query)));
      return table.query(query);
    },
    scanPage(request) {
      beside('scan', () => shadow.scanPage(request));
      return table.scanPage(request);
    },
    scan() {
      beside('scan', () => walk(shadow.scan()));
      return table.scan();
    },
  };
}

function kindOf({ expectedVersion, beside }: VersionedWrite): string {
  const more = beside === undefined ? [] : [(beside.put ?? []).length > 0, (beside.remove ?? []).length > 0];
  return ['write', expectedVersion === undefined, ...more].join(' ');
}

async function walk(all: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of all);
}

/** `missed`: S3 says that an object is not there to who may list the bucket alone; to others it says 403. */
function bothBuckets(
  objects: Objects,
  shadow: Objects,
  { beside, missed }: { readonly beside: Beside; readonly missed: () => void },
): Objects {
  return {
    name: objects.name,
    async get(key) {
      beside(`get ${folderOf(key)}`, () => shadow.get(key));
      const found = await objects.get(key);
      if (found === undefined) missed();
      return found;
    },
    put: (key, body, condition) => {
      beside(`put ${folderOf(key)}`, () => shadow.put(key, body, condition));
      return objects.put(key, body, condition);
    },
    list: (prefix, after) => {
      beside('list', () => walk(shadow.list(prefix, after)));
      return objects.list(prefix, after);
    },
    remove: (key) => {
      beside(`remove ${folderOf(key)}`, () => shadow.remove(key));
      return objects.remove(key);
    },
  };
}

const folderOf = (key: string) => key.slice(0, key.indexOf('/') + 1);

function bothStreams(stream: ShardedStream, shadow: ShardedStream, beside: Beside): ShardedStream {
  return {
    arn: stream.arn,
    listShards: () => {
      beside('shards', () => shadow.listShards());
      return stream.listShards();
    },
    putIntoEach(shards, data) {
      if (shards.length > 0) beside('ticks', () => shadow.putIntoEach(shards, data));
      return stream.putIntoEach(shards, data);
    },
  };
}

function bothPosters(poster: LivePoster, shadow: LivePoster, beside: Beside): LivePoster {
  return {
    post: (connection, text) => {
      beside('post', () => shadow.post(connection, text));
      return poster.post(connection, text);
    },
    disconnect: (connection) => {
      beside('disconnect', () => shadow.disconnect(connection));
      return poster.disconnect(connection);
    },
  };
}
