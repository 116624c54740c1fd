// Runs the template's topic rules: an MQTT broker, and what they put into streams.
import type { CallService } from '../gateway/service-endpoint.ts';
import type { LocalSystem } from '../template.ts';
import { type ActionOutcome, type Broker, startBroker } from './start-broker.ts';

export interface TopicRulesParts {
  readonly callService: CallService;
  readonly nowMs: () => number;
  readonly onFailure: (message: string) => void;
  readonly observe?: (action: ActionOutcome) => void;
  /** Default: a free one. */
  readonly port?: number;
}

type Parts = Pick<LocalSystem, 'topicRules' | 'iotPolicies' | 'policies' | 'streams'>;

/** undefined: the template has none. @throws Error where the port is taken */
export async function startTopicRules(
  { topicRules, iotPolicies, policies, streams }: Parts,
  { callService, ...parts }: TopicRulesParts,
): Promise<Broker | undefined> {
  if (topicRules.length === 0) return undefined;
  return await startBroker({
    ...parts,
    rules: topicRules,
    policies: iotPolicies,
    put: async ({ stream, partitionKey, roleArn, data }) => {
      const resourceArn = streams.find(({ name }) => name === stream)?.arn ?? stream;
      const request = { roleArn, service: 'iot.amazonaws.com', action: 'kinesis:PutRecord', resourceArn };
      const allowed = policies.roleAllows(request);
      if (allowed !== 'allowed')
        throw new Error(`role ${roleArn}: ${allowed}, expected kinesis:PutRecord on ${resourceArn}`);
      const body = { StreamName: stream, PartitionKey: partitionKey, Data: data.toString('base64') };
      const { status, body: answer } = await callService({
        service: 'kinesis',
        action: 'PutRecord',
        headers: {},
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PUT_WITHIN_MS),
      });
      if (status !== 200)
        throw new Error(`stream ${stream}: found ${status} ${answer.slice(0, 200)}, expected 200`);
    },
  });
}

const PUT_WITHIN_MS = 10_000;
