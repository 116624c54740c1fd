// A local run with its dashboard, as `npm start` has it: the template's site, APIs and functions, on one port.
import { createTelemetryClient } from '../../producers/client/telemetry-client.ts';
import { tokenDeskOf } from '../../src/cli/open-token-desk.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { OUTPUTS } from '../../src/platform/names.ts';
import { type Runtime, type RuntimeOptions, startRuntime } from '../../src/run/runtime.ts';

export interface DashboardRun {
  readonly runtime: Runtime;
  /** Ends with a slash. */
  readonly url: string;
  readonly readerToken: string;
  /** What the APIs complained of. */
  readonly failures: readonly string[];
  /** Posts an event over HTTP, with a token of the source's own. */
  post(source: string, event: object): Promise<void>;
  /** Puts events into the stream, all at once. */
  put(events: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
}

export async function startDashboardRun(options: {
  readonly pipeline: object;
  readonly inMemory: boolean;
  readonly schedules?: boolean;
  readonly settings?: RuntimeOptions['settings'];
}): Promise<DashboardRun> {
  const failures: string[] = [];
  const runtime = await startRuntime({
    shards: 1,
    schedules: false,
    httpPort: 0,
    onApiFailure: (message) => failures.push(message),
    ...options,
  });
  const desk = tokenDeskOf(runtime);
  const issue = async (use: 'reader' | 'device', subject: string) =>
    (await desk.issue({ use, subject, sources: [], lifetimeMs: 3_600_000 })).text;
  const devices = new Map<string, Promise<string>>();
  const tokenOf = (source: string) => {
    const token = devices.get(source) ?? issue('device', source);
    devices.set(source, token);
    return token;
  };
  const api = runtime.system.outputs.get(OUTPUTS.apiUrl) ?? '';
  return {
    runtime,
    url: runtime.system.outputs.get(OUTPUTS.dashboardUrl) ?? '',
    readerToken: await issue('reader', 'dashboard'),
    failures,
    async post(source, event) {
      const answer = await fetch(`${api}v1/events`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${await tokenOf(source)}` },
        body: JSON.stringify(event),
      });
      if (answer.status !== 200)
        throw new Error(`the door answered ${answer.status}: ${await answer.text()}`);
    },
    async put(events) {
      const client = createTelemetryClient({
        stream: runtime.streamName,
        deps: { sink: runtime.sink, clock: systemClock, random: Math.random },
        onFailed: (_, error) => {
          throw error;
        },
      });
      for (const event of events) await client.put(event);
      await client.close();
    },
  };
}
