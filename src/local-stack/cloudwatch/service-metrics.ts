// The metrics that the services publish of themselves, from what happens in a local run: names and dimensions as AWS documents them.
import type { MappingEvent } from '../../event-source/mapping-events.ts';
import { MetricsCollector } from '../../event-source/mapping-metrics.ts';
import type { InvokeOutcome } from '../../event-source/ports.ts';
import type { GatewayEvent } from '../gateway/gateway-event.ts';
import type { ActionOutcome } from '../iot/start-broker.ts';
import type { MetricDatum } from './metric-store.ts';

/** Metrics of one invocation of a function, whatever invoked it. */
export function invocationMetrics(
  functionName: string,
  outcome: InvokeOutcome,
  durationMs: number,
): readonly MetricDatum[] {
  const datum = of('AWS/Lambda', { FunctionName: functionName });
  if (outcome.kind === 'not-invoked') return outcome.reason === 'throttled' ? [datum('Throttles', 1)] : [];
  return [
    datum('Invocations', 1),
    datum('Duration', durationMs),
    datum('Errors', outcome.kind === 'function-error' ? 1 : 0),
    datum('Throttles', 0),
  ];
}

/** Metrics of an event source mapping: event counts, and the age of the records its function was handed. */
export function mappingMetrics(
  { uuid, functionName }: { readonly uuid: string; readonly functionName: string },
  event: MappingEvent,
): readonly MetricDatum[] {
  const datum = of('AWS/Lambda', { EventSourceMappingUUID: uuid });
  const collector = new MetricsCollector();
  collector.take(event);
  const { IteratorAge, IteratorAgeMaximum: _, DestinationDeliveryFailures: __, ...counts } = collector.read();
  const isCounted = ['read', 'filtered', 'invoked', 'discarded'].includes(event.kind);
  return [
    ...(isCounted ? Object.entries(counts).map(([name, value]) => datum(name, value)) : []),
    ...(IteratorAge === undefined
      ? []
      : [of('AWS/Lambda', { FunctionName: functionName })('IteratorAge', IteratorAge)]),
  ];
}

/** Metrics of one call that puts records: what was accepted, and what the shards' limits refused. */
export function putMetrics(
  streamName: string,
  put: { readonly records: number; readonly bytes: number; readonly refused: number },
): readonly MetricDatum[] {
  const datum = of('AWS/Kinesis', { StreamName: streamName });
  return [
    ...(put.records === 0 ? [] : [datum('IncomingRecords', put.records), datum('IncomingBytes', put.bytes)]),
    datum('WriteProvisionedThroughputExceeded', put.refused),
  ];
}

/** Metrics of an action of a topic rule: all that run here put into Kinesis. */
export function topicRuleMetrics({ rule, succeeded }: ActionOutcome): readonly MetricDatum[] {
  const datum = of('AWS/IoT', { RuleName: rule, ActionType: 'Kinesis' });
  return [datum(succeeded ? 'Success' : 'Failure', 1)];
}

export function gatewayMetrics(event: GatewayEvent): readonly MetricDatum[] {
  if (event.kind === 'request') {
    const datum = of('AWS/ApiGateway', { ApiName: event.apiName, Stage: event.stage });
    const { status, durationMs } = event;
    return [
      datum('Count', 1),
      datum('4XXError', status >= 400 && status < 500 ? 1 : 0),
      datum('5XXError', status >= 500 ? 1 : 0),
      datum('Latency', durationMs),
    ];
  }
  const datum = of('AWS/ApiGateway', { ApiId: event.apiId, Stage: event.stage });
  return [
    datum(event.kind === 'connect' ? 'ConnectCount' : 'MessageCount', 1),
    datum('ClientError', event.outcome === 'client-error' ? 1 : 0),
    datum('ExecutionError', event.outcome === 'execution-error' ? 1 : 0),
    datum('IntegrationError', event.outcome === 'integration-error' ? 1 : 0),
  ];
}

function of(namespace: string, dimensions: Readonly<Record<string, string>>) {
  return (name: string, value: number): MetricDatum => ({ namespace, name, dimensions, value });
}
