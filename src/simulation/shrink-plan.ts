// A plan that breaks a law, made small: whatever can go without mending it goes, the largest pieces first.
import type { AggregationDefinition, PipelineDefinition } from '../core/pipeline/definition.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import type { Fault, Plan, PlannedRecord } from './plan.ts';

/** Enough for the plans there are; each run of a smaller plan is cheaper than the one before. */
const MOST_RUNS = 300;

/** `breaks`: whether a plan still breaks the law. Gives the smallest plan found that does. */
export async function shrinkPlan(plan: Plan, breaks: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  const shrinking = new Shrinking(plan, breaks);
  let before: Plan;
  do {
    before = shrinking.plan;
    await shrinking.round();
  } while (shrinking.plan !== before && shrinking.runsLeft > 0);
  return shrinking.plan;
}

class Shrinking {
  plan: Plan;
  runsLeft = MOST_RUNS;
  readonly #breaks: (plan: Plan) => Promise<boolean>;

  constructor(plan: Plan, breaks: (plan: Plan) => Promise<boolean>) {
    this.plan = plan;
    this.#breaks = breaks;
  }

  async round(): Promise<void> {
    await this.#sources();
    await this.#list('faults');
    await this.#list('actions');
    await this.#list('records');
    await this.#events();
    for (const simpler of simplerSettings(this.plan)) await this.#try({ ...this.plan, ...simpler });
    for (let at = this.plan.pipeline.aggregations.length - 1; at >= 0; at -= 1) {
      await this.#tryPipeline(withoutAggregation(this.plan.pipeline, at));
    }
    for (const simpler of simplerPipelines(this.plan.pipeline)) await this.#tryPipeline(simpler);
  }

