// A function that a schedule runs every minute. What a run misses the next one finds: no retries, and no run that comes late.
import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import type { ConsumerFunction } from './consumer-function.ts';

const ONCE = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };

export function runEveryMinute(
  scope: Construct,
  { fn }: ConsumerFunction,
  description: string,
  { enabled = true, input }: { readonly enabled?: boolean; readonly input?: object } = {},
): void {
  fn.configureAsyncInvoke(ONCE);
  new Rule(scope, 'EveryMinute', {
    description,
    enabled,
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [
      new LambdaFunction(fn, {
        ...ONCE,
        ...(input === undefined ? {} : { event: RuleTargetInput.fromObject(input) }),
      }),
    ],
  });
}

/** The same, less often. */
export function runEvery(
  scope: Construct,
  { fn }: ConsumerFunction,
  description: string,
  minutes: number,
): void {
  fn.configureAsyncInvoke(ONCE);
  new Rule(scope, 'Schedule', {
    description,
    schedule: Schedule.rate(Duration.minutes(minutes)),
    targets: [new LambdaFunction(fn, ONCE)],
  });
}
