// The pipeline's functions over given tables: a container is what one start of a function keeps between invocations.
import { createAggregate } from '../../consumers/aggregate/aggregate.ts';
import { createAlert } from '../../consumers/alert/alert.ts';
import { createAlertClock } from '../../consumers/alert-clock/alert-clock.ts';
import { createClose } from '../../consumers/close/close.ts';
import { createPublish } from '../../consumers/publish/publish.ts';
import { createRollup } from '../../consumers/rollup/rollup.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { Clock } from '../platform/clock.ts';
import type { EventBus } from '../platform/event-bus.ts';
import { Alerts } from '../stores/alerts.ts';
import { DeadLetters } from '../stores/dead-letters.ts';
import { SourceStates } from '../stores/source-states.ts';
import type { Table } from '../stores/table.ts';
import type { PipelineTable } from '../stores/table-schemas.ts';
import { Windows } from '../stores/windows.ts';

export type StreamFunction = 'aggregate' | 'rollup' | 'alert' | 'publish';

export interface FunctionSurroundings {
  readonly pipeline: Pipeline;
  readonly table: (name: PipelineTable) => Table;
  readonly bus: EventBus;
  readonly clock: Clock;
  /** Gets what a function logs as an error. */
  readonly onError: (message: string) => void;
}

/** Starts a container. The event is what the mapping made of its records: JSON of the shape the function takes. */
export function startStreamFunction(
  name: StreamFunction,
  surroundings: FunctionSurroundings,
): (payload: string) => Promise<unknown> {
  const { table } = surroundings;
  const common = commonDeps(surroundings);
  switch (name) {
    case 'aggregate': {
      const states = new SourceStates(table('sources'));
      const handler = createAggregate({
        ...common,
        states,
        deadLetters: new DeadLetters(table('deadLetters')),
      });
      return (payload) => handler(JSON.parse(payload));
    }
    case 'rollup': {
      const windows = new Windows(table('windows'));
      const handler = createRollup({
        ...common,
        windows,
        deadLetters: new DeadLetters(table('deadLetters')),
      });
      return (payload) => handler(JSON.parse(payload));
    }
    case 'alert': {
      const alerts = new Alerts(table('alerts'));
      const handler = createAlert({ ...common, alerts, windows: new Windows(table('windows')) });
      return (payload) => handler(JSON.parse(payload));
    }
    case 'publish': {
      const handler = createPublish({ ...common, bus: surroundings.bus, clock: surroundings.clock });
      return (payload) => handler(JSON.parse(payload));
    }
  }
}

export interface ScheduledAnswer {
  readonly finished: boolean;
  readonly failed: number;
  readonly refused: number;
}

export async function runClose(
  surroundings: FunctionSurroundings,
  request: { readonly closeAll?: boolean },
): Promise<ScheduledAnswer> {
  const close = createClose({
    ...commonDeps(surroundings),
    states: new SourceStates(surroundings.table('sources')),
  });
  return await close(request, UNHURRIED);
}

export async function runAlertClock(surroundings: FunctionSurroundings): Promise<ScheduledAnswer> {
  const alertClock = createAlertClock({
    ...commonDeps(surroundings),
    alerts: new Alerts(surroundings.table('alerts')),
    states: new SourceStates(surroundings.table('sources')),
  });
  return await alertClock({}, UNHURRIED);
}

/** No time passes while a function runs. */
const UNHURRIED = { getRemainingTimeInMillis: () => 900_000 };

function commonDeps({ pipeline, clock, onError }: FunctionSurroundings) {
  return {
    pipeline,
    log: {
      info: () => {},
      warn: () => {},
      error: (message: string, fields: object) => onError(`${message} ${JSON.stringify(fields)}`),
    },
    meter: { publish: () => {} },
    nowMs: () => clock.nowMs(),
  };
}
