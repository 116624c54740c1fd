// Players in matches: sessions that start, go on for minutes and end, or break off; tags to roll up by.
import { createDeviceClock, dealClocks } from './device-clock.ts';
import { DEFAULT_GAME_SESSIONS, type GameSessionsOptions } from './game-sessions-options.ts';
import { Match } from './match.ts';
import { type Player, PlayerSession } from './player-session.ts';
import { createRandom, type Random } from './random.ts';
import { type Simulation, World } from './simulation.ts';

/** The same options give the same arrivals. */
export function simulateGameSessions(
  given: Partial<GameSessionsOptions> & Pick<GameSessionsOptions, 'seed' | 'startMs'>,
): Simulation {
  const options = { ...DEFAULT_GAME_SESSIONS, ...given };
  const world = new World();
  const lobby = new Lobby(options, world);
  for (let table = 0; table < options.matches; table++) lobby.open(options.startMs);
  return { arrivals: world.arrivals(), summary: () => world.summary() };
}

/** What an answer of a server usually takes, player by player. */
const PINGS_MS = [25, 80] as const;

/** Brings free players together into matches, one after the other at each table. */
class Lobby {
  readonly #options: GameSessionsOptions;
  readonly #world: World;
  readonly #random: Random;
  readonly #endMs: number;
  #free: Player[];
  #matches = 0;

  constructor(options: GameSessionsOptions, world: World) {
    this.#options = options;
    this.#world = world;
    this.#random = createRandom(`${options.seed}/lobby`);
    this.#endMs = options.endMs ?? Number.POSITIVE_INFINITY;
    this.#free = dealClocks(options.players, options.wrongClocks, this.#random).map((kind, number) => {
      const random = createRandom(`${options.seed}/player/${number}`);
      return {
        source: `player-${String(number).padStart(5, '0')}`,
        clock: createDeviceClock(kind, {
          startMs: options.startMs,
          offsetMs: options.clockOffsetMs,
          random,
        }),
        platform: random.pick(options.platforms),
        pingMs: random.between(...PINGS_MS),
        random,
        position: 0,
      };
    });
  }

  /** The next match at a table, after a pause. */
  open(afterMs: number): void {
    const startMs = afterMs + this.#random.between(...this.#options.pauseMs);
    if (startMs < this.#endMs) this.#world.at(startMs, () => this.#play(startMs));
  }

  #play(startMs: number): void {
    const endMs = startMs + this.#random.between(...this.#options.matchMs);
    const players = this.#gather();
    const tags = {
      match: `match-${++this.#matches}`,
      map: this.#random.pick(this.#options.maps),
      mode: this.#random.pick(this.#options.modes),
    };
    const setup = { tags, startMs, endMs, players: players.length };
    const match = new Match(setup, this.#random, this.#options.lag);
    for (const player of players) {
      new PlayerSession({ player, match, world: this.#world, options: this.#options }).start();
    }
    this.#world.at(endMs, () => {
      this.#free.push(...players);
      this.open(endMs);
    });
  }

  #gather(): Player[] {
    const wanted = this.#random.integer(...this.#options.playersPerMatch);
    const shuffled = this.#random.shuffled(this.#free);
    this.#free = shuffled.slice(wanted);
    return shuffled.slice(0, wanted);
  }
}
