// The pipeline definition: what is computed of the telemetry. The one file to edit first. It holds two examples that live
// side by side, told apart by the events' types: readings of an IoT fleet, and what players do in a game.
import { definePipeline } from '../src/core/pipeline.ts';

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
    // Game: what happens in a minute; and each player's time at the game, which ends two minutes after the last event.
    {
      name: 'play-per-minute',
      window: { tumbling: '60s' },
      filter: PLAY,
      values: ['points', 'damage', 'distance'],
      allowedLateness: '2m',
      aggregates: ['count', 'sum', 'max', 'mean'],
      distinct: ['source'],
      topK: [{ of: 'type', k: 4 }],
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
    { name: 'by-model', of: 'per-minute', by: ['model'] },
    { name: 'by-match', of: 'play-per-minute', by: ['match'], parts: 4 },
    { name: 'by-map-and-mode', of: 'play-per-minute', by: ['map', 'mode'], parts: 4 },
  ],
  dedupe: { horizon: '10m' },
  maxClockSkew: '5m',
});
