// A fleet of environmental sensors at a few sites, with everything that goes wrong with such fleets.
import { createDeviceClock, dealClocks } from './device-clock.ts';
import { IotDevice } from './iot-device.ts';
import { DEFAULT_IOT_FLEET, type IotFleetOptions } from './iot-fleet-options.ts';
import { createRandom } from './random.ts';
import { type Simulation, World } from './simulation.ts';
import { Spells } from './spells.ts';

/** The same options give the same arrivals. */
export function simulateIotFleet(
  given: Partial<IotFleetOptions> & Pick<IotFleetOptions, 'seed' | 'startMs'>,
): Simulation {
  const options = { ...DEFAULT_IOT_FLEET, ...given };
  const world = new World();
  const random = createRandom(`${options.seed}/fleet`);
  const clocks = dealClocks(options.devices, options.wrongClocks, random);
  const { startMs, clockOffsetMs } = options;
  const sites = options.sites.map((site) => ({
    site,
    disturbance: new Spells(createRandom(`${options.seed}/site/${site.name}`), startMs, options.disturbances),
  }));
  for (const [number, kind] of clocks.entries()) {
    const ownRandom = createRandom(`${options.seed}/device/${number}`);
    const heatRandom = createRandom(`${options.seed}/device/${number}/heat`);
    const device = new IotDevice({
      source: `sensor-${String(number).padStart(4, '0')}`,
      ...ownRandom.pick(sites),
      model: ownRandom.pick(options.models),
      clock: createDeviceClock(kind, { startMs, offsetMs: clockOffsetMs, random: ownRandom }),
      heat: new Spells(heatRandom, startMs, options.overheating),
      random: ownRandom,
      world,
      options,
    });
    device.start();
  }
  return { arrivals: world.arrivals(), summary: () => world.summary() };
}
