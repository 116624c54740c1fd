// The event source mappings of an account: created, changed, disabled and deleted as by Lambda's API (rules 6 and 7), each run by
// `startEventSourceMapping` when it is in effect.

import type { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { DestinationArn } from './destination-config.ts';
import { type RunningMapping, startEventSourceMapping } from './event-source-mapping.ts';
import type { PollingSettings } from './mapping-deps.ts';
import type { MappingEvent } from './mapping-events.ts';
import {
  type MappingParameters,
  MappingParametersError,
  parseMappingParameters,
} from './mapping-parameters.ts';
import { MappingServiceError } from './mapping-service-error.ts';
import { type OpenQuestions, USUAL_ANSWERS } from './open-questions.ts';
import { reasonOf } from './persistence.ts';
import type {
  CheckpointStore,
  FailureDestination,
  FunctionInvoker,
  StreamKind,
  StreamSource,
} from './ports.ts';

/** What the service works with: streams, functions and checkpoints, by ARN and UUID. */
export interface MappingServiceDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly newUuid: () => string;
  /** Keeps checkpoints by the mappings' UUIDs. */
  readonly checkpoints: CheckpointStore;
  /** undefined: there is no such stream. */
  readonly stream: (arn: string) => StreamSource | undefined;
  /** undefined: there is no such function. */
  readonly invoker: (functionArn: string) => FunctionInvoker | undefined;
  readonly destination?: (onFailure: DestinationArn, mapping: MappingIdentity) => FailureDestination;
  readonly observe?: (uuid: string, event: MappingEvent) => void;
  readonly backoff: Backoff;
  readonly polling: (kind: StreamKind) => PollingSettings;
  readonly answers?: Partial<OpenQuestions>;
}

export interface MappingIdentity {
  readonly UUID: string;
  readonly EventSourceArn: string;
  readonly FunctionArn: string;
}

export type MappingProperties = Readonly<Record<string, unknown>>;

type MappingState = 'Creating' | 'Enabling' | 'Enabled' | 'Disabling' | 'Disabled' | 'Updating' | 'Deleting';

/** What the API answers of a mapping. */
export interface MappingConfiguration extends MappingIdentity {
  readonly State: MappingState;
  readonly StateTransitionReason: string;
  readonly LastProcessingResult: string;
  /** As given, the newest of each. */
  readonly Properties: MappingProperties;
}

export interface CreateMapping {
  readonly EventSourceArn: string;
  readonly FunctionArn: string;
  /** Properties of AWS::Lambda::EventSourceMapping other than the two above. */
  readonly Properties: MappingProperties;
}

/** What has to be kept of a mapping beside its checkpoints for a service that starts again. */
export type StoredMapping = CreateMapping & { readonly UUID: string };

interface Managed {
  readonly identity: MappingIdentity;
  properties: MappingProperties;
  parameters: MappingParameters;
  state: MappingState;
  lastProcessingResult: string;
  running: RunningMapping | undefined;
}

/**
 * Mappings that are created, changed and deleted as by Lambda's API; states change after the delays of the service.
 *
 * @example
 * const service = new MappingService(deps);
 * const { UUID } = service.create({
 *   EventSourceArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders',
 *   FunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:ship',
 *   Properties: { StartingPosition: 'LATEST' },
 * });
 * service.disable(UUID);
 * const stored = await service.close(); // for another MappingService to continue with
 */
export class MappingService {
  readonly #deps: MappingServiceDeps;
  readonly #answers: OpenQuestions;
  readonly #mappings = new Map<string, Managed>();
  readonly #closing = new AbortController();
  readonly #transitions = new Set<Promise<void>>();

  /** `stored`: mappings of an earlier service, which continue at once from their checkpoints. */
  constructor(deps: MappingServiceDeps, stored: readonly StoredMapping[] = []) {
    this.#deps = deps;
    this.#answers = { ...USUAL_ANSWERS, ...deps.answers };
    for (const mapping of stored) {
      const managed = this.#manage(mapping, () => mapping.UUID);
      this.#mappings.set(mapping.UUID, managed);
      this.#putInEffect(managed);
    }
  }

