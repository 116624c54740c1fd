// The container of a load: does what its environment says, prints the report as a line of JSON, and ends with 1 where events were given up.
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { systemClock } from '../../src/platform/clock.ts';
import { handlerOf } from '../../src/platform/time-limits.ts';
import { createKinesisSink } from '../client/kinesis-sink.ts';
import { createTelemetryClient } from '../client/telemetry-client.ts';
import { readLoad } from './load-environment.ts';
import { runLoad } from './run-load.ts';

const ended = new AbortController();
// ECS asks so, and half a minute later ends it.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ended.abort());

try {
  const { stream, ...settings } = readLoad(process.env);
  const requestHandler = new NodeHttpHandler(handlerOf({ connectMs: 5_000, answerMs: 30_000 }));
  const client = createTelemetryClient({
    stream,
    deps: {
      sink: createKinesisSink(new KinesisClient({ requestHandler })),
      clock: systemClock,
      random: Math.random,
    },
    onFailed: () => {},
  });
  const report = await runLoad(settings, { client, clock: systemClock, signal: ended.signal });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  if (report.failed > 0) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
