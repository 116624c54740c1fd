// One sensor: reads at its own rate, numbers its frames, and now and then falls silent or restarts.
import { ClimateModel } from './climate.ts';
import type { DeviceClock } from './device-clock.ts';
import type { IotFleetOptions } from './iot-fleet-options.ts';
import { malform } from './malformed-event.ts';
import { type Sending, sendOver } from './network.ts';
import type { Random } from './random.ts';
import type { World } from './simulation.ts';
import type { Spells } from './spells.ts';

export interface IotDeviceSetup {
  readonly source: string;
  readonly site: { readonly name: string; readonly region: string };
  readonly model: { readonly name: string; readonly everyMs: number };
  readonly clock: DeviceClock;
  /** When it overheats, and when the radio of its site is disturbed. */
  readonly heat: Spells;
  readonly disturbance: Spells;
  readonly random: Random;
  readonly world: World;
  readonly options: IotFleetOptions;
}

const HOUR_MS = 3_600_000;
/** Between two frames of an upload. */
const UPLOAD_SPACING_MS = 5;

export class IotDevice {
  readonly #setup: IotDeviceSetup;
  readonly #climate: ClimateModel;
  readonly #endMs: number;
  #frame = 0;
  #position = 0;
  #bootMs: number;
  #restarted = false;
  #silentUntilMs = Number.NEGATIVE_INFINITY;
  #kept: Sending[] = [];

  constructor(setup: IotDeviceSetup) {
    this.#setup = setup;
    this.#climate = new ClimateModel(setup.random, setup.options.startMs);
    this.#endMs = setup.options.endMs ?? Number.POSITIVE_INFINITY;
    this.#bootMs = setup.options.startMs;
  }

  start(): void {
    const { random, options, model } = this.#setup;
    this.#readAt(options.startMs + random.between(0, model.everyMs));
  }

  #readAt(atMs: number): void {
    if (atMs < this.#endMs) this.#setup.world.at(atMs, () => this.#read(atMs));
  }

  #read(nowMs: number): void {
    const { random, options, model } = this.#setup;
    const perReading = model.everyMs / HOUR_MS;
    if (
      nowMs - this.#bootMs >= options.leastUptimeMs &&
      random.chance(options.restartsPerHour * perReading)
    ) {
      this.#restart(nowMs);
    }
    if (nowMs >= this.#silentUntilMs && random.chance(options.silencesPerHour * perReading)) {
      this.#fallSilent(nowMs);
    }
    const sending = this.#sending(nowMs);
    if (nowMs < this.#silentUntilMs) this.#keep(sending);
    else this.#send(sending);
    this.#readAt(nowMs + model.everyMs * random.between(0.95, 1.05));
  }

  #sending(nowMs: number): Sending {
    const { source, site, model, clock, heat, disturbance, random, options } = this.#setup;
    const trouble = { overheats: heat.isOn(nowMs), isDisturbed: disturbance.isOn(nowMs) };
    const event = {
      source,
      id: this.#frame++,
      type: 'reading',
      time: clock.read(nowMs),
      values: this.#climate.read(nowMs, trouble),
      tags: { site: site.name, region: site.region, model: model.name },
    };
    const malformed = random.chance(options.malformedShare);
    const restarted = this.#restarted;
    this.#restarted = false;
    return {
      sentMs: nowMs,
      position: this.#position++,
      event: malformed ? malform(event, random) : event,
      facts: {
        malformed,
        restarted,
        wrongClock: clock.kind !== 'right',
        farFuture: clock.kind === 'far-future',
        since1970: clock.kind === 'since-1970',
      },
    };
  }

  #send(sending: Sending): void {
    const { options, world, random } = this.#setup;
    sendOver(options.network, world, random, sending);
  }

  #restart(nowMs: number): void {
    this.#frame = 0;
    this.#bootMs = nowMs;
    this.#restarted = true;
    this.#setup.clock.restart(nowMs);
  }

  #fallSilent(nowMs: number): void {
    const { random, options, world } = this.#setup;
    this.#silentUntilMs = Math.min(nowMs + random.exponential(options.silenceMs), this.#endMs);
    world.at(this.#silentUntilMs, () => this.#upload());
  }

  #keep(sending: Sending): void {
    this.#kept.push(sending);
    if (this.#kept.length > this.#setup.options.keptReadings) this.#kept.shift();
  }

  #upload(): void {
    for (const [i, kept] of this.#kept.entries()) {
      const sentMs = this.#silentUntilMs + i * UPLOAD_SPACING_MS;
      this.#send({ ...kept, sentMs, facts: { ...kept.facts, uploaded: true } });
    }
    this.#kept = [];
  }
}