  /** @throws MappingServiceError if the stream or function does not exist, a property is wrong, or such a mapping exists already */
  create(request: CreateMapping): MappingConfiguration {
    const { EventSourceArn, FunctionArn } = request;
    for (const { identity } of this.#mappings.values()) {
      if (identity.EventSourceArn === EventSourceArn && identity.FunctionArn === FunctionArn) {
        throw new MappingServiceError(
          'ResourceConflictException',
          `The event source arn (" ${EventSourceArn} ") and function (" ${FunctionArn} ") provided mapping already exists. Please update or delete the existing mapping with UUID ${identity.UUID}`,
        );
      }
    }
    const managed = this.#manage(request, this.#deps.newUuid);
    this.#mappings.set(managed.identity.UUID, managed);
    this.#later(this.#answers.creationDelayMs, () => this.#putInEffect(managed));
    return configurationOf(managed);
  }

  /** @throws MappingServiceError if there is no such mapping */
  get(uuid: string): MappingConfiguration {
    return configurationOf(this.#known(uuid));
  }

  list(): readonly MappingConfiguration[] {
    return [...this.#mappings.values()].map(configurationOf);
  }

  /** Until the change takes effect the mapping runs as before. @throws MappingServiceError for wrong or fixed properties, or while another change is pending */
  update(uuid: string, changes: MappingProperties): MappingConfiguration {
    const managed = this.#settled(uuid);
    const fixed = ['StartingPosition', 'StartingPositionTimestamp', 'EventSourceArn'].find(
      (key) => key in changes,
    );
    if (fixed !== undefined) {
      throw new MappingServiceError(
        'InvalidParameterValueException',
        `${fixed} cannot be changed: delete the mapping and create another`,
      );
    }
    const properties = { ...managed.properties, ...changes };
    const parameters = this.#parse(managed.identity.EventSourceArn, properties);
    const wasEnabled = managed.parameters.enabled;
    managed.state =
      parameters.enabled === wasEnabled ? 'Updating' : parameters.enabled ? 'Enabling' : 'Disabling';
    this.#later(this.#answers.updateDelayMs, async () => {
      await this.#halt(managed);
      managed.properties = properties;
      managed.parameters = parameters;
      this.#putInEffect(managed);
    });
    return configurationOf(managed);
  }

  /** Stops the mapping once running invocations are finished and checkpointed (rule 6). */
  disable(uuid: string): MappingConfiguration {
    return this.update(uuid, { Enabled: false });
  }

  /** Continues after the last record handled (rule 6). */
  enable(uuid: string): MappingConfiguration {
    return this.update(uuid, { Enabled: true });
  }

