// The pipeline definition: what is computed of the telemetry. The one file to edit first. It holds two examples that live
// side by side, told apart by the events' types: readings of an IoT fleet, and what players do in a game.
import { definePipeline } from '../src/core/pipeline/definition.ts';

/** Not `end`, which sums up what came before it. */
const PLAY = { types: ['start', 'kill', 'score'] };

export default definePipeline({
  aggregations: [
    // IoT: each device a minute, with quantiles; and its last five minutes, every minute.
    {
      name: 'per-minute',
      window: { tumbling: '60s' },
      filter: { types: ['reading'] },
      allowedLateness: '2m',
      idleTimeout: '10m',
      aggregates: ['count', 'sum', 'min', 'max', 'mean', 'last', 'quantiles'],
    },
    {
      name: 'five-minutes',
      window: { hopping: { size: '5m', every: '1m' } },
      filter: { types: ['reading'] },
      values: ['temperature'],
      allowedLateness: '1m',
      aggregates: ['count', 'mean', 'stddev'],
      retention: '7d',
    },
    // And a quarter of a minute of what alerts are to notice soon. What comes later still is in the minute.
    {
      name: 'quarter-minute',
      window: { tumbling: '15s' },
      filter: { types: ['reading'] },
      values: ['temperature', 'rssi'],
      allowedLateness: '3s',
      idleTimeout: '30s',
      aggregates: ['count', 'mean', 'max'],
      retention: '1d',
    },
    // Game: what happens in a minute; and each player's time at the game, which ends two minutes after the last event.
    {
      name: 'play-per-minute',
      window: { tumbling: '60s' },
      filter: PLAY,
      values: ['points', 'damage', 'distance', 'ping', 'players'],
      allowedLateness: '2m',
      aggregates: ['count', 'sum', 'min', 'max', 'mean'],
      distinct: ['source'],
      topK: [{ of: 'type', k: 4 }],
    },
    // As for devices, what alerts are to notice soon.
    {
      name: 'play-quarter-minute',
      window: { tumbling: '15s' },
      filter: PLAY,
      values: ['ping', 'players'],
      allowedLateness: '3s',
      idleTimeout: '30s',
      aggregates: ['count', 'min', 'mean'],
      retention: '1d',
    },
    {
      name: 'play-session',
      window: { session: { gap: '2m' } },
      filter: PLAY,
      values: ['points', 'damage'],
      allowedLateness: '1m',
      idleTimeout: '2m',
      distinct: ['tags.match'],
    },
  ],
  rollups: [
    { name: 'by-place', of: 'per-minute', levels: ['region', 'site'] },
    { name: 'by-site', of: 'quarter-minute', by: ['site'], parts: 4 },
    { name: 'by-model', of: 'per-minute', by: ['model'] },
    { name: 'by-match', of: 'play-per-minute', by: ['match'], parts: 4 },
    { name: 'by-match-soon', of: 'play-quarter-minute', by: ['match'], parts: 4 },
    { name: 'by-map-and-mode', of: 'play-per-minute', by: ['map', 'mode'], parts: 4 },
  ],
  alerts: [
    // IoT: a device that stays too hot, and one that is hot for what it is itself used to, where that is told apart by model;
    {
      name: 'too-hot',
      on: { aggregation: 'quarter-minute' },
      metric: 'temperature',
      aggregate: 'mean',
      when: { above: 45 },
      for: '30s',
      clear: { below: 40 },
      severity: 'critical',
    },
    {
      name: 'unusual-heat',
      on: { aggregation: 'quarter-minute' },
      metric: 'temperature',
      aggregate: 'mean',
      when: { deviates: { score: 10, history: '15m', direction: 'up' } },
      severity: 'info',
      filter: { tags: { model: ['climate-x'] } },
    },
    // a site whose radio is disturbed, once its devices have closed the window; and devices that send nothing at all.
    {
      name: 'weak-signal',
      on: { rollup: 'by-site' },
      metric: 'rssi',
      aggregate: 'mean',
      when: { below: -95 },
      for: '30s',
      clear: { above: -90 },
    },
    { name: 'silent', when: { absent: '1m' }, filter: { sources: ['sensor-'] } },
    // Game: a match whose answers take more than twice as long as a quarter of a minute before,
    {
      name: 'lag',
      on: { rollup: 'by-match-soon' },
      metric: 'ping',
      aggregate: 'mean',
      when: { changesBy: { ratio: 1, direction: 'up' } },
      clear: { below: 0.2 },
      severity: 'critical',
    },
    // and one that has lost more than one of its players within a minute.
    {
      name: 'players-leave',
      on: { rollup: 'by-match-soon' },
      metric: 'players',
      aggregate: 'min',
      when: { changesBy: { difference: 1, direction: 'down', over: 4 } },
    },
  ],
  dedupe: { horizon: '10m' },
  maxClockSkew: '5m',
});
