// Invokes a scheduled function at its rate, on a clock of the caller's.
import type { Clock } from '../event-source/clock.ts';
import type { FunctionInvoker, InvokeOutcome } from '../event-source/ports.ts';
import type { ScheduleSpec } from './read-schedule.ts';

export interface ScheduleDeps {
  readonly clock: Clock;
  readonly invoker: FunctionInvoker;
  readonly region: string;
  readonly newEventId: () => string;
  readonly onOutcome: (outcome: InvokeOutcome) => void;
}

/**
 * The first invocation comes one period after the start, the others at whole periods from it. As on AWS an invocation
 * does not wait for the one before. Resolves when the signal aborts and all that was invoked has its outcome.
 */
export async function runSchedule(
  { arn, everyMs, input }: ScheduleSpec,
  { clock, invoker, region, newEventId, onOutcome }: ScheduleDeps,
  signal: AbortSignal,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  for (let dueMs = clock.nowMs() + everyMs; !signal.aborted; dueMs += everyMs) {
    await clock.sleep(Math.max(0, dueMs - clock.nowMs()), signal);
    if (signal.aborted) break;
    const payload = input ?? JSON.stringify(scheduledEvent({ id: newEventId(), arn, region, dueMs }));
    const run = invoker.invoke(payload).then((outcome) => {
      underWay.delete(run);
      onOutcome(outcome);
    });
    underWay.add(run);
  }
  await Promise.all(underWay);
}

interface Occasion {
  readonly id: string;
  readonly arn: string;
  readonly region: string;
  readonly dueMs: number;
}

/** What EventBridge sends for a rule with a schedule. */
function scheduledEvent({ id, arn, region, dueMs }: Occasion) {
  return {
    version: '0',
    id,
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: arn.split(':')[4],
    time: new Date(dueMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: [arn],
    detail: {},
  };
}
