// AWS::CloudWatch::Dashboard: its graphs, by what is drawn in each.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
import { asArray, asNumber, asObject, asText, ifPresent } from '../property.ts';
import type { ResourceToRead } from '../resource-to-read.ts';
import type { MetricId } from './metric-store.ts';

export interface DashboardSpec {
  readonly logicalId: string;
  readonly graphs: readonly GraphSpec[];
}

interface GraphSpec {
  readonly title: string;
  /** Where it is: columns and rows of the dashboard's grid. */
  readonly x: number;
  readonly y: number;
  readonly metrics: readonly DrawnMetric[];
}

export interface DrawnMetric {
  readonly id: MetricId;
  readonly label: string;
  /** As the dashboard has it: `Sum`, `Maximum`, `p99`. */
  readonly statistic: string;
  readonly periodMs: number;
}

/** Texts between the graphs are passed over. */
export function readDashboard({ logicalId, property }: ResourceToRead): DashboardSpec {
  const where = `${logicalId}.DashboardBody`;
  const body = asObject(JSON.parse(asText(property('DashboardBody'), where)), where);
  const widgets = asArray(body['widgets'], `${where}.widgets`).map((each) => asObject(each, where));
  return {
    logicalId,
    graphs: widgets.filter(({ type }) => type === 'metric').map((widget) => readGraph(widget, where)),
  };
}

function readGraph(widget: Readonly<Record<string, unknown>>, where: string): GraphSpec {
  const { title, metrics } = asObject(widget['properties'], `${where} properties`);
  const told = ifPresent(title, asText, `${where} title`) ?? '';
  return {
    title: told,
    x: asNumber(widget['x'], `${where} x`),
    y: asNumber(widget['y'], `${where} y`),
    metrics: asArray(metrics, `${where} metrics of ${told}`).map((each) =>
      readMetric(each, `${where} ${told}`),
    ),
  };
}

/** Namespace, name, dimensions by name and value, and how it is drawn. */
function readMetric(metric: unknown, where: string): DrawnMetric {
  const [namespace, name, ...rest] = asArray(metric, where);
  const options = asObject(rest.at(-1), where);
  const texts = rest.slice(0, -1).map((each) => asText(each, where));
  const dimensions: Record<string, string> = {};
  for (let at = 0; at < texts.length; at += 2) dimensions[texts[at] ?? ''] = texts[at + 1] ?? '';
  const own = asText(name, where);
  return {
    id: { namespace: asText(namespace, where), name: own, dimensions },
    label: ifPresent(options['label'], asText, where) ?? own,
    statistic: ifPresent(options['stat'], asText, where) ?? 'Average',
    periodMs: (ifPresent(options['period'], asNumber, where) ?? 300) * 1_000,
  };
}
