// `tidemill load` against a local Kinesis: the container's own program, as its Dockerfile starts it.
import { readFile } from 'node:fs/promises';
import { CreateStreamCommand, DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startKinesisServer } from '../../src/local-stack/kinesis-server.ts';
import { runHere } from '../support/command-here.ts';
import { localKinesis } from '../support/local-clients.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('loads a stream from this machine, and reports', async () => {
  expect(await readFile('cdk/load/Dockerfile', 'utf8')).toContain('CMD ["node", "load.mjs"]');
  const server = await startKinesisServer({ region: 'us-east-1' });
  onTestFinished(() => server.stop());
  const client = localKinesis(server.endpoint);
  onTestFinished(() => client.destroy());
  await client.send(new CreateStreamCommand({ StreamName: 'telemetry', ShardCount: 1 }));
  await vi.waitFor(async () => {
    const { StreamDescriptionSummary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName: 'telemetry' }),
    );
    expect(StreamDescriptionSummary?.StreamStatus).toBe('ACTIVE');
  });
  const environment = {
    ...{ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' },
    AWS_ENDPOINT_URL_KINESIS: server.endpoint,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const asked = ['load', '--stream', 'telemetry', '--rate', '200', '--for', '2s', '--seed', 'here', '--json'];
  const { code, stdout, stderr } = await runHere(asked, { cwd: await temporaryFolder() });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ rate: 200, seconds: 2, seed: 'here', failed: 0 });
  expect(report.accepted).toBeGreaterThan(200);
});
