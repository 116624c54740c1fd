// `tidemill record` against a real server, killed while it writes and started again: the archive has each record of the stream once.
// Captures of a table's changes are killed in test/nightly/record-killed.test.ts; unit/run/capture-stream.test.ts ends captures anywhere.
import { CreateStreamCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startKinesisServer } from '../../src/local-stack/kinesis-server.ts';
import { localKinesis } from '../support/local-clients.ts';
import { recordedKilled } from '../support/recorded-killed.ts';

/** Enough for several objects a shard. */
const LARGE = 'x'.repeat(380_000);
const NUMBERS = Array.from({ length: 24 }, (_, at) => at);

it('of a Kinesis stream', async () => {
  const server = await startKinesisServer({ region: 'us-east-1' });
  onTestFinished(() => server.stop());
  const client = localKinesis(server.endpoint);
  onTestFinished(() => client.destroy());
  await client.send(new CreateStreamCommand({ StreamName: 'telemetry', ShardCount: 2 }));
  await vi.waitFor(() =>
    client.send(new PutRecordsCommand({ StreamName: 'telemetry', Records: [record(0)] })),
  );
  for (const at of NUMBERS.slice(1))
    await client.send(new PutRecordsCommand({ StreamName: 'telemetry', Records: [record(at)] }));
  const found = await recordedKilled(['telemetry'], { AWS_ENDPOINT_URL_KINESIS: server.endpoint });
  const texts = found.map(({ text }) => JSON.parse(String(text)).source);
  expect(texts.sort()).toEqual(NUMBERS.map((at) => `d${at}`).sort());
});

function record(at: number) {
  const Data = Buffer.from(JSON.stringify({ source: `d${at}`, time: at, note: LARGE }));
  return { PartitionKey: `d${at}`, Data };
}
