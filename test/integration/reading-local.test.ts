// Readers of a whole local run: the template's functions in processes of their own, on local servers, behind the gateway.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, it, onTestFinished } from 'vitest';
import { createTelemetryClient } from '../../producers/client/telemetry-client.ts';
import { TokenDesk } from '../../src/cli/token-desk.ts';
import type { AlertsView } from '../../src/live-client/alerts-view.ts';
import { createLiveClient } from '../../src/live-client/live-client.ts';
import type { SeriesView } from '../../src/live-client/series-view.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { OUTPUTS, TOKENS_TABLE } from '../../src/platform/names.ts';
import { createSecrets } from '../../src/platform/secrets.ts';
import { type Runtime, startRuntime } from '../../src/run/runtime.ts';
import { IssuedTokens } from '../../src/stores/issued-tokens.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import { javaMissing } from '../support/dynamodb-local.ts';

const missing = process.env['CI'] === 'true' ? undefined : await javaMissing();

const PIPELINE = {
  aggregations: [{ name: 'per-minute', window: { tumbling: '60s' } }],
  rollups: [{ name: 'by-site', of: 'per-minute', by: ['site'] }],
  alerts: [
    { name: 'high', on: { aggregation: 'per-minute' }, metric: 'v', aggregate: 'max', when: { above: 0.5 } },
  ],
};

/** Tokens as `tidemill tokens` issues them; none of them is revoked. */
function issuerFor(runtime: Runtime) {
  const local = {
    region: 'us-east-1',
    credentials: { accessKeyId: runtime.accessKey, secretAccessKey: 'local' },
  };
  const output = (name: string) => runtime.system.outputs.get(name) ?? '';
  const desk = new TokenDesk({
    secrets: createSecrets(new SecretsManagerClient({ ...local, endpoint: runtime.secrets })),
    signingKeys: output(OUTPUTS.signingKeys),
    verifyingKeys: output(OUTPUTS.verifyingKeys),
    tokens: new IssuedTokens(new MemoryTable({ partitionKey: TOKENS_TABLE.partitionKey })),
    nowMs: systemClock.nowMs,
    newId: () => crypto.randomUUID(),
  });
  return async (use: 'reader' | 'device') =>
    (await desk.issue({ use, subject: 'somebody', sources: [], lifetimeMs: 3_600_000 })).text;
}

it.skipIf(missing !== undefined)(
  'readers see what a whole local run computes, at once and live',
  async () => {
    const failures: string[] = [];
    const runtime = await startRuntime({
      pipeline: PIPELINE,
      shards: 1,
      schedules: false,
      httpPort: 0,
      onApiFailure: (message) => failures.push(message),
    });
    onTestFinished(() => runtime.stop());
    const issue = issuerFor(runtime);
    const [reader, device] = [await issue('reader'), await issue('device')];
    const api = runtime.system.outputs.get(OUTPUTS.apiUrl) ?? '';
    const get = async (path: string, token = reader) =>
      await fetch(new URL(path.slice(1), api), { headers: { Authorization: `Bearer ${token}` } });
    const beganMs = Math.floor(systemClock.nowMs() / 60_000) * 60_000 - 600_000;
    const producer = createTelemetryClient({
      stream: runtime.streamName,
      deps: { sink: runtime.sink, clock: systemClock, random: Math.random },
      onFailed: (_, error) => {
        throw error;
      },
    });
    onTestFinished(() => producer.close());
    const send = async (minute: number) => {
      const time = beganMs + minute * 60_000;
      await producer.put({ source: 'sensor', time, values: { v: minute }, tags: { site: 'n' } });
      await producer.flush();
      await runtime.caughtUp();
    };

    let latest: SeriesView | undefined;
    let rollup: SeriesView | undefined;
    let alerts: AlertsView | undefined;
    let wake = () => {};
    const client = createLiveClient({
      url: runtime.system.outputs.get(OUTPUTS.liveUrl) ?? '',
      token: () => reader,
    });
    onTestFinished(() => client.close());
    const until = async (isSo: () => boolean) => {
      while (!isSo()) {
        await Promise.race([runtime.failed, new Promise<void>((resolve) => (wake = resolve))]);
      }
    };
    const ready = { count: 0 };
    const onReady = () => {
      ready.count += 1;
      wake();
    };
    client.subscribe(
      { source: 'sensor' },
      {
        onReady,
        onChange: (view) => {
          latest = view;
          wake();
        },
      },
    );
    client.subscribe(
      { rollup: 'by-site' },
      {
        onReady,
        onChange: (view) => {
          rollup = view;
          wake();
        },
      },
    );
    client.subscribe(
      { alerts: { rule: 'high' } },
      {
        onReady,
        onAlerts: (view) => {
          alerts = view;
          wake();
        },
      },
    );
    await until(() => ready.count >= 3);

    for (const minute of [0, 0, 1, 2]) await send(minute);
    const answer = await get('/v1/sources/sensor/windows');
    expect([answer.status, failures]).toEqual([200, []]);
    const { windows } = JSON.parse(await answer.text());
    expect(windows).toMatchObject([
      { startMs: beganMs, final: true, events: 2 },
      { startMs: beganMs + 60_000, final: true },
      { startMs: beganMs + 120_000, final: false },
    ]);
    expect((await get('/v1/sources/sensor/windows', device)).status).toBe(401);
    const listed = await get('/v1/rollups/by-site');
    expect(await listed.json()).toEqual({ rollup: 'by-site', series: [{ tags: ['site'], values: ['n'] }] });
    const inRollup = JSON.parse(await (await get('/v1/rollups/by-site/n/windows')).text());
    expect(await (await get('/v1/ledger')).json()).toMatchObject({ received: 4, applied: 4, balanced: true });
    expect((await get('/v1/openapi.json')).status).toBe(200);

    // The same windows, to the last figure, as the changes have brought them.
    await until(() => latest?.windows.length === 3);
    expect(latest?.windows.map(({ window }) => window)).toEqual(windows);
    await until(
      () =>
        rollup?.windows.length === 3 &&
        JSON.stringify(rollup.windows.map(({ window }) => window)) === JSON.stringify(inRollup.windows),
    );
    // And the alert, as the transition has brought it.
    await until(() => alerts?.alerts.length === 1);
    expect(alerts?.alerts).toMatchObject([{ rule: 'high', source: 'sensor', status: 'firing' }]);
    const listedAlerts = await get('/v1/alerts');
    expect(await listedAlerts.json()).toEqual({ alerts: alerts?.alerts });
    expect(failures).toEqual([]);
  },
);
