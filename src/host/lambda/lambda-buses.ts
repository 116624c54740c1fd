import { createEventBridgeBus } from '../../platform/event-bus.ts';
import { VARIABLE } from '../../platform/names.ts';
import type { FunctionHost } from '../function-host.ts';
import { readVariable } from './read-variable.ts';

export function lambdaBuses(): Pick<FunctionHost, 'bus'> {
  return {
    bus: (name) => createEventBridgeBus(readVariable(VARIABLE.bus(name), 'the name of an event bus')),
  };
}
