import type { ShapeDefinition } from '../shape-definition.ts';

const AT = '["@timestamp"]';

/** Documents of Elasticsearch and OpenSearch with the common schema's members, as Beats send them; found, or in bulk. */
export const ELASTIC: ShapeDefinition = {
  name: 'elastic',
  when: [
    ...['host.name', 'agent.type', 'ecs.version'].map((member) => ({ has: [AT, member] })),
    { has: [`hits.hits[0]._source${AT}`] },
    ...['index', 'create'].map((action) => ({ has: [`${action}._index`], lacks: [AT] })),
  ],
  // What a line of a bulk is to be done with.
  ignore: { lacks: [AT] },
  source: ['host.name', 'host.hostname', 'agent.hostname', 'agent.name', 'service.name', '@partitionKey'],
  type: ['metricset.name', 'event.dataset'],
  time: { path: AT, as: 'auto', zone: 'UTC' },
  values: [{ path: '.', text: 'skip', drop: ['event.*', 'ecs.*', 'agent.*'] }],
  parts: [{ each: 'hits.hits[*]._source', id: '^._id' }, { when: { lacks: ['hits'] } }],
};

/** Series as Datadog's API takes them, of its first and second version. */
export const DATADOG: ShapeDefinition = {
  name: 'datadog',
  when: { has: ['series[0].metric', 'series[0].points'] },
  each: 'series[*].points[*]',
  source: ['^.host', '^.resources[0].name', '@partitionKey'],
  time: { path: ['timestamp', '[0]'], as: 's' },
  values: { '{^.metric}': ['value', '[1]'] },
};

/** Values of Zabbix: what its API answers of an item's history, what it exports, and what is sent to it. */
export const ZABBIX: ShapeDefinition = {
  name: 'zabbix',
  when: [
    { has: ['result[0].itemid', 'result[0].clock', 'result[0].value'] },
    { has: ['request', 'data[0].host', 'data[0].key'] },
    { has: ['host.host', 'itemid', 'clock', 'name'] },
  ],
  time: { path: ['clock', '^.clock', '@arrival'], as: 's', plus: { path: 'ns', as: 'ns' } },
  parts: [
    { each: 'result[*]', source: 'item-{itemid}', values: { value: 'value' } },
    { each: 'data[*]', when: { has: ['key'] }, source: 'host', values: { '{key}': 'value' } },
    { when: { has: ['host.host'] }, source: 'host.host', values: { '{name}': 'value' } },
  ],
};
