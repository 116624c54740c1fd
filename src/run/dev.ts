// Everything on a laptop with a simulated fleet and simulated players, until told to stop: what `npm start` runs.

import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../../cdk/settings/settings.ts';
import { createTelemetryClient, type TelemetryClientStats } from '../../producers/client/telemetry-client.ts';
import { simulateGameSessions } from '../../producers/simulators/game-sessions.ts';
import { simulateIotFleet } from '../../producers/simulators/iot-fleet.ts';
import type { Simulation } from '../../producers/simulators/simulation.ts';
import type { AlertStatus } from '../core/alerts/alert-state.ts';
import type { Ledger } from '../core/ledger.ts';
import { type SeriesWindow, type StoredWindow, summarizeStored } from '../core/stored-window.ts';
import type { MappingEvent } from '../event-source/mapping-events.ts';
import { systemClock } from '../platform/clock.ts';
import { OUTPUTS } from '../platform/names.ts';
import type { StoredAlert } from '../stores/alerts.ts';
import { type LedgerTotals, readLedgerTotals } from '../stores/ledger-totals.ts';
import { readLedger, type StoredLedger } from '../stores/read-ledger.ts';
import { standingAlerts } from '../stores/standing-alerts.ts';
import type { AlertEvent } from '../wire/alert-event.ts';
import { RecentFigures } from './recent-figures.ts';
import { writeRunningFile } from './running-file.ts';
import { type Runtime, startRuntime } from './runtime.ts';

export interface DevOptions {
  /** The pipeline definition. */
  readonly pipeline: object;
  readonly shards: number;
  readonly dataFolder?: string | undefined;
  /** The stack's settings. */
  readonly settings?: Settings | undefined;
  /** Gets the stack's outputs, as `cdk deploy --outputs-file` writes them. */
  readonly outputsFile?: string | undefined;
  readonly devices: number;
  readonly players: number;
  readonly seed: number;
  readonly kinesisPort?: number | undefined;
  readonly dynamodbPort?: number | undefined;
  readonly mqttPort?: number | undefined;
  readonly httpPort?: number | undefined;
  /** How long ago, in event time, what is simulated began: it is sent at once. */
  readonly historyMs?: number;
  /** For the dashboard: a reader's token of the running system. */
  readonly readerToken: (runtime: Runtime) => Promise<string>;
  readonly onState: (state: DevState) => void;
  /** A transition of an alert has been published. */
  readonly onAlert?: (event: AlertEvent) => void;
  readonly signal: AbortSignal;
}

export interface DevState {
  /** What is being done; `running` once everything is. */
  readonly step: string;
  readonly notice: string | undefined;
  readonly endpoints: Readonly<Record<string, string>>;
  /** Where the REST API is, with its stage. */
  readonly apiUrl: string | undefined;
  /** Where the dashboard is, with a reader's token in the fragment. */
  readonly dashboardUrl: string | undefined;
  readonly workFolder: string;
  readonly upForMs: number;
  readonly devices: number;
  readonly players: number;
  readonly producer: TelemetryClientStats | undefined;
  readonly eventsPerSecond: number;
  /** As last added up. */
  readonly ledger: (Ledger & Pick<StoredLedger, 'sources'>) | undefined;
  /** By consumer. */
  readonly consumers: readonly ConsumerState[];
  readonly latestWindows: readonly SeriesWindow[];
  /** Undefined where the pipeline has no alerts. */
  readonly alerts: AlertsNow | undefined;
  readonly trouble: string | undefined;
}

export interface AlertsNow {
  readonly firing: number;
  readonly pending: number;
  /** Those that have ever made a transition: firing, pending, then the others, each the latest first. */
  readonly latest: readonly StoredAlert[];
}

export interface ConsumerState {
  readonly name: string;
  /** How long the oldest record that it has read has been waiting to be handled; 0: none is waiting. */
  readonly lagMs: number;
  readonly batches: number;
  readonly failures: number;
}

