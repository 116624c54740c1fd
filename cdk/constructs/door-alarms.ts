// Alarms of an API: that it fails, and that it turns more away than a few mistaken clients account for.
import type { Construct } from 'constructs';
import { addMetricAlarm, type WatchedMetric } from './metric-alarm.ts';

export interface DoorAlarms {
  readonly door: string;
  readonly entries: { readonly failing: string; readonly refusing: string };
  /** Expressions over the API's metrics: how much is asked, how much of it is refused, how much fails. */
  readonly asked: string;
  readonly refused: string;
  readonly failed: string;
  readonly metrics: readonly string[];
}

export const REST_ALARMS: DoorAlarms = {
  door: 'The API',
  entries: { failing: 'door-failing', refusing: 'door-refusing' },
  asked: 'Count',
  refused: '4XXError',
  failed: '5XXError',
  metrics: ['Count', '4XXError', '5XXError'],
};

export const SOCKET_ALARMS: DoorAlarms = {
  door: 'The live API',
  entries: { failing: 'live-failing', refusing: 'live-refusing' },
  asked: 'FILL(ConnectCount, 0) + FILL(MessageCount, 0)',
  refused: 'FILL(ClientError, 0)',
  failed: 'FILL(ExecutionError, 0) + FILL(IntegrationError, 0)',
  metrics: ['ConnectCount', 'MessageCount', 'ClientError', 'ExecutionError', 'IntegrationError'],
};

/** Fewer requests a minute tell nothing. */
const LEAST_ASKED = 20;
const SHARE = 0.25;

export function addDoorAlarms(
  scope: Construct,
  { door, entries, asked, refused, failed, metrics }: DoorAlarms,
  dimensions: Readonly<Record<string, string>>,
): void {
  const expression = (text: string) => ({
    expression: named(text),
    of: Object.fromEntries(
      metrics
        .filter((metric) => text.includes(metric))
        .map((metric) => [named(metric), metricOf(metric, dimensions)]),
    ),
  });
  addMetricAlarm(scope, 'Failing', {
    entry: entries.failing,
    description: `${door} answers 5xx`,
    watched: expression(failed),
    over: 0,
  });
  addMetricAlarm(scope, 'Refusing', {
    entry: entries.refusing,
    description: `${door} refuses more than a quarter of all requests`,
    watched: expression(`IF(${asked} >= ${LEAST_ASKED}, ${refused} / (${asked}), 0)`),
    over: SHARE,
  });
}

const metricOf = (metric: string, dimensions: Readonly<Record<string, string>>): WatchedMetric => ({
  namespace: 'AWS/ApiGateway',
  metric,
  dimensions,
  statistic: 'Sum',
});

/** Ids of metric math begin with a small letter. */
function named(text: string): string {
  return text
    .replaceAll('4XXError', 'refusals')
    .replaceAll('5XXError', 'failures')
    .replaceAll(/\b(Count|ConnectCount|MessageCount|ClientError|ExecutionError|IntegrationError)\b/g, (id) =>
      id.charAt(0).toLowerCase().concat(id.slice(1)),
    );
}
