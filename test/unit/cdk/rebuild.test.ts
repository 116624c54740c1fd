import { rmSync } from 'node:fs';
import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { wire } from '../../../consumers/rebuild/wire.ts';
import type { SequenceNumber, ShardId } from '../../../src/core/brands.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import type { StreamSource } from '../../../src/event-source/ports.ts';
import type { FunctionHost } from '../../../src/host/function-host.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import type { RebuildStepRequest } from '../../../src/rebuild/do-step.ts';
import { rebuildAll } from '../../../src/rebuild/rebuild.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import { Generations } from '../../../src/stores/generations.ts';
import type { Table } from '../../../src/stores/table.ts';
import { archiveEvents } from '../../support/archive-of-events.ts';
import { carriedStream } from '../../support/carried-stream.ts';
import { generationOf } from '../../support/rebuilt-generation.ts';
import { storesOf, viewOf } from '../../support/rebuilt-tables.ts';
import { LORAWAN, livedAndRecorded, recordedLorawan } from '../../support/recorded-lorawan.ts';
import { recordingsFolder } from '../../support/recordings.ts';
import { runStateMachine, stateMachineIn } from '../../support/run-state-machine.ts';
import { bareApp, synthesizedStack, unsynthesizedStack } from '../../support/synthesized-stack.ts';

const DEFINITION = {
  aggregations: [
    { name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '30s', idleTimeout: '1m' },
  ],
  rollups: [{ name: 'all', of: 'per-minute', by: [] }],
};
const START_MS = Date.parse('2026-11-28T09:40:00Z');
const EVENTS = Array.from({ length: 200 }, (_, at) => ({
  source: `d${at % 4}`,
  time: START_MS + at * 30_000,
  values: { v: at },
}));

interface Carried {
  readonly live?: typeof EVENTS;
  readonly archived?: typeof EVENTS;
  /** What the stream has; default: what is archived. */
  readonly carried?: typeof EVENTS;
  /** It has let go of what stands behind the archive. */
  readonly trimmed?: boolean;
}

/** The function over tables in memory, and the live tables filled from the same archive. */
async function system({
  live = EVENTS,
  archived = EVENTS,
  carried = archived,
  trimmed = false,
}: Carried = {}) {
  const archive = new MemoryObjects();
  await archiveEvents(archive, archived, { shardOf: (at) => at % 2 });
  const lived = new MemoryObjects();
  await archiveEvents(lived, live, { shardOf: (at) => at % 2 });
  const first = generationOf(lived, DEFINITION);
  await rebuildAll(first.options);
  const stream = carriedStream(
    carried.map((event, at) => ({
      shard: `shardId-00000000000${at % 2}` as ShardId,
      sequence: String(101 + at) as SequenceNumber,
      arrivalMs: event.time,
      partitionKey: event.source,
      data: JSON.stringify(event),
    })),
    first.options.generation.streamArn,
  );
  if (trimmed) stream.openIterator = async () => ({ kind: 'trimmed' });
  const tables = { ...first.tables };
  return { first, ...systemOf({ archive, tables, stream, definition: DEFINITION }) };
}

interface SystemParts {
  readonly archive: MemoryObjects;
  /** The stack's own. */
  readonly tables: Readonly<Record<string, Table>>;
  readonly stream: StreamSource;
  /** That is deployed. */
  readonly definition: object;
}

function systemOf({ archive, tables, stream, definition: deployed }: SystemParts) {
  const pipeline = parsePipeline(deployed);
  const host = memoryHost({
    pipeline,
    tables,
    objects: () => archive,
    setting: (name) => (name === 'rebuildStream' ? 'telemetry' : stream.arn),
    clock: { nowMs: () => START_MS + 10_000_000, sleep: async () => {} },
  });
  const handle = () => wire({ ...host, definition: deployed, source: () => stream });
  const unlimited = { getRemainingTimeInMillis: () => 900_000 };
  const steps: string[] = [];
  const invoke = async (request: unknown) => {
    // as the state machine makes it
    const step = request as RebuildStepRequest;
    steps.push(step.step);
    return await handle()(step, unlimited);
  };
  const runTask = async (environment: Readonly<Record<string, string>>) => {
    const { TIDEMILL_REBUILD_STEP: step, TIDEMILL_REBUILD_REQUEST: request = '{}' } = environment;
    return await invoke({ ...JSON.parse(request), step });
  };
  const second = (table: Parameters<FunctionHost['table']>[0]) => host.table(table, 'second');
  return {
    ...{ host, steps, invoke, runTask, pipeline },
    generations: new Generations(host.table('readers')),
    rebuilt: () =>
      viewOf(
        storesOf({
          sources: second('sources'),
          windows: second('windows'),
          deadLetters: second('deadLetters'),
          alerts: second('alerts'),
          readers: second('readers'),
        }),
        pipeline,
      ),
  };
}

