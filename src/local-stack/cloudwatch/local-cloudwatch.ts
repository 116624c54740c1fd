// CloudWatch of a local run: takes what the services and the functions publish, and says how the template's alarms stand.
import type { MappingEvent } from '../../event-source/mapping-events.ts';
import type { InvokeOutcome } from '../../event-source/ports.ts';
import type { LocalFunction } from '../function-invoker.ts';
import type { GatewayEvent } from '../gateway/gateway-event.ts';
import type { CallService } from '../gateway/service-endpoint.ts';
import type { ActionOutcome } from '../iot/start-broker.ts';
import type { FunctionSpec } from '../read-function.ts';
import type { MappingSpec } from '../read-mapping.ts';
import { type DrawnDashboards, drawDashboards } from './draw-dashboards.ts';
import { embeddedMetrics } from './embedded-metrics.ts';
import { type AlarmState, evaluateAlarm } from './evaluate-alarm.ts';
import { type MetricDatum, MetricStore } from './metric-store.ts';
import type { AlarmSpec } from './read-alarm.ts';
import type { DashboardSpec } from './read-dashboard.ts';
import {
  gatewayMetrics,
  invocationMetrics,
  mappingMetrics,
  putMetrics,
  topicRuleMetrics,
} from './service-metrics.ts';

export interface StandingAlarm {
  readonly alarm: AlarmSpec;
  readonly state: AlarmState;
}

export class LocalCloudWatch {
  readonly store: MetricStore;
  readonly #nowMs: () => number;
  readonly #states = new Map<string, AlarmState>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.store = new MetricStore(nowMs);
  }

  /** A line that a function wrote. */
  takeLine(text: string): void {
    this.#put(embeddedMetrics(text));
  }

  takeMapping({ uuid, fn }: MappingSpec, event: MappingEvent): void {
    this.#put(mappingMetrics({ uuid, functionName: fn.name }, event));
  }

  takeGateway(event: GatewayEvent): void {
    this.#put(gatewayMetrics(event));
  }

  takeTopicRule(action: ActionOutcome): void {
    this.#put(topicRuleMetrics(action));
  }

  takePut(streamName: string, put: { records: number; bytes: number; refused: number }): void {
    this.#put(putMetrics(streamName, put));
  }

  /** The function, whose invocations are counted from now on. */
  watching({ name }: Pick<FunctionSpec, 'name'>, fn: LocalFunction): LocalFunction {
    const invoke = async (payload: string, affinity?: string): Promise<InvokeOutcome> => {
      const begunMs = this.#nowMs();
      const outcome = await fn.invoke(payload, affinity);
      this.#put(invocationMetrics(name, outcome, this.#nowMs() - begunMs));
      return outcome;
    };
    return { ...fn, invoke };
  }

  /** The services, whose records put into streams are counted from now on. */
  watchingPuts(call: CallService): CallService {
    return async (asked) => {
      const answer = await call(asked);
      const put: { StreamName?: string; Data?: string } =
        asked.service === 'kinesis' && asked.action === 'PutRecord' ? JSON.parse(asked.body) : {};
      if (put.StreamName === undefined) return answer;
      const bytes = Buffer.byteLength(put.Data ?? '', 'base64');
      const refused = answer.body.includes('ProvisionedThroughputExceeded') ? 1 : 0;
      if (answer.status === 200) this.takePut(put.StreamName, { records: 1, bytes, refused: 0 });
      else if (refused > 0) this.takePut(put.StreamName, { records: 0, bytes: 0, refused });
      return answer;
    };
  }

  /** Each alarm as it stands now, by the periods that are over. */
  alarms(specs: readonly AlarmSpec[]): readonly StandingAlarm[] {
    return specs.map((alarm) => {
      const before = this.#states.get(alarm.logicalId);
      const state = evaluateAlarm(alarm, this.store, this.#nowMs(), before);
      this.#states.set(alarm.logicalId, state);
      return { alarm, state };
    });
  }

  /** What the template's dashboards show now. */
  dashboards(specs: readonly DashboardSpec[]): DrawnDashboards {
    return drawDashboards(specs, this.store, this.#nowMs());
  }

  #put(data: readonly MetricDatum[]): void {
    for (const datum of data) this.store.put(datum);
  }
}
