// Runs the template's event source mappings, each with the template's own parameters.
import { join } from 'node:path';
import { exponentialBackoff } from '../event-source/backoff.ts';
import type { Clock } from '../event-source/clock.ts';
import { type RunningMapping, startEventSourceMapping } from '../event-source/event-source-mapping.ts';
import { createFileCheckpoints } from '../event-source/file-checkpoints.ts';
import type { MappingEvent } from '../event-source/mapping-events.ts';
import { parseMappingParameters } from '../event-source/mapping-parameters.ts';
import { createMemoryCheckpoints } from '../event-source/memory-checkpoints.ts';
import type { FunctionInvoker, StreamSource } from '../event-source/ports.ts';
import { createFailedBatches } from './failed-batches.ts';
import type { MappingSpec } from './read-mapping.ts';
import { systemClock } from './system-clock.ts';

/** What a mapping reads instead of its stream: records as they were recorded. */
export interface RecordedSource {
  readonly stream: StreamSource;
  /** The recording's. */
  readonly clock: Clock;
}

export interface MappingsOptions {
  readonly streamOf: (spec: MappingSpec) => StreamSource;
  readonly invokerOf: (spec: MappingSpec) => FunctionInvoker;
  /** Undefined: the mapping reads its stream. */
  readonly recorded: (spec: MappingSpec) => RecordedSource | undefined;
  /** Gets `checkpoints/`, and `failed-batches/` with what the mappings' destinations would have. */
  readonly workFolder: string;
  readonly observe: (spec: MappingSpec, event: MappingEvent) => void;
  readonly onFailure: (error: unknown) => void;
}

export interface RunningMappings {
  /** How long the oldest record has been waiting that a mapping of the function has read; 0: none is waiting. */
  behindMs(functionName: string): number;
  /** Resolves when all that is in the streams now has been handled, and all that came of it. */
  caughtUp(): Promise<void>;
  /** What is under way is abandoned. */
  stop(): Promise<void>;
}

/** Locally a retry need not wait long: there is no shared service to protect. */
const LOCAL_BACKOFF = exponentialBackoff({ baseMs: 50, capMs: 2_000 });
/** Nothing new for long: as often as AWS lets a Kinesis shard be read. A laptop has other things to do than to answer that there is nothing. */
const POLLING = { idlePollMs: 50, longestIdlePollMs: 200, shardRefreshMs: 1_000, readLimit: 1_000 };

/** Those that the template has switched off stay so. @throws MappingParametersError */
export function startMappings(specs: readonly MappingSpec[], options: MappingsOptions): RunningMappings {
  const running: RunningMapping[] = [];
  const readers = new Map<string, RunningMapping[]>();
  let invocations = 0;
  const observe = (spec: MappingSpec, event: MappingEvent) => {
    if (event.kind === 'invoked') invocations += 1;
    options.observe(spec, event);
  };
  for (const spec of specs) {
    const mapping = startMapping(spec, { ...options, observe });
    if (mapping === undefined) continue;
    running.push(mapping);
    readers.set(spec.fn.name, [...(readers.get(spec.fn.name) ?? []), mapping]);
  }
  return {
    behindMs: (name) => Math.max(0, ...(readers.get(name) ?? []).map((mapping) => mapping.behindMs())),
    async caughtUp() {
      // What a function handled may be in a stream that another reads: over again, until no function was invoked meanwhile.
      for (let before = -1; before !== invocations; ) {
        before = invocations;
        await Promise.all(running.map((mapping) => mapping.caughtUp()));
      }
    },
    async stop() {
      await Promise.all(running.map((mapping) => mapping.stop({ invocation: 'abandon' })));
    },
  };
}

function startMapping(spec: MappingSpec, options: MappingsOptions): RunningMapping | undefined {
  const recorded = options.recorded(spec);
  const clock = recorded?.clock ?? systemClock;
  const stream = recorded?.stream ?? options.streamOf(spec);
  const stated = parseMappingParameters(spec.properties, {
    kind: spec.source.kind,
    nowMs: clock.nowMs(),
    where: spec.logicalId,
  });
  if (!stated.enabled) return undefined;
  // Recorded records were in time when they were recorded, however long that went on.
  const parameters = recorded !== undefined ? { ...stated, maximumRecordAgeMs: undefined } : stated;
  const mapping = startEventSourceMapping(parameters, {
    name: checkpointName(spec, stream),
    stream,
    invoker: options.invokerOf(spec),
    // Recorded records are read from their beginning on each replay; the source's own position tells what is new.
    checkpoints:
      recorded === undefined
        ? createFileCheckpoints(join(options.workFolder, 'checkpoints'))
        : createMemoryCheckpoints(),
    destination:
      stated.onFailure === undefined
        ? undefined
        : createFailedBatches({
            folder: join(options.workFolder, 'failed-batches'),
            mappingUuid: spec.uuid,
            functionArn: spec.fn.arn,
            stream,
            clock,
            newUuid: () => crypto.randomUUID(),
          }),
    clock,
    random: Math.random,
    observe: (event) => options.observe(spec, event),
    backoff: LOCAL_BACKOFF,
    polling: POLLING,
  });
  mapping.done.catch(options.onFailure);
  return mapping;
}

/** A stream that was created again has its own checkpoints: those of the earlier one would skip its first records. */
function checkpointName({ uuid, source }: MappingSpec, stream: StreamSource): string {
  const made = source.kind === 'dynamodb' ? stream.arn.split('/').at(-1) : undefined;
  return made === undefined ? uuid : `${uuid}-${made.replaceAll(/[^0-9A-Za-z.-]/g, '-')}`;
}
