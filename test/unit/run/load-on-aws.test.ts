import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/event-source/virtual-clock.ts';
import { type AwsLoadDeps, loadOnAws } from '../../../src/run/load-on-aws.ts';

/** ECS with tasks that run for a minute, and CloudWatch with figures of that time. */
function aws({ exitCode = 0 } = {}) {
  const clock = new VirtualClock(Date.UTC(2026, 10, 28, 9));
  const asked: Record<string, unknown>[] = [];
  const stopMs = clock.nowMs() + 60_000;
  const send = async ({ input }: { readonly input: Record<string, unknown> }) => {
    asked.push(input);
    if ('taskDefinition' in input) return { tasks: [{ taskArn: `task-${asked.length}` }] };
    if ('tasks' in input) {
      const lastStatus = clock.nowMs() >= stopMs ? 'STOPPED' : 'RUNNING';
      const tasks = (input['tasks'] as string[]).map(() => ({ lastStatus, containers: [{ exitCode }] }));
      return { tasks };
    }
    return { Datapoints: FIGURES[String(input['MetricName'])] ?? [] };
  };
  const told: string[] = [];
  const onProgress = (what: string) => told.push(what);
  const deps = { ecs: { send }, cloudWatch: { send }, clock, onProgress } as unknown as AwsLoadDeps; // what it asks of them
  const load = {
    ...{
      stackName: 'Tidemill',
      cluster: 'c',
      task: 't',
      subnets: ['a', 'b'],
      stream: 's',
      tables: ['x', 'y'],
      count: 2,
    },
    environment: { TIDEMILL_LOAD_RATE: '100', TIDEMILL_LOAD_SEED: 'seed' },
  };
  return { done: clock.run(loadOnAws(load, deps)), asked, told };
}

const FIGURES: Readonly<Record<string, readonly object[]>> = {
  received: [{ Sum: 1_500_000 }, { Sum: 500_000 }],
  IncomingBytes: [{ Sum: 2e9 }],
  'GetRecords.IteratorAgeMilliseconds': [{ Maximum: 700 }, { Maximum: 1_900 }],
  ConsumedWriteCapacityUnits: [{ Sum: 1_000_000 }],
  ConsumedReadCapacityUnits: [{ Sum: 400_000 }],
};

it('starts the tasks, each with devices of its own, and reports what the stack made of them', async () => {
  const { done, asked, told } = aws();
  expect(await done).toMatchObject({
    ...{ accepted: 2_000_000, lagMs: 1_900, writeUnits: 2_000_000, readUnits: 800_000, failedTasks: [] },
    // 2 × 0.625 + 0.8 × 0.125 + 2 × 0.08
    costUsd: expect.closeTo(1.51, 6),
    costUsdPerMillionEvents: expect.closeTo(0.755, 6),
  });
  const seeds = asked.flatMap(({ overrides }) => JSON.stringify(overrides ?? '').match(/seed-\d/g) ?? []);
  expect(seeds).toEqual(['seed-0', 'seed-1']);
  expect([...new Set(told)]).toEqual([
    'tasks: 2 running',
    'all tasks have stopped; CloudWatch has their figures after 3 minutes',
  ]);
});

it('says of tasks that failed why', async () => {
  expect((await aws({ exitCode: 1 }).done).failedTasks).toEqual(
    Array(2).fill('no reason given (exit code 1)'),
  );
});
