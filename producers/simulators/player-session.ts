// One player in one match: start, what happens, end, all under ids that never come again.
import type { DeviceClock } from './device-clock.ts';
import type { GameSessionsOptions } from './game-sessions-options.ts';
import { malform } from './malformed-event.ts';
import { sendOver } from './network.ts';
import type { Random } from './random.ts';
import type { World } from './simulation.ts';

export interface Player {
  readonly source: string;
  readonly clock: DeviceClock;
  readonly platform: string;
  readonly random: Random;
  /** Events sent so far, in all sessions. */
  position: number;
}

export interface PlayerSessionSetup {
  readonly player: Player;
  readonly tags: { readonly match: string; readonly map: string; readonly mode: string };
  readonly startMs: number;
  readonly endMs: number;
  readonly world: World;
  readonly options: GameSessionsOptions;
}

export class PlayerSession {
  readonly #setup: PlayerSessionSetup;
  readonly #lastMs: number;
  readonly #abrupt: boolean;
  #events = 0;
  #kills = 0;
  #points = 0;

  constructor(setup: PlayerSessionSetup) {
    this.#setup = setup;
    const { player, options, startMs, endMs } = setup;
    this.#abrupt = player.random.chance(options.abruptShare);
    this.#lastMs = this.#abrupt ? player.random.between(startMs, endMs) : endMs;
  }

  start(): void {
    const { startMs, player } = this.#setup;
    this.#send(startMs, 'start', { level: player.random.integer(1, 50) });
    this.#actAfter(startMs);
    if (!this.#abrupt) this.#at(this.#lastMs, () => this.#end());
  }

  #actAfter(afterMs: number): void {
    const { player, options } = this.#setup;
    const atMs = afterMs + player.random.exponential(options.actionMs);
    if (atMs < this.#lastMs) this.#at(atMs, () => this.#act(atMs));
  }

  #act(nowMs: number): void {
    const { random } = this.#setup.player;
    if (random.chance(0.3)) {
      this.#kills++;
      this.#send(nowMs, 'kill', {
        distance: Math.round(random.exponential(25)),
        damage: random.integer(20, 120),
      });
    } else {
      const points = random.integer(1, 20) * 5;
      this.#points += points;
      this.#send(nowMs, 'score', { points });
    }
    this.#actAfter(nowMs);
  }

  #end(): void {
    const durationS = Math.round((this.#lastMs - this.#setup.startMs) / 1_000);
    this.#send(this.#lastMs, 'end', { durationS, kills: this.#kills, points: this.#points });
  }

  /** Whatever the match holds in store, nothing happens past the simulation's end. */
  #at(atMs: number, action: () => void): void {
    if (atMs < (this.#setup.options.endMs ?? Number.POSITIVE_INFINITY)) this.#setup.world.at(atMs, action);
  }

  #send(nowMs: number, type: string, values: Readonly<Record<string, number>>): void {
    const { player, tags, options, world } = this.#setup;
    const { source, clock, platform, random } = player;
    const event = {
      source,
      id: `${tags.match}-${this.#events++}`,
      type,
      time: clock.read(nowMs),
      values,
      tags: { ...tags, platform },
    };
    const malformed = random.chance(options.malformedShare);
    sendOver(options.network, world, random, {
      sentMs: nowMs,
      position: player.position++,
      event: malformed ? malform(event, random) : event,
      facts: {
        malformed,
        wrongClock: clock.kind !== 'right',
        farFuture: clock.kind === 'far-future',
        since1970: clock.kind === 'since-1970',
      },
    });
  }
}
