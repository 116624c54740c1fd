// Runs what a template says on servers and functions that are there: its APIs, mappings, schedules, and what is measured of them.
import type { MappingEvent } from '../event-source/mapping-events.ts';
import type { StreamSource } from '../event-source/ports.ts';
import type { LocalCloudWatch } from './cloudwatch/local-cloudwatch.ts';
import type { LocalFunction } from './function-invoker.ts';
import type { CallService } from './gateway/service-endpoint.ts';
import type { Gateway } from './gateway/start-gateway.ts';
import { LOCAL_ACCOUNT_ID } from './local-names.ts';
import type { MappingSpec } from './read-mapping.ts';
import type { ObjectEvents } from './s3/object-events.ts';
import { runSchedule } from './schedule.ts';
import { type RecordedSource, type RunningMappings, startMappings } from './start-mappings.ts';
import { systemClock } from './system-clock.ts';
import { tellOfObjects } from './tell-of-objects.ts';
import type { LocalSystem } from './template.ts';

export interface SystemParts {
  readonly region: string;
  /** Undefined: the template has no API. */
  readonly gateway: Gateway | undefined;
  /** By name; their invocations are counted where `cloudWatch` watches them. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  /** The stream that a mapping reads. */
  readonly streamOf: (spec: MappingSpec) => StreamSource;
  /** What a mapping reads instead; default: none does. */
  readonly recorded?: (spec: MappingSpec) => RecordedSource | undefined;
  /** For integrations that call a service. */
  readonly callService: CallService;
  readonly cloudWatch: LocalCloudWatch;
  /** Events of the buckets' server, such as an object created. */
  readonly objectEvents: ObjectEvents;
  /** Whether the template's schedules run. */
  readonly schedules: boolean;
  /** Folder for checkpoints and failed batches, an absolute path. */
  readonly workFolder: string;
  readonly observe: (spec: MappingSpec, event: MappingEvent) => void;
  /** Lines of the APIs' access logs. */
  readonly onAccess: (line: string) => void;
  /** Why an API answered with a failure of its own. */
  readonly onApiFailure: (message: string) => void;
  /** A mapping has ended that cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

/** `stop` ends mappings and schedules; the gateway and the functions are stopped by whoever made them. */
export type RunningSystem = RunningMappings;

export function runSystem(system: LocalSystem, parts: SystemParts): RunningSystem {
  const { cloudWatch, region } = parts;
  parts.gateway?.serve(system, {
    invoke: (functionArn, payload) => functionByArn(system, parts.functions, functionArn).invoke(payload),
    callService: cloudWatch.watchingPuts(parts.callService),
    observe: (event) => cloudWatch.takeGateway(event),
    policies: system.policies,
    region,
    accountId: LOCAL_ACCOUNT_ID,
    nowMs: systemClock.nowMs,
    newId: () => crypto.randomUUID(),
    onAccess: parts.onAccess,
    onFailure: parts.onApiFailure,
    dashboards: () => cloudWatch.dashboards(system.dashboards),
  });
  const mappings = startMappings(system.mappings, {
    streamOf: parts.streamOf,
    invokerOf: (spec) => functionNamed(parts.functions, spec.fn.name),
    recorded: parts.recorded ?? (() => undefined),
    workFolder: parts.workFolder,
    observe: (spec, event) => {
      cloudWatch.takeMapping(spec, event);
      parts.observe(spec, event);
    },
    onFailure: parts.onFailure,
  });
  const stopSchedules = parts.schedules ? startSchedules(system, parts) : async () => {};
  const telling = tellOfObjects(system.objectRules, parts.objectEvents, {
    clock: systemClock,
    region,
    invokerOf: ({ fn }) => functionNamed(parts.functions, fn.name),
    newEventId: () => crypto.randomUUID(),
  });
  return {
    behindMs: mappings.behindMs,
    async caughtUp() {
      await telling.told();
      await mappings.caughtUp();
    },
    async stop() {
      await telling.stop();
      await stopSchedules();
      await mappings.stop();
    },
  };
}

/** @throws Error where the template has no such function */
export function functionNamed<T>(functions: ReadonlyMap<string, T>, name: string): T {
  const found = functions.get(name);
  if (found === undefined)
    throw new Error(`the template has no function ${name}: found ${[...functions.keys()].join(', ')}`);
  return found;
}

function functionByArn(
  { functions: specs }: LocalSystem,
  functions: ReadonlyMap<string, LocalFunction>,
  arn: string,
): LocalFunction {
  return functionNamed(functions, specs.find((spec) => spec.arn === arn)?.name ?? arn);
}

/** Returns what stops them. */
function startSchedules(
  { schedules }: LocalSystem,
  { functions, region }: Pick<SystemParts, 'functions' | 'region'>,
): () => Promise<void> {
  const stopping = new AbortController();
  const runs = schedules.map((spec) =>
    runSchedule(
      spec,
      {
        clock: systemClock,
        invoker: functionNamed(functions, spec.fn.name),
        region,
        newEventId: () => crypto.randomUUID(),
        onOutcome: () => {},
      },
      stopping.signal,
    ),
  );
  return async () => {
    stopping.abort();
    await Promise.all(runs);
  };
}
