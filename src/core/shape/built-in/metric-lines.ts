import type { PartDefinition, ShapeDefinition } from '../shape-definition.ts';

const HOST = ['tags.host', 'tags.hostname', 'tags.server', 'tags.source', '@partitionKey'];
const ARRIVING = { path: ['timestamp', '@arrival'], as: 'auto' } as const;

/**
 * StatsD's and DogStatsD's lines. A counter that was sampled counts for all it stands for; a gauge that changes by something is
 * `NAME.change`; members of sets are no numbers. A line without a time is of the arrival.
 */
export const STATSD: ShapeDefinition = {
  name: 'statsd',
  format: 'statsd',
  source: [
    'tags.host',
    'tags.hostname',
    'tags.server',
    'tags.source',
    '^.tags.host',
    '^.tags.hostname',
    '@partitionKey',
  ],
  time: { path: ['timestamp', '^.timestamp', '@arrival'], as: 's' },
  parts: [
    { each: 'values[*]', type: '^.kind', values: { '{^.name}': '.' }, tags: '^.tags' },
    { when: { has: ['change'] }, type: 'kind', values: { '{name}.change': 'change' } },
    { when: { has: ['member'] }, type: 'kind', values: { '{name}': 'member' }, tags: 'tags' },
  ],
};

/** Graphite's lines: of the server where tags name one, else of what the path is below. Without a time they are of the arrival. */
export const GRAPHITE: ShapeDefinition = {
  name: 'graphite',
  format: 'graphite',
  source: HOST,
  time: ARRIVING,
  tags: 'tags',
  parts: [
    { when: { has: ['folder'], lacks: ['tags'] }, source: 'folder', values: { '{leaf}': 'value' } },
    { when: [{ has: ['tags'] }, { lacks: ['folder'] }], values: { '{path}': 'value' } },
  ],
};

/** OpenTSDB's telnet lines. */
export const OPENTSDB_LINES: ShapeDefinition = {
  name: 'opentsdb-lines',
  format: 'opentsdb',
  source: HOST,
  time: { path: 'timestamp', as: 'auto' },
  values: { '{metric}': 'value' },
  tags: 'tags',
};

const WITHIN = HOST.map((path) => (path.startsWith('@') ? path : `^.${path}`));
const POINT: PartDefinition = { source: WITHIN, tags: '^.tags' };

/** OpenTSDB's JSON, put or answered, and KairosDB's: one metric or a list of them. */
export const OPENTSDB: ShapeDefinition = {
  name: 'opentsdb',
  when: [
    { has: ['metric', 'timestamp', 'value', 'tags'] },
    { has: ['metric', 'dps', 'tags'] },
    { has: ['name', 'datapoints[0][0]', 'tags'] },
    { has: ['name', 'timestamp', 'value', 'tags'] },
  ],
  source: HOST,
  time: { path: 'timestamp', as: 'auto' },
  tags: 'tags',
  parts: [
    { when: { has: ['metric', 'value'] }, values: { '{metric}': 'value' } },
    { when: { has: ['name', 'value'] }, values: { '{name}': 'value' } },
    { each: 'datapoints[*]', ...POINT, time: { path: '[0]', as: 'auto' }, values: { '{^.name}': '[1]' } },
    // Points as `[time, value]`, or under their times.
    {
      each: 'dps[*]',
      when: { has: ['[0]'] },
      ...POINT,
      time: { path: '[0]', as: 'auto' },
      values: { '{^.metric}': '[1]' },
    },
    {
      each: 'dps.*',
      when: { lacks: ['[0]'] },
      ...POINT,
      time: { path: '@key', as: 'auto' },
      values: { '{^.metric}': '.' },
    },
  ],
};