/** Runs until the signal aborts; returns the books as they were at the end. Throws what the runtime cannot go on with. */
export async function runDev(options: DevOptions): Promise<StoredLedger> {
  const { onState, signal } = options;
  const startedMs = performance.now();
  const recent = new RecentFigures();
  let state = stateAtFirst(options);
  const tell = (changes: Partial<DevState>) => {
    state = { ...state, ...changes, upForMs: performance.now() - startedMs };
    onState(state);
  };
  const runtime = await startRuntime({
    ...options,
    schedules: true,
    onStep: (step) => tell({ step }),
    onApiFailure: (message) => tell({ trouble: `API: ${message}` }),
    onMapping: (mapping, event) => {
      const trouble = troubleOf(mapping, event);
      if (trouble !== undefined) tell({ trouble });
    },
  });
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const removeRunningFile = await announce(runtime, options);
  try {
    tell({
      step: 'running',
      notice: runtime.notice,
      endpoints: {
        ...runtime.endpoints,
        ...(runtime.mqttUrl === undefined ? {} : { MQTT_URL: runtime.mqttUrl }),
      },
      apiUrl: runtime.system.outputs.get(OUTPUTS.apiUrl),
      dashboardUrl: await dashboardUrl(runtime, options),
      workFolder: runtime.workFolder,
    });
    const client = createTelemetryClient({
      stream: runtime.streamName,
      deps: { sink: runtime.sink, clock: systemClock, random: Math.random },
      options: { lingerMs: 250 },
      onFailed: (events, error) =>
        tell({ trouble: `${events.length} events could not be put into the stream: ${String(error)}` }),
    });
    const figures = () => {
      recent.note(runtime.figures.sum('aggregate', 'received'), performance.now());
      tell({
        producer: client.stats(),
        eventsPerSecond: recent.perSecond(),
        consumers: consumersOf(runtime).map((name) => ({
          name,
          lagMs: runtime.behindMs(name),
          batches: runtime.figures.sum(name, 'batches'),
          failures: runtime.figures.sum(name, 'failures'),
        })),
      });
    };
    const work = Promise.all([
      ...simulationsOf(options).map((simulation) => drive(simulation, client.put.bind(client), signal)),
      every(FIGURES_EVERY_MS, signal, async () => figures()),
      every(BOOKS_EVERY_MS, signal, async () => {
        const ledger = await booksNow(runtime);
        tell({
          ...(ledger === undefined ? {} : { ledger }),
          latestWindows: await latestWindows(runtime),
          alerts: await alertsNow(runtime),
        });
      }),
    ]);
    await Promise.race([work.then(() => stopped), runtime.failed]);
    tell({ step: 'stopping: letting what is in the stream be handled' });
    await client.close();
    await Promise.race([runtime.caughtUp(), runtime.failed]);
    return await readLedger(runtime.states, runtime.deadLetters);
  } finally {
    await removeRunningFile();
    await runtime.stop();
  }
}

function stateAtFirst({ devices, players }: DevOptions): DevState {
  return {
    step: '',
    notice: undefined,
    endpoints: {},
    apiUrl: undefined,
    dashboardUrl: undefined,
    workFolder: '',
    upForMs: 0,
    devices,
    players,
    producer: undefined,
    eventsPerSecond: 0,
    ledger: undefined,
    consumers: [],
    latestWindows: [],
    alerts: undefined,
    trouble: undefined,
  };
}

const FIGURES_EVERY_MS = 500;
/** Not more often than somebody can look. */
const BOOKS_EVERY_MS = 2_000;
const WINDOWS_SHOWN = 12;
/** As many as somebody may want to look at. */
const ALERTS_TOLD = 12;

/** The fragment of an address is sent to no server, and the page takes it away. */
async function dashboardUrl(
  runtime: Runtime,
  { readerToken }: Pick<DevOptions, 'readerToken'>,
): Promise<string | undefined> {
  const url = runtime.system.outputs.get(OUTPUTS.dashboardUrl);
  return url === undefined ? undefined : `${url}#token=${await readerToken(runtime)}`;
}

async function announce(
  runtime: Runtime,
  { dataFolder, outputsFile }: Pick<DevOptions, 'dataFolder' | 'outputsFile'>,
): Promise<() => Promise<void>> {
  if (outputsFile !== undefined) await copyFile(join(runtime.workFolder, 'outputs.json'), outputsFile);
  return await writeRunningFile({
    pid: process.pid,
    tables: runtime.tables,
    secrets: runtime.secrets,
    buckets: runtime.buckets.endpoint,
    accessKey: runtime.accessKey,
    dataFolder: dataFolder === undefined ? undefined : runtime.workFolder,
    outputs: Object.fromEntries(runtime.system.outputs),
  });
}

