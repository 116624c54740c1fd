// One player in one match: start, what happens, end, all under ids that never come again.
import type { DeviceClock } from './device-clock.ts';
import type { GameSessionsOptions } from './game-sessions-options.ts';
import { malform } from './malformed-event.ts';
import type { Match } from './match.ts';
import { sendOver } from './network.ts';
import type { Random } from './random.ts';
import type { World } from './simulation.ts';

export interface Player {
  readonly source: string;
  readonly clock: DeviceClock;
  readonly platform: string;
  /** What an answer of the server usually takes. */
  readonly pingMs: number;
  readonly random: Random;
  /** Events sent so far, in all sessions. */
  position: number;
}

export interface PlayerSessionSetup {
  readonly player: Player;
  readonly match: Match;
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
    const { player, match, options } = setup;
    const { random } = player;
    const { startMs, endMs, lag } = match;
    const breaksOff = random.chance(options.abruptShare);
    const loses = lag !== undefined && random.chance(options.lag.leaveShare);
    this.#abrupt = breaksOff || loses;
    const brokenOffMs = breaksOff ? random.between(startMs, endMs) : endMs;
    this.#lastMs = Math.min(brokenOffMs, loses ? random.between(...lag) : endMs);
  }

  start(): void {
    const { match, player } = this.#setup;
    this.#send(match.startMs, 'start', { level: player.random.integer(1, 50) });
    this.#actAfter(match.startMs);
    this.#at(this.#lastMs, () => (this.#abrupt ? match.leave() : this.#end()));
  }

  #actAfter(afterMs: number): void {
    const { player, options } = this.#setup;
    const atMs = afterMs + player.random.exponential(options.actionMs);
    if (atMs < this.#lastMs) this.#at(atMs, () => this.#act(atMs));
  }

  #act(nowMs: number): void {
    const { match, player } = this.#setup;
    const { random } = player;
    const connection = {
      ping: Math.round((player.pingMs + random.exponential(5)) * match.slowdownAt(nowMs)),
      players: match.players,
    };
    if (random.chance(0.3)) {
      this.#kills++;
      this.#send(nowMs, 'kill', {
        distance: Math.round(random.exponential(25)),
        damage: random.integer(20, 120),
        ...connection,
      });
    } else {
      const points = random.integer(1, 20) * 5;
      this.#points += points;
      this.#send(nowMs, 'score', { points, ...connection });
    }
    this.#actAfter(nowMs);
  }

  #end(): void {
    const durationS = Math.round((this.#lastMs - this.#setup.match.startMs) / 1_000);
    this.#send(this.#lastMs, 'end', { durationS, kills: this.#kills, points: this.#points });
  }

  /** Whatever the match holds in store, nothing happens past the simulation's end. */
  #at(atMs: number, action: () => void): void {
    if (atMs < (this.#setup.options.endMs ?? Number.POSITIVE_INFINITY)) this.#setup.world.at(atMs, action);
  }

  #send(nowMs: number, type: string, values: Readonly<Record<string, number>>): void {
    const { player, match, options, world } = this.#setup;
    const { source, clock, platform, random } = player;
    const event = {
      source,
      id: `${match.tags.match}-${this.#events++}`,
      type,
      time: clock.read(nowMs),
      values,
      tags: { ...match.tags, platform },
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