describe('without the option', () => {
  test('nothing of it is created', () => {
    const template = synthesizedStack({ archive: true });
    for (const type of [
      'AWS::StepFunctions::StateMachine',
      'AWS::ECS::Cluster',
      'AWS::ECS::TaskDefinition',
      'AWS::EC2::VPC',
    ]) {
      template.resourceCountIs(type, 0);
    }
    const functions = Object.values(template.findResources('AWS::Lambda::Function'));
    expect(functions.filter((fn) => JSON.stringify(fn).includes('TIDEMILL_GENERATIONS'))).toEqual([]);
  });

  test('it asks for an archive', () => {
    const app = bareApp();
    expect(() => unsynthesizedStack({ rebuild: true }, app)).toThrow('expected `archive` with it');
    rmSync(app.outdir, { recursive: true, force: true });
  });
});

describe('the state machine', () => {
  let definition: ReturnType<typeof stateMachineIn>;
  beforeAll(() => {
    const template = synthesizedStack({ archive: true, rebuild: true });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      RequiresCompatibilities: ['FARGATE'],
      ContainerDefinitions: [Match.objectLike({ ReadonlyRootFilesystem: true })],
    });
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    definition = stateMachineIn(template);
  });

  test('is valid in its language: the interpreter’s linter takes it, and no other like it', async () => {
    const asked: unknown[] = [];
    const note = async (request: unknown) => ({ noted: asked.push(request) });
    const broken: [string, unknown][] = [
      [
        'a next state that is not there',
        { ...definition.States, Plan: { ...definition.States['Plan'], Next: 'Nowhere' } },
      ],
      ['a state of no kind', { ...definition.States, Ready: { Type: 'Done' } }],
      [
        'a path that is none',
        { ...definition.States, Plan: { ...definition.States['Plan'], ResultPath: 'plan' } },
      ],
    ];
    for (const [what, States] of broken) {
      const other = { ...definition, States } as typeof definition; // what is wrong with it is to be found
      await expect(
        runStateMachine(other, { generation: 'second' }, { invoke: note, runTask: note }),
        what,
      ).rejects.toThrow(/definition/i);
    }
    expect(asked).toEqual([]);
  });

  test('rebuilds the archive, finds it as live is, and waits to be switched', async () => {
    const made = await system();
    const output = await runStateMachine(definition, { generation: 'second', definition: DEFINITION }, made);
    expect(output).toMatchObject({
      generation: 'second',
      report: {
        balanced: true,
        problems: [],
        differences: 0,
        unexplained: 0,
        audit: { foldedRecords: 200, events: 200 },
      },
    });
    expect((await made.generations.current()).generation).toBe('first');
    const live = await viewOf(made.first.side, made.pipeline);
    expect(await made.rebuilt()).toEqual(live);
  });

  test('switches where it is asked to', async () => {
    const made = await system();
    await runStateMachine(definition, { generation: 'second', definition: DEFINITION, switch: true }, made);
    expect(await made.generations.current()).toMatchObject({ generation: 'second', before: 'first' });
  });

  test('that was ended goes on when it is started again, and comes to the same', async () => {
    const made = await system();
    const input = { generation: 'second', definition: DEFINITION };
    for (const ended of ['Plan', 'Fold by function', 'Close silent windows', 'Audit and compare']) {
      await expect(runStateMachine(definition, input, { ...made, ends: [ended] })).rejects.toThrow();
    }
    expect(await runStateMachine(definition, input, made)).toMatchObject({
      report: { balanced: true, differences: 0 },
    });
    expect(await made.rebuilt()).toEqual(await viewOf(made.first.side, made.pipeline));
  });

  test('is not harmed by a map that goes on behind its failure: what is out of turn is refused', async () => {
    const made = await system();
    const input = { generation: 'second', definition: DEFINITION };
    const going: Promise<unknown>[] = [];
    const behind = (one: Promise<unknown>) => void going.push(one);
    for (const ended of ['Fold by function', 'Close silent windows'])
      await expect(runStateMachine(definition, input, { ...made, ends: [ended], behind })).rejects.toThrow();
    // Meanwhile another execution goes on, and comes to the same.
    const output = await runStateMachine(definition, input, made);
    const refused = (await Promise.allSettled(going)).flatMap((one) =>
      one.status === 'rejected' ? [String(one.reason)] : [],
    );
    expect(refused).toContainEqual(expect.stringMatching(/found .* to be (folded|closed), and .* before it/));
    expect(output).toMatchObject({ report: { balanced: true, differences: 0 } });
    expect(await made.rebuilt()).toEqual(await viewOf(made.first.side, made.pipeline));
  });

  test('ends where differences have no reason, and switches nothing', async () => {
    const planted = EVENTS.map((event, at) => (at === 100 ? { ...event, values: { v: 1_000 } } : event));
    const made = await system({ archived: planted });
    const input = { generation: 'second', definition: DEFINITION, switch: true };
    await expect(runStateMachine(definition, input, made)).rejects.toThrow(/tidemill rebuild diff/);
    expect((await made.generations.current()).generation).toBe('first');
    // By force all the same, and the same generation is taken up again.
    await runStateMachine(definition, { ...input, force: true }, made);
    expect((await made.generations.current()).generation).toBe('second');
    // And back, in one write.
    expect(await made.generations.switchTo('first', { from: 'second', nowMs: START_MS })).toBe(true);
    expect(await made.generations.current()).toMatchObject({ generation: 'first', before: 'second' });
  });

  test('has caught up with the stream when it switches, also with what the archive does not have yet', async () => {
    const made = await system({ archived: EVENTS.slice(0, 120), carried: EVENTS });
    await runStateMachine(
      definition,
      { generation: 'second', definition: DEFINITION, switch: true, force: true },
      made,
    );
    const [live, rebuilt] = [await viewOf(made.first.side, made.pipeline), await made.rebuilt()];
    const counts = (view: typeof live) =>
      [...view.sources].map(([source, state]) => [source, (state as { counts: object }).counts]);
    expect(counts(rebuilt)).toEqual(counts(live));
  });

  test('ends where the stream has let go of what the archive does not have, and switches nothing', async () => {
    const made = await system({ archived: EVENTS.slice(0, 120), carried: EVENTS, trimmed: true });
    const input = { generation: 'second', definition: DEFINITION, switch: true, force: true };
    await expect(runStateMachine(definition, input, made)).rejects.toThrow(
      /the stream has let go of records/,
    );
    expect((await made.generations.current()).generation).toBe('first');
  });

  test('switches to another definition, whose windows and rollups are told to be another’s', async () => {
    const made = await system();
    const changed = {
      aggregations: [{ ...DEFINITION.aggregations[0], window: { tumbling: '5m' } }],
      rollups: [...DEFINITION.rollups, { name: 'by-model', of: 'per-minute', by: ['model'] }],
    };
    const input = { generation: 'second', definition: changed, switch: true };
    const output = await runStateMachine(definition, input, made);
    const { report } = output as { report: { differences: number; reasons: object; unexplained: number } };
    expect(report.differences).toBeGreaterThan(0);
    expect(report.reasons).toEqual({ 'other-definition': report.differences });
    expect((await made.generations.current()).generation).toBe('second');
  });

  test('the generation that is current goes on with the archive', async () => {
    const made = await system({ archived: EVENTS.slice(0, 120) });
    await runStateMachine(
      definition,
      { generation: 'second', definition: DEFINITION, switch: true, force: true },
      made,
    );
    await archiveEvents(made.host.objects('archive') as MemoryObjects, EVENTS, { shardOf: (at) => at % 2 });
    await made.invoke({ step: 'follow' });
    expect(await made.rebuilt()).toEqual(await viewOf(made.first.side, made.pipeline));
  });

  test('of an archive with a gap ends with what is missing', async () => {
    const made = await system();
    const objects = made.host.objects('archive');
    for await (const { key } of objects.list('records/'))
      if (key.includes('T10/_manifest')) await objects.remove(key);
    const input = { generation: 'second', definition: DEFINITION };
    await expect(runStateMachine(definition, input, made)).rejects.toThrow(
      /gaps.*_manifest\.json.*Bring back/s,
    );
  });

  const recordings = recordingsFolder();
  test.skipIf(recordings === undefined)(
    'of devices that were recorded beside the pipeline comes to the same windows, rollups, alerts and books, ended three times',
    async () => {
      const carried = await recordedLorawan(recordings ?? '');
      const stream = carriedStream(carried, LORAWAN_ARN);
      const lived = await livedAndRecorded(carried, parsePipeline(LORAWAN), stream.arn);
      const made = systemOf({ ...lived, stream, definition: LORAWAN });
      const input = { generation: 'second', switch: true };
      for (const ended of ['Fold by function', 'Close silent windows', 'Audit and compare'])
        await expect(runStateMachine(definition, input, { ...made, ends: [ended] })).rejects.toThrow();
      const output = await runStateMachine(definition, input, made);
      expect(output).toMatchObject({
        report: {
          balanced: true,
          differences: 0,
          audit: { foldedRecords: carried.length, events: carried.length },
        },
      });
      expect(await made.rebuilt()).toEqual(lived.view);
      expect(lived.view.alerts.length).toBeGreaterThan(0);
      expect((await made.generations.current()).generation).toBe('second');
    },
    60_000,
  );
});

const LORAWAN_ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/telemetry';
