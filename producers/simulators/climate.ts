// What a sensor measures: a daily curve, weather that wanders, and the noise of cheap parts.
import type { Random } from './random.ts';

const DAY_MS = 24 * 3_600_000;
/** How much hotter a sensor gets whose fan has failed, and in which time most of that comes and goes. */
const OVERHEATING_CELSIUS = 45;
const OVERHEATING_MS = 8_000;
/** What a disturbance of a site's radio takes from the signal. */
const DISTURBANCE_DB = 25;
/** Full to empty in about 40 days, then the battery is changed. */
const BATTERY_DAYS = 40;

export interface Trouble {
  readonly overheats: boolean;
  readonly isDisturbed: boolean;
}

export class ClimateModel {
  readonly #random: Random;
  readonly #startMs: number;
  readonly #baseCelsius: number;
  readonly #swingCelsius: number;
  readonly #baseRssi: number;
  readonly #batteryAtStart: number;
  #weather = 0;
  #excess = 0;
  #readMs: number;

  constructor(random: Random, startMs: number) {
    this.#random = random;
    this.#startMs = startMs;
    this.#baseCelsius = random.between(12, 20);
    this.#swingCelsius = random.between(3, 9);
    this.#baseRssi = random.between(-105, -60);
    this.#batteryAtStart = random.between(0.2, 1);
    this.#readMs = startMs;
  }

  read(nowMs: number, { overheats, isDisturbed }: Trouble): Record<string, number> {
    const random = this.#random;
    const goal = overheats ? OVERHEATING_CELSIUS : 0;
    this.#excess += (goal - this.#excess) * (1 - Math.exp((this.#readMs - nowMs) / OVERHEATING_MS));
    this.#readMs = nowMs;
    // A walk that is pulled back to zero (AR(1)).
    this.#weather = this.#weather * 0.999 + random.normal() * 0.05;
    // Coldest at four in the morning, UTC.
    const day = Math.cos((2 * Math.PI * ((nowMs % DAY_MS) - DAY_MS / 6)) / DAY_MS);
    const celsius = this.#baseCelsius - this.#swingCelsius * day + this.#weather;
    const humidity = 60 - 2.2 * (celsius - this.#baseCelsius) + random.normal();
    const charge = this.#batteryAtStart - (nowMs - this.#startMs) / (BATTERY_DAYS * DAY_MS);
    return {
      temperature: rounded(celsius + this.#excess + random.normal() * 0.1, 2),
      humidity: rounded(Math.min(100, Math.max(5, humidity)), 1),
      battery: rounded(3.0 + 1.2 * (charge - Math.floor(charge)), 3),
      rssi: Math.round(this.#baseRssi + random.normal() * 3 - (isDisturbed ? DISTURBANCE_DB : 0)),
    };
  }
}

/** Few digits, as sensors send them; it also hides the last bits in which `Math.cos` may differ between engines. */
function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
