// How many matches are played, by whom, and how badly the players' machines behave.
import { type ClockShares, DEFAULT_CLOCK_OFFSET_MS } from './device-clock.ts';
import { DEFAULT_NETWORK, type NetworkOptions } from './network.ts';

export interface GameSessionsOptions {
  readonly seed: number | string;
  readonly startMs: number;
  /** Nothing happens in the games from here on; what is under way still arrives. Undefined: never. */
  readonly endMs: number | undefined;
  /** Known players; each is in one match at a time. */
  readonly players: number;
  /** Matches going on at once, as far as there are players. */
  readonly matches: number;
  readonly playersPerMatch: readonly [least: number, most: number];
  readonly matchMs: readonly [least: number, most: number];
  /** Between a match's end and the next one's start. */
  readonly pauseMs: readonly [least: number, most: number];
  /** Mean time between two things a player does. */
  readonly actionMs: number;
  readonly maps: readonly string[];
  readonly modes: readonly string[];
  readonly platforms: readonly string[];
  /** Share of sessions that break off: no `end` is ever sent. */
  readonly abruptShare: number;
  /** Shares of players. */
  readonly wrongClocks: ClockShares;
  /** Between which the clocks that are off by a time are off. */
  readonly clockOffsetMs: readonly [least: number, most: number];
  /** What happens to matches whose server cannot keep up. */
  readonly lag: LagOptions;
  readonly network: NetworkOptions;
  readonly malformedShare: number;
}

export interface LagOptions {
  /** Share of the matches that it happens to, if they are long enough for it to pass again. */
  readonly share: number;
  readonly afterMs: readonly [least: number, most: number];
  readonly lastsMs: readonly [least: number, most: number];
  /** Share of the players who leave while it lasts. */
  readonly leaveShare: number;
}

/** A live demo's evening: some 200 players at a time, an event of each every two seconds. */
export const DEFAULT_GAME_SESSIONS: Omit<GameSessionsOptions, 'seed' | 'startMs'> = {
  endMs: undefined,
  players: 400,
  matches: 25,
  playersPerMatch: [4, 12],
  matchMs: [4 * 60_000, 12 * 60_000],
  pauseMs: [3_000, 20_000],
  actionMs: 2_000,
  maps: ['canyon', 'dockyard', 'glacier', 'old-town'],
  modes: ['capture', 'duel', 'survival'],
  platforms: ['console', 'mobile', 'pc'],
  abruptShare: 0.08,
  wrongClocks: { offset: 0.15, drifting: 0.02, farFuture: 0.002, since1970: 0 },
  clockOffsetMs: DEFAULT_CLOCK_OFFSET_MS,
  lag: { share: 0.5, afterMs: [45_000, 75_000], lastsMs: [40_000, 60_000], leaveShare: 0.4 },
  network: DEFAULT_NETWORK,
  malformedShare: 0,
};