  async #sources(): Promise<void> {
    const names = new Set(
      this.plan.records.flatMap((record) =>
        ('events' in record ? record.events : []).map(({ source }) => source),
      ),
    );
    for (const name of names) {
      const records = this.plan.records.map((record) =>
        'events' in record
          ? { ...record, events: record.events.filter(({ source }) => source !== name) }
          : record,
      );
      await this.#try({ ...this.plan, records: records.filter((each) => !isEmpty(each)) });
    }
  }

  async #list(name: 'faults' | 'actions' | 'records'): Promise<void> {
    for (let size = Math.ceil(this.plan[name].length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < this.plan[name].length; ) {
        if (!(await this.#without(name, at, size))) at += size;
      }
    }
  }

  async #without(name: 'faults' | 'actions' | 'records', at: number, size: number): Promise<boolean> {
    const shorter: readonly unknown[] = this.plan[name].toSpliced(at, size);
    if (await this.#try({ ...this.plan, [name]: shorter })) return true;
    if (name === 'faults') {
      const faults = withoutRetriesOf(
        this.plan.faults.slice(at, at + size),
        this.plan.faults.toSpliced(at, size),
      );
      return await this.#try({ ...this.plan, faults });
    }
    if (name === 'actions') return false;
    const records = this.plan.records.toSpliced(at, size);
    for (const faults of earlierFaults(this.plan.faults, size)) {
      if (await this.#try({ ...this.plan, records, faults })) return true;
    }
    return false;
  }

  async #events(): Promise<void> {
    for (let at = 0; at < this.plan.records.length; at += 1) {
      for (let event = 0; ; ) {
        const record = this.plan.records[at];
        if (record === undefined || !('events' in record) || event >= record.events.length) break;
        if (record.events.length === 1) break;
        const fewer = { ...record, events: record.events.toSpliced(event, 1) };
        if (!(await this.#try(this.#withRecord(at, fewer)))) event += 1;
      }
      const record = this.plan.records[at];
      if (record === undefined) break;
      for (const simpler of simplerRecords(record)) await this.#try(this.#withRecord(at, simpler));
    }
  }

  #withRecord(at: number, record: PlannedRecord): Plan {
    return { ...this.plan, records: this.plan.records.with(at, record) };
  }

  async #tryPipeline(pipeline: PipelineDefinition): Promise<void> {
    if (!isSound(pipeline)) return;
    await this.#try({ ...this.plan, pipeline });
  }

  async #try(candidate: Plan): Promise<boolean> {
    if (this.runsLeft === 0 || JSON.stringify(candidate) === JSON.stringify(this.plan)) return false;
    this.runsLeft -= 1;
    if (!(await this.#breaks(candidate))) return false;
    this.plan = candidate;
    return true;
  }
}

/** Where something went wrong there was one more invocation: those behind it come earlier when it goes right. */
function withoutRetriesOf(removed: readonly Fault[], left: readonly Fault[]): readonly Fault[] {
  return left.map((fault) => {
    if (!('invocation' in fault)) return fault;
    const before = removed.flatMap((each) =>
      'invocation' in each && each.function === fault.function && each.invocation < fault.invocation
        ? [each.invocation]
        : [],
    );
    return { ...fault, invocation: fault.invocation - new Set(before).size };
  });
}

/** Without some records there are fewer invocations: what goes wrong behind one of them may do so earlier. */
function* earlierFaults(faults: readonly Fault[], by: number): Iterable<readonly Fault[]> {
  const moments = faults.map((fault) => ('invocation' in fault ? fault.invocation : 0));
  const cuts = faults.length > FEW_FAULTS ? [0] : [...new Set([0, ...moments])];
  for (const cut of cuts) {
    for (const functions of [
      ['aggregate', 'rollup', 'alert', 'publish'],
      ['aggregate'],
      ['rollup'],
      ['alert'],
    ]) {
      const isBehind = (fault: Fault): fault is Extract<Fault, { readonly invocation: number }> =>
        'invocation' in fault && functions.includes(fault.function) && fault.invocation > cut;
      const behind = faults.filter(isBehind);
      if (behind.length === 0 || behind.some(({ invocation }) => invocation - by <= cut)) continue;
      yield faults.map((fault) =>
        isBehind(fault) ? { ...fault, invocation: fault.invocation - by } : fault,
      );
    }
  }
}

/** Up to so many it is worth the runs to try each place between them. */
const FEW_FAULTS = 5;

function isEmpty(record: PlannedRecord): boolean {
  return 'events' in record && record.events.length === 0;
}

function* simplerRecords(record: PlannedRecord): Iterable<PlannedRecord> {
  if (!('events' in record)) return;
  const { gzip, ...plain } = record;
  yield { ...plain, form: plain.events.length === 1 ? 'event' : 'array' };
  yield {
    ...plain,
    form: plain.events.length === 1 ? 'event' : 'array',
    events: plain.events.map(({ tags, values, ...event }) => event),
  };
  yield {
    ...plain,
    events: plain.events.map(({ tags, ...event }) => event),
  };
}

/** What is left out stands for itself in a plan's settings, by name. */
function simplerSettings({ shards, mappings, containers, polling }: Plan): readonly Partial<Plan>[] {
  const reports = { FunctionResponseTypes: ['ReportBatchItemFailures'] };
  return [
    { latenciesMs: [] },
    { shards: { telemetry: 1, changelog: 1 } },
    { shards: { ...shards, telemetry: 1 } },
    { shards: { ...shards, changelog: 1 } },
    { mappings: { ...mappings, aggregate: reports } },
    { mappings: { ...mappings, rollup: reports } },
    { containers: { choice: 'affinity', least: 1 } },
    { containers: { ...containers, least: 1 } },
    { polling: { ...polling, readLimit: 1_000 } },
    { backoff: { baseMs: 1_000, capMs: 10_000 } },
  ];
}

/** Whether nothing in it is on something that has been taken away. */
function isSound(pipeline: PipelineDefinition): boolean {
  try {
    parsePipeline(pipeline);
    return true;
  } catch {
    return false;
  }
}

function withoutAggregation(pipeline: PipelineDefinition, at: number): PipelineDefinition {
  const gone = pipeline.aggregations[at]?.name;
  if (pipeline.aggregations.length === 1) return pipeline;
  return {
    ...pipeline,
    aggregations: pipeline.aggregations.toSpliced(at, 1),
    rollups: (pipeline.rollups ?? []).filter(({ of }) => of !== gone),
  };
}

function* simplerPipelines(pipeline: PipelineDefinition): Iterable<PipelineDefinition> {
  const { rollups = [], retention, alerts = [], ...rest } = pipeline;
  yield rest;
  if (alerts.length > 0) yield { ...rest, rollups };
  for (const at of alerts.keys()) yield { ...pipeline, alerts: alerts.toSpliced(at, 1) };
  for (const at of rollups.keys()) yield { ...pipeline, rollups: rollups.toSpliced(at, 1) };
  yield { ...rest, rollups, ...(alerts.length === 0 ? {} : { alerts }) };
  const plain = ({ values, aggregates, ...needed }: AggregationDefinition): AggregationDefinition => needed;
  yield { ...pipeline, aggregations: pipeline.aggregations.map(plain) };
}
