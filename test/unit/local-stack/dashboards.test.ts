// What a template's dashboard shows of what has been published.
import { expect, it } from 'vitest';
import { drawDashboards } from '../../../src/local-stack/cloudwatch/draw-dashboards.ts';
import { MetricStore } from '../../../src/local-stack/cloudwatch/metric-store.ts';
import { readDashboard } from '../../../src/local-stack/cloudwatch/read-dashboard.ts';
import { localSystemOf } from '../../support/local-gateway.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const MINUTE = 60_000;

const body = (metrics: readonly unknown[]) => ({
  logicalId: 'D',
  name: 'D',
  arn: '',
  attributes: {},
  properties: ['DashboardBody'],
  property: (key: string) =>
    key === 'DashboardBody'
      ? JSON.stringify({
          widgets: [
            { type: 'text', x: 0, y: 0 },
            { type: 'metric', x: 8, y: 6, properties: { title: 'G', metrics } },
          ],
        })
      : undefined,
});

it('is drawn minute by minute, by the statistic that it names, with the greatest for a percentile', () => {
  let nowMs = 10 * MINUTE;
  const store = new MetricStore(() => nowMs);
  const put = (value: number) =>
    store.put({ namespace: 'N', name: 'm', dimensions: { service: 's' }, value });
  put(2);
  put(3);
  nowMs += 2 * MINUTE;
  put(7);
  const spec = readDashboard(
    body([
      ['N', 'm', 'service', 's', { stat: 'Sum', period: 60, label: 'all' }],
      ['N', 'm', 'service', 's', { stat: 'p99', period: 60 }],
      ['N', 'm', 'service', 'other', { stat: 'Sum', period: 60 }],
    ]),
  );
  const { atMs, graphs } = drawDashboards([spec], store, nowMs + 500);
  expect(atMs).toBe(12 * MINUTE);
  expect(graphs.map(({ title, x, y }) => ({ title, x, y }))).toEqual([{ title: 'G', x: 8, y: 6 }]);
  const latest = graphs[0]?.series.map(({ label, values }) => [label, ...values.slice(-3)]);
  expect(latest).toEqual([
    ['all', 5, null, 7],
    ['m, greatest', 3, null, 7],
    ['m', null, null, null],
  ]);
  expect(graphs[0]?.series[0]?.values).toHaveLength(60);
});

it('of the stack has the way of an event in its first rows', () => {
  const [dashboard] = localSystemOf(synthesizedStack()).dashboards;
  const titles = dashboard?.graphs.map(({ title }) => title) ?? [];
  expect(titles.slice(0, 6)).toEqual([
    'In: records and bytes',
    'In: the door',
    'Refused',
    'Events by verdict',
    'Hot sources and stray keys',
    'States written',
  ]);
});
