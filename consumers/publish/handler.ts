// Wiring: what the stack gives the function, to what the publisher needs.
import { systemClock } from '../../src/platform/clock.ts';
import { createEventBridgeBus } from '../../src/platform/event-bus.ts';
import { readEventBusName } from '../../src/platform/function-config.ts';
import { createLog, createMeter } from '../../src/platform/powertools.ts';
import { createPublish } from './publish.ts';

export const handler = createPublish({
  bus: createEventBridgeBus(readEventBusName()),
  log: createLog(),
  meter: createMeter(),
  clock: systemClock,
});