  /** Deletes the mapping and its checkpoints: a new one begins at its StartingPosition. @throws MappingServiceError */
  delete(uuid: string): MappingConfiguration {
    const managed = this.#settled(uuid);
    managed.state = 'Deleting';
    this.#later(this.#answers.updateDelayMs, async () => {
      await this.#halt(managed);
      await this.#deps.checkpoints.forget?.(uuid);
      this.#mappings.delete(uuid);
    });
    return configurationOf(managed);
  }

  /** The running mapping; undefined while it does not run. @throws MappingServiceError if there is no such mapping */
  running(uuid: string): RunningMapping | undefined {
    return this.#known(uuid).running;
  }

  /** Stops all mappings without changing them. @returns what another service needs to continue them */
  async close(): Promise<readonly StoredMapping[]> {
    this.#closing.abort();
    await Promise.all(this.#transitions);
    const mappings = [...this.#mappings.values()];
    await Promise.all(mappings.map((managed) => this.#halt(managed)));
    return mappings.map(({ identity, properties }) => ({ ...identity, Properties: properties }));
  }

  #manage({ EventSourceArn, FunctionArn, Properties }: CreateMapping, newUuid: () => string): Managed {
    if (this.#deps.invoker(FunctionArn) === undefined) {
      throw new MappingServiceError(
        'InvalidParameterValueException',
        `Function does not exist: ${FunctionArn}`,
      );
    }
    const parameters = this.#parse(EventSourceArn, Properties);
    return {
      identity: { UUID: newUuid(), EventSourceArn, FunctionArn },
      properties: Properties,
      parameters,
      state: 'Creating',
      lastProcessingResult: 'No records processed',
      running: undefined,
    };
  }

  #parse(streamArn: string, properties: MappingProperties): MappingParameters {
    const stream = this.#streamOf(streamArn);
    try {
      return parseMappingParameters(properties, {
        kind: stream.kind,
        nowMs: this.#deps.clock.nowMs(),
        where: streamArn,
        answers: this.#answers,
      });
    } catch (cause) {
      if (!(cause instanceof MappingParametersError)) throw cause;
      throw new MappingServiceError('InvalidParameterValueException', cause.message, { cause });
    }
  }

  #streamOf(arn: string): StreamSource {
    const stream = this.#deps.stream(arn);
    if (stream !== undefined) return stream;
    throw new MappingServiceError('InvalidParameterValueException', `Stream not found: ${arn}`);
  }

  #putInEffect(managed: Managed): void {
    managed.state = managed.parameters.enabled ? 'Enabled' : 'Disabled';
    if (managed.parameters.enabled) managed.running = this.#start(managed);
  }

  #start(managed: Managed): RunningMapping {
    const { UUID, EventSourceArn, FunctionArn } = managed.identity;
    const { backoff, checkpoints, clock, destination, observe, polling, random } = this.#deps;
    const { onFailure } = managed.parameters;
    const stream = this.#streamOf(EventSourceArn);
    const invoker = this.#deps.invoker(FunctionArn);
    if (invoker === undefined) throw new Error(`function ${FunctionArn} is gone`);
    const running = startEventSourceMapping(managed.parameters, {
      name: UUID,
      stream,
      invoker,
      checkpoints,
      destination: onFailure === undefined ? undefined : destination?.(onFailure, managed.identity),
      clock,
      random,
      observe: (event) => {
        if (event.kind === 'invoked') managed.lastProcessingResult = resultOf(event);
        observe?.(UUID, event);
      },
      backoff,
      polling: polling(stream.kind),
      answers: this.#answers,
    });
    running.done.catch((error: unknown) => {
      managed.lastProcessingResult = `PROBLEM: ${reasonOf(error)}`;
    });
    return running;
  }

  async #halt(managed: Managed): Promise<void> {
    const { running } = managed;
    managed.running = undefined;
    // why a mapping failed stands in its LastProcessingResult
    await running?.stop({ invocation: 'finish' }).catch(() => {});
  }

  /** Does what was asked for when its time has come, unless the service closes before. */
  #later(delayMs: number, action: () => void | Promise<void>): void {
    const run = async () => {
      await this.#deps.clock.sleep(delayMs, this.#closing.signal);
      if (!this.#closing.signal.aborted) await action();
    };
    const transition: Promise<void> = run().finally(() => this.#transitions.delete(transition));
    this.#transitions.add(transition);
  }

  #known(uuid: string): Managed {
    const managed = this.#mappings.get(uuid);
    if (managed !== undefined) return managed;
    throw new MappingServiceError('ResourceNotFoundException', 'The resource you requested does not exist.');
  }

  #settled(uuid: string): Managed {
    const managed = this.#known(uuid);
    if (managed.state === 'Enabled' || managed.state === 'Disabled') return managed;
    throw new MappingServiceError(
      'ResourceInUseException',
      `Cannot change the event source mapping ${uuid} because it is in use: found state ${managed.state}`,
    );
  }
}

function resultOf({ result }: MappingEvent & { kind: 'invoked' }): string {
  return result === 'success' || result === 'partial' ? 'OK' : 'PROBLEM: Function call failed';
}

function configurationOf({
  identity,
  lastProcessingResult,
  properties,
  state,
}: Managed): MappingConfiguration {
  return {
    ...identity,
    State: state,
    StateTransitionReason: 'User action',
    LastProcessingResult: lastProcessingResult,
    Properties: properties,
  };
}