/** The simulations that run: a fleet of devices, and players in matches. */
function simulationsOf({ devices, players, seed, historyMs = 0 }: DevOptions): readonly Simulation[] {
  const startMs = systemClock.nowMs() - historyMs;
  const matches = Math.ceil(players / PLAYERS_PER_MATCH);
  return [
    ...(devices === 0 ? [] : [simulateIotFleet({ seed, startMs, devices, clockOffsetMs: CLOCKS_OFF_MS })]),
    ...(players === 0
      ? []
      : [simulateGameSessions({ seed, startMs, players, matches, clockOffsetMs: CLOCKS_OFF_MS })]),
  ];
}

/** Clocks lag rather than lead: one that leads by minutes would be in a rollup's next windows alone, for all to see. */
export const CLOCKS_OFF_MS = [-4 * 60_000, 5_000] as const;

/** On average, with some waiting for their next match. */
const PLAYERS_PER_MATCH = 10;

async function drive(
  { arrivals }: Simulation,
  put: (event: Readonly<Record<string, unknown>>) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (const { atMs, event } of arrivals) {
    const waitMs = atMs - systemClock.nowMs();
    if (waitMs > 0) await systemClock.sleep(waitMs, signal);
    if (signal.aborted) return;
    await put(event);
  }
}

/** Again and again, with pauses ten times as long as the work takes: looking must not become what the machine does. */
async function every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  let tookMs = 0;
  while (!signal.aborted) {
    await systemClock.sleep(Math.max(ms, 10 * tookMs), signal);
    const startedMs = performance.now();
    if (!signal.aborted) await work();
    tookMs = performance.now() - startedMs;
  }
}

function consumersOf({ pipeline }: Runtime): readonly string[] {
  return ['aggregate', 'rollup', ...(pipeline.alerts.length === 0 ? [] : ['alert', 'publish'])];
}

/** Added up piece by piece, so many at a time: with a long history they are older, and cost no more. undefined: not yet whole. */
async function booksNow({ readers, states, deadLetters }: Runtime): Promise<LedgerTotals | undefined> {
  const deps = {
    table: readers,
    states,
    deadLetters,
    nowMs: systemClock.nowMs,
    maxAgeMs: BOOKS_EVERY_MS / 2,
  };
  return await readLedgerTotals(deps);
}

async function alertsNow({ alerts, pipeline }: Runtime): Promise<AlertsNow | undefined> {
  if (pipeline.alerts.length === 0) return undefined;
  const told: StoredAlert[] = [];
  for await (const alert of standingAlerts(alerts, 'active', { readAhead: ALERTS_TOLD })) told.push(alert);
  const count = (status: AlertStatus) => told.filter(({ state }) => state.status === status).length;
  const [firing, pending] = [count('firing'), count('pending')];
  let resolved = 0;
  for await (const alert of standingAlerts(alerts, 'resolved', { readAhead: ALERTS_TOLD })) {
    told.push(alert);
    resolved += 1;
    if (resolved >= ALERTS_TOLD) break;
  }
  return {
    firing,
    pending,
    latest: told
      .sort(
        (a, b) => rankOf(a) - rankOf(b) || windowEndOf(b) - windowEndOf(a) || (a.series < b.series ? -1 : 1),
      )
      .slice(0, ALERTS_TOLD),
  };
}

function rankOf({ state: { status } }: StoredAlert): number {
  return status === 'firing' ? 0 : status === 'pending' ? 1 : 2;
}

function windowEndOf({ state }: StoredAlert): number {
  return state.transitions.at(-1)?.window.end ?? Number.NEGATIVE_INFINITY;
}

/** The latest rollup windows, or the latest source windows where there are no rollups. */
async function latestWindows({ windows, pipeline }: Runtime): Promise<SeriesWindow[]> {
  const kind = pipeline.rollups.length > 0 ? 'rollup' : 'source';
  const found: StoredWindow[] = [];
  // Devices with fast clocks have begun windows that are not due yet.
  const range = { toMs: systemClock.nowMs(), readAhead: WINDOWS_SHOWN };
  for await (const together of windows.latest(kind, range)) {
    found.push(...together);
    if (found.length >= WINDOWS_SHOWN) break;
  }
  return found.slice(0, WINDOWS_SHOWN).map(summarizeStored);
}

function troubleOf(mapping: string, event: MappingEvent): string | undefined {
  switch (event.kind) {
    case 'invoked':
      return event.result === 'failed' ? `${mapping}: ${event.message ?? 'an invocation failed'}` : undefined;
    case 'discarded':
      return `${mapping}: gave up ${event.batch.records.length} records (${event.batch.condition})`;
    case 'unavailable':
      return `${mapping}: ${event.what} unavailable: ${event.reason}`;
    default:
      return undefined;
  }
}
