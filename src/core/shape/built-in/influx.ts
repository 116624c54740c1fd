import type { ShapeDefinition } from '../shape-definition.ts';

const NAMED = { values: [{ path: 'fields', name: '{name}', text: 'skip' }] } as const;

/** Telegraf's JSON, one metric or a batch. Its timestamps are seconds unless told otherwise, and are taken by their size. */
export const TELEGRAF: ShapeDefinition = {
  name: 'telegraf',
  when: [{ has: ['metrics[0].fields', 'metrics[0].timestamp'] }, { has: ['fields', 'name', 'timestamp'] }],
  source: ['tags.host', 'tags.server', 'tags.source', 'name'],
  type: 'name',
  time: { path: 'timestamp', as: 'auto' },
  tags: 'tags',
  ...NAMED,
  parts: [{ each: 'metrics[*]' }, { when: { has: ['fields'] } }],
};

/** InfluxDB line protocol, with times in ns, or by their size where they are too few for that. */
export const LINE_PROTOCOL: ShapeDefinition = {
  name: 'line-protocol',
  format: 'line-protocol',
  source: ['tags.host', 'tags.server', 'tags.source', 'name'],
  type: 'name',
  time: { path: ['timestamp', '@arrival'], as: 'auto' },
  tags: 'tags',
  ...NAMED,
};
