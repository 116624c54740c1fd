// The local gateway over a stack of the test's own: functions are handlers of the test, services what it says.
import { fileURLToPath } from 'node:url';
import type { Stack } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { onTestFinished } from 'vitest';
import type { InvokeOutcome } from '../../src/event-source/ports.ts';
import { parseTemplate } from '../../src/local-stack/cloudformation-template.ts';
import type { GatewayEvent } from '../../src/local-stack/gateway/gateway-event.ts';
import type { OpenQuestions } from '../../src/local-stack/gateway/open-questions.ts';
import type { CallService, ServiceCall } from '../../src/local-stack/gateway/service-endpoint.ts';
import { startGateway } from '../../src/local-stack/gateway/start-gateway.ts';
import { LOCAL_ACCOUNT_ID } from '../../src/local-stack/local-names.ts';
import { isObject } from '../../src/local-stack/property.ts';
import { type LocalSystem, readTemplate } from '../../src/local-stack/template.ts';
import { templateOf } from './template-of.ts';

export type TestHandler = (event: Record<string, unknown>) => unknown;

export interface TestGateway {
  readonly url: string;
  readonly system: LocalSystem;
  /** Calls that reached a service. */
  readonly serviceCalls: ServiceCall[];
  readonly access: string[];
  readonly failures: string[];
  /** The gateway's clock, ms. */
  readonly clock: { nowMs: number };
}

export interface TestGatewayOptions {
  /** By the beginning of the function's logical id. A handler that throws is a function that fails. */
  readonly functions?: Readonly<Record<string, TestHandler>>;
  readonly callService?: CallService;
  readonly requestTimeoutMs?: number;
  readonly answers?: Partial<OpenQuestions>;
  readonly observe?: (event: GatewayEvent) => void;
}

export function gatewayOver(stack: Stack, options: TestGatewayOptions = {}): Promise<TestGateway> {
  return gatewayOverTemplate(templateOf(stack), options);
}

export async function gatewayOverTemplate(
  synthesized: Template,
  options: TestGatewayOptions = {},
): Promise<TestGateway> {
  const system = localSystemOf(synthesized);
  const gateway = await startGateway({
    port: 0,
    ...(options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }),
  });
  onTestFinished(() => gateway.stop());
  const test: TestGateway = {
    url: gateway.url,
    system,
    serviceCalls: [],
    access: [],
    failures: [],
    clock: { nowMs: Date.parse('2026-11-24T12:00:00Z') },
  };
  let ids = 0;
  gateway.serve(system, {
    invoke: async (arn, payload) => {
      const spec = system.functions.find((fn) => fn.arn === arn);
      const [, handler] =
        Object.entries(options.functions ?? {}).find(([start]) => spec?.logicalId.startsWith(start)) ?? [];
      if (handler === undefined) throw new Error(`the test has no function for ${arn}`);
      return await outcomeOf(handler, payload);
    },
    callService: async (call) => {
      test.serviceCalls.push(call);
      if (options.callService === undefined) throw new Error('the test has no services');
      return await options.callService(call);
    },
    ...(options.answers === undefined ? {} : { answers: options.answers }),
    ...(options.observe === undefined ? {} : { observe: options.observe }),
    policies: system.policies,
    region: 'us-east-1',
    accountId: LOCAL_ACCOUNT_ID,
    nowMs: () => test.clock.nowMs,
    newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`.replace(/^0+/, `${ids}`),
    onAccess: (line) => test.access.push(line),
    onFailure: (message) => test.failures.push(message),
  });
  return test;
}

/** What the local stack reads of it. */
export function localSystemOf(synthesized: Template): LocalSystem {
  const template = parseTemplate(synthesized.toJSON());
  const keys = [...template.resources.values()].flatMap(({ type, properties }) =>
    type === 'AWS::Lambda::Function' && isObject(properties['Code']) ? [properties['Code']['S3Key']] : [],
  );
  // What stands in for the functions' code in a stack of a test, and for the files of its site.
  const folder = fileURLToPath(new URL('./handlers', import.meta.url));
  const codeFolders = new Map(keys.map((key) => [String(key), folder] as const));
  return readTemplate({ stackName: 'Test', template, codeFolders }, 'us-east-1');
}

export async function outcomeOf(handler: TestHandler, payload: string): Promise<InvokeOutcome> {
  try {
    return { kind: 'returned', payload: JSON.stringify((await handler(JSON.parse(payload))) ?? null) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { kind: 'function-error', errorType: name, message };
  }
}
