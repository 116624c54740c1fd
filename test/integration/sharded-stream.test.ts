// What the closer asks of a stream, and aggregate, of a server that speaks the Kinesis API.
import { expect, it, onTestFinished } from 'vitest';
import { createKinesisSource } from '../../src/event-source/kinesis-source.ts';
import { startKinesisServer } from '../../src/local-stack/kinesis-server.ts';
import { provisionStream } from '../../src/local-stack/provision-stream.ts';
import { splitWidestShard } from '../../src/local-stack/reshard.ts';
import { createShardedStreams, NoStreamError } from '../../src/platform/sharded-stream.ts';
import { isTick, TICK_DATA } from '../../src/wire/tick.ts';
import { localKinesis } from '../support/local-clients.ts';

it('a tick goes into each open shard, and the shards say which they came from', async () => {
  const server = await startKinesisServer({ region: 'us-east-1' });
  onTestFinished(() => server.stop());
  const client = localKinesis(server.endpoint);
  onTestFinished(() => client.destroy());
  const spec = { logicalId: 'T', name: 't', arn: '', shards: 2, retentionHours: 24 };
  const streamArn = await provisionStream(client, spec, 2);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const streams = createShardedStreams({ region: 'us-east-1', endpoint: server.endpoint, credentials });
  const stream = streams(streamArn);
  await expect(streams(`${streamArn}-of-a-recording`).listShards()).rejects.toBeInstanceOf(NoStreamError);
  const [lower, upper] = await stream.listShards();
  if (lower === undefined || upper === undefined) throw new Error('found fewer than two shards');
  expect([lower, upper].map(({ parents }) => parents)).toEqual([[], []]);
  expect(await stream.putIntoEach([lower, upper], TICK_DATA)).toBe(2);

  await splitWidestShard(client, 't');
  const children = (await stream.listShards()).slice(2);
  const closed = [lower, upper].find(({ id }) => children[0]?.parents.includes(id));
  const left = [lower, upper].find(({ id }) => id !== closed?.id);
  if (closed === undefined || left === undefined) throw new Error('no shard was split');
  expect(children.map(({ parents }) => parents)).toEqual([[closed.id], [closed.id]]);
  expect(await stream.putIntoEach([...children, left], TICK_DATA)).toBe(3);

  const source = createKinesisSource({ client, streamName: 't', streamArn });
  const counts: [string, number][] = [];
  for (const { id } of await stream.listShards()) {
    const opened = await source.openIterator(id, { at: 'trim-horizon' });
    const answer = opened.kind === 'open' ? await source.read(id, opened.iterator, 100) : opened;
    if (answer.kind !== 'records') throw new Error(`${id} is ${answer.kind}`);
    const data = answer.records.map(({ record }) => ('kinesis' in record ? record.kinesis.data : ''));
    expect(data.every(isTick)).toBe(true);
    counts.push([id, data.length]);
  }
  expect(Object.fromEntries(counts)).toEqual({
    [closed.id]: 1,
    [left.id]: 2,
    ...Object.fromEntries(children.map(({ id }) => [id, 1])),
  });
});
