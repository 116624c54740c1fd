import { simulateIotFleet } from '../../producers/simulators/iot-fleet.ts';
import type { Simulation } from '../../producers/simulators/simulation.ts';

export function minuteOfAFleet(): Simulation {
  const startMs = 1_760_000_000_000;
  return simulateIotFleet({ seed: 5, startMs, endMs: startMs + 60_000, devices: 20 });
}
