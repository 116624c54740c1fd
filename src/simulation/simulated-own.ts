// A function of one's own in a run: behind a mapping of its own on the telemetry stream, and met by what meets `aggregate` there, so
// that a plan need say nothing of it.
import { exponentialBackoff } from '../event-source/backoff.ts';
import { type RunningMapping, startEventSourceMapping } from '../event-source/event-source-mapping.ts';
import { parseMappingParameters } from '../event-source/mapping-parameters.ts';
import type { MemoryStream } from '../event-source/memory-stream.ts';
import type { VirtualClock } from '../event-source/virtual-clock.ts';
import type { FunctionHost } from '../host/function-host.ts';
import type { OwnRecord } from '../host/own-simulation.ts';
import { MemoryTable } from '../stores/memory-table.ts';
import type { FaultSchedule } from './fault-schedule.ts';
import type { Invocation } from './invocation.ts';
import { OldCheckpoints } from './old-checkpoints.ts';
import type { OwnFunction } from './own-function.ts';
import type { Plan } from './plan.ts';
import { SimulatedFunction } from './simulated-function.ts';
import type { Trace } from './trace.ts';
import { troubledStream } from './troubled-stream.ts';
import { TroubledTable } from './troubled-table.ts';
import { Violation } from './violation.ts';

export interface SimulatedOwnDeps {
  readonly plan: Plan;
  readonly clock: VirtualClock;
  readonly trace: Trace;
  readonly faults: FaultSchedule;
  readonly stream: MemoryStream;
  readonly random: () => number;
  /** All but tables of its own. */
  readonly host: (invocation: () => Invocation) => FunctionHost;
  /** The mapping cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

/** Records are tried for ever: what was given up would be nobody's mistake. */
const GIVING_UP = ['MaximumRetryAttempts', 'MaximumRecordAgeInSeconds', 'DestinationConfig'];
const LIKE = 'aggregate';

export class SimulatedOwn {
  readonly name: string;
  readonly #own: OwnFunction;
  readonly #deps: SimulatedOwnDeps;
  readonly #tables: ReadonlyMap<string, MemoryTable>;
  readonly #function: SimulatedFunction;
  readonly #checkpoints: OldCheckpoints;
  #mapping: RunningMapping | undefined;

  constructor(own: OwnFunction, deps: SimulatedOwnDeps) {
    this.name = own.name;
    this.#own = own;
    this.#deps = deps;
    const { plan, faults } = deps;
    this.#checkpoints = new OldCheckpoints(LIKE, faults);
    this.#tables = new Map(
      Object.entries(own.simulation.tables ?? {}).map(([name, schema]) => [name, new MemoryTable(schema)]),
    );
    const { containers, timeoutMs, latenciesMs } = plan;
    const start = (invocation: () => Invocation) => own.wire(this.#host(invocation));
    this.#function = new SimulatedFunction(
      { name: own.name, timeoutMs, containers, start },
      {
        ...deps,
        latenciesMs,
        faults: { ofInvocation: (_, invocation) => faults.ofInvocation(LIKE, invocation) },
      },
    );
  }

  start(): void {
    const { plan, clock, stream, faults, trace, random, onFailure } = this.#deps;
    const properties = Object.entries(plan.mappings[LIKE]).filter(([key]) => !GIVING_UP.includes(key));
    const parameters = parseMappingParameters(
      { ...Object.fromEntries(properties), StartingPosition: 'TRIM_HORIZON' },
      { kind: stream.kind, nowMs: clock.nowMs(), where: this.name },
    );
    this.#mapping = startEventSourceMapping(parameters, {
      name: this.name,
      stream: troubledStream(stream, { name: 'telemetry', faults, trace }),
      invoker: {
        invoke: (payload, affinity = '') =>
          this.#function.invoke(payload, affinity, () => `a batch of ${affinity}`),
      },
      checkpoints: this.#checkpoints,
      destination: undefined,
      clock,
      random,
      observe: () => {},
      backoff: exponentialBackoff(plan.backoff),
      polling: plan.polling,
    });
    this.#mapping.done.catch(onFailure);
  }

  /** As that of `aggregate`: it dies, and another goes on from older checkpoints. */
  async restart(rewind: number): Promise<void> {
    await this.#mapping?.stop({ invocation: 'abandon' });
    this.#checkpoints.rewind(this.name, rewind);
    this.start();
  }

  /** Once nothing is put any more and nothing goes wrong. @throws Violation where its own check does not hold */
  async toEnd(): Promise<void> {
    await this.#mapping?.caughtUp();
    await this.#function.idle();
    await this.#mapping?.stop({ invocation: 'finish' });
    const { check } = this.#own.simulation;
    if (check === undefined) return;
    try {
      await check({ records: await this.#records(), table: (name) => this.#table(name) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Violation(lawOfOwn(this.name), reason);
    }
  }

  #host(invocation: () => Invocation): FunctionHost {
    const base = this.#deps.host(invocation);
    return {
      ...base,
      table: (name) =>
        this.#tables.has(name)
          ? new TroubledTable(this.#table(name), {
              invocation,
              isOut: () => false,
              isThrottled: () => false,
              previousImage: () => undefined,
            })
          : base.table(name),
    };
  }

  #table(name: string): MemoryTable {
    const table = this.#tables.get(name);
    if (table !== undefined) return table;
    const names = [...this.#tables.keys()].join(', ');
    throw new Error(`${this.name} has no table ${name}: found ${names}, by its simulation.tables`);
  }

  async #records(): Promise<readonly OwnRecord[]> {
    const { stream } = this.#deps;
    const records: OwnRecord[] = [];
    for (const { id } of await stream.listShards()) {
      const opened = await stream.openIterator(id, { at: 'trim-horizon' });
      let iterator = opened.kind === 'open' ? opened.iterator : undefined;
      while (iterator !== undefined) {
        const answer = await stream.read(id, iterator, 10_000);
        if (answer.kind !== 'records') throw new Error(`${id}: found ${answer.kind}, expected records`);
        for (const { record } of answer.records) if ('kinesis' in record) records.push(record);
        iterator = answer.records.length === 0 ? undefined : answer.next;
      }
    }
    return records;
  }
}

export const lawOfOwn = (name: string) => `${name}, a function of one's own, is right whatever went wrong`;
