// A local run, and the place that a verification tries it at.
import { tokenDeskOf } from '../../src/cli/open-token-desk.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { openWebSocket } from '../../src/live-client/live-socket.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { OUTPUTS } from '../../src/platform/names.ts';
import { type Runtime, startRuntime } from '../../src/run/runtime.ts';
import { retireSource } from '../../src/stores/retire-source.ts';
import { askOverHttp, type Place } from '../../src/verify/place.ts';
import { type Verdict, verify } from '../../src/verify/verify.ts';

const PIPELINE = {
  aggregations: [
    { name: 'per-second', window: { tumbling: '1s' }, allowedLateness: '1s', idleTimeout: '10m' },
  ],
  rollups: [{ name: 'by-site', of: 'per-second', by: ['site'] }],
  alerts: [
    {
      name: 'hot',
      on: { aggregation: 'per-second' },
      metric: 'temperature',
      aggregate: 'max',
      when: { above: 90 },
    },
  ],
};

export interface VerifiedRun {
  readonly runtime: Runtime;
  /** `broken`: what of the place is to be otherwise. */
  verify(only?: string, broken?: (place: Place) => Partial<Place>): Promise<readonly Verdict[]>;
  stop(): Promise<void>;
}

export async function startVerifiedRun({
  patienceMs,
}: {
  readonly patienceMs: number;
}): Promise<VerifiedRun> {
  const runtime = await startRuntime({
    pipeline: PIPELINE,
    shards: 1,
    schedules: false,
    httpPort: 0,
    inMemory: true,
  });
  const desk = tokenDeskOf(runtime);
  const output = (name: string) => runtime.system.outputs.get(name) ?? '';
  const revoke = async (id: string) => void (await desk.revoke(id));
  const place = (): Place => ({
    apiUrl: output(OUTPUTS.apiUrl),
    liveUrl: output(OUTPUTS.liveUrl),
    siteUrl: output(OUTPUTS.dashboardUrl),
    run: crypto.randomUUID().slice(0, 8),
    clock: systemClock,
    patienceMs,
    ask: askOverHttp,
    openSocket: openWebSocket,
    issue: async ({ use, subject, sources = [] }) => {
      const { token, text } = await desk.issue({ use, subject, sources, lifetimeMs: 3_600_000 });
      return { id: token.id, text };
    },
    revoke,
    deadLetters: runtime.deadLetters,
    aws: undefined,
    pipeline: parsePipeline(PIPELINE),
  });
  return {
    runtime,
    verify: async (only, broken = () => ({})) => {
      const whole = place();
      const retire = async (source: string) =>
        void (await retireSource(source, { states: runtime.states, nowMs: systemClock.nowMs() }));
      const cleanup = { revoke, retire };
      return await verify(
        { ...whole, ...broken(whole) },
        { cleanup, ...(only === undefined ? {} : { only }) },
      );
    },
    stop: () => runtime.stop(),
  };
}
