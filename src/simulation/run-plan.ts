// Runs a plan to its end: puts and actions at their times, then silence until everything is handled and closed, then
// what must change nothing any more. The same plan gives the same run, byte for byte.
import type { AlertRule } from '../core/alerts/alert-rule.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { spanMs } from '../core/window-spec.ts';
import { PRIMER_KEY, SOURCES_TABLE } from '../platform/names.ts';
import { AuditStore } from '../stores/audit/audit-progress.ts';
import { DeadLetters } from '../stores/dead-letters.ts';
import { readLedger } from '../stores/read-ledger.ts';
import { retireSource } from '../stores/retire-source.ts';
import { SourceStates } from '../stores/source-states.ts';
import { text } from '../stores/table.ts';
import { LAW_OF_PROGRESS } from './check-end.ts';
import { OpenShards } from './open-shards.ts';
import {
  type Plan,
  type PlannedAction,
  type PlannedRecord,
  START_MS,
  STREAM_NAMES,
  STREAM_READERS,
  type StreamName,
  type StreamReader,
} from './plan.ts';
import { recordData } from './record-data.ts';
import { type Replacements, SimulatedSystem } from './simulated-system.ts';
import { shortSequence, shortShard } from './trace.ts';
import { holdSame, Violation } from './violation.ts';

export interface RunResult {
  /** undefined: every law held. */
  readonly violation: Violation | undefined;
  /** What happened, a line each. */
  readonly trace: () => readonly string[];
  readonly events: number;
  readonly invocations: number;
  /** Virtual. */
  readonly durationMs: number;
}

const LAW_OF_REBUILDING = 'what is downstream is made anew once, however often that is begun';
const DONE = { stored: 0, remade: 0, added: 0, waiting: 0 };

/** After these, what is downstream is to be made anew. */
const UNTOLD: ReadonlySet<PlannedAction['kind']> = new Set(['restore-tables', 'lose-changes']);

/** Each pass asks twice: once for what looks missing, once whether it is. */
const AUDIT_RUNS = 6;

/** In virtual time: far more than all retries, silences and hanging calls of a plan take. */
const LIMIT_MS = 8 * 3_600_000;

export async function runPlan(plan: Plan, replacements: Replacements = {}): Promise<RunResult> {
  const system = new SimulatedSystem(plan, replacements);
  const { clock, checks, trace, functions } = system;
  const run = new Run(plan, system);
  const ended = run.toEnd().catch((error: unknown) => checks.fail(error));
  try {
    await clock.run(Promise.race([ended, checks.broken]), LIMIT_MS);
  } catch (error) {
    checks.fail(new Violation(LAW_OF_PROGRESS, `while ${run.step}: ${String(error)}`));
  }
  const { violation } = checks;
  if (violation !== undefined) trace.note(() => `BROKEN  ${violation.law}\n           ${violation.detail}`);
  return {
    violation,
    trace: () => trace.lines(),
    events: checks.stream.events,
    invocations: Object.values(functions).reduce((sum, { invocations }) => sum + invocations, 0),
    durationMs: clock.nowMs() - START_MS,
  };
}

class Run {
  readonly #plan: Plan;
  readonly #system: SimulatedSystem;
  readonly #openShards = new Map<StreamName, OpenShards>();
  #scheduleEnds = false;
  step = 'starting';

  constructor(plan: Plan, system: SimulatedSystem) {
    this.#plan = plan;
    this.#system = system;
  }

  async toEnd(): Promise<void> {
    const { functions, checks, clock, faults } = this.#system;
    for (const name of STREAM_NAMES) {
      const stream = this.#system.streams[name];
      const first = (await stream.listShards()).map(({ id }) => id);
      this.#openShards.set(name, new OpenShards(stream, first));
    }
    const { readers } = this.#system;
    for (const reader of readers) this.#system.startMapping(reader);
    for (const own of this.#system.own) own.start();
    const schedule = this.#onSchedule();
    const auditing = this.#audit();
    this.#step('records come and things go wrong');
    await this.#timeline();

    this.#step('what is under way comes to its end');
    faults.end();
    await clock.sleep(Math.max(0, START_MS + backMs(this.#plan) - clock.nowMs()));
    await this.#system.enabled();
    await this.#handled('aggregate');
    for (const each of Object.values(functions)) await each.idle();
    await this.#handled('aggregate');
    this.#step('what is held is resumed, and what was given up put back');
    await this.#system.poisoned.resumeAll(!this.#system.givenUp.isEmpty);
    // However often it is done.
    for (let times = 0; times < 2 && !this.#system.givenUp.isEmpty; times += 1)
      await this.#system.givenUp.redrive();
    await this.#readAgain();
    // What watches a source must have seen it before its silence is waited for.
    if (readers.includes('alert')) await this.#handled('alert');

    this.#step('silence closes what is open');
    // A tick is put by one run, read, and judged by at another.
    await clock.sleep(silenceMs(this.#system) + READING_MS + 3 * this.#everyMs(this.#plan.closeEveryMs));
    this.#scheduleEnds = true;
    await schedule;
    await auditing;
    await this.#handled('aggregate');
    await this.#system.mapping('aggregate').stop({ invocation: 'finish' });
    for (const own of this.#system.own) await own.toEnd();
    const downstream = readers.filter((reader) => reader !== 'aggregate');
    for (const reader of downstream) await this.#handled(reader);
    await this.#lookByClock();
    if (readers.includes('publish')) await this.#handled('publish');
    const isUntold = this.#plan.actions.some(({ kind }) => UNTOLD.has(kind));
    if (isUntold) await this.#rebuildDownstream();
    const ledger = await this.#ledger();
    checks.atEnd(ledger);
    const letters = new DeadLetters(this.#system.tables.get('deadLetters'));
    checks.repaired(ledger, await letters.count());
    await this.#auditToEnd();
    // What was told before tables were restored is told by a stream that is no more.
    // And what is told once more of windows that TTL has removed would begin them anew: no stream keeps changes for so long.
    const hasExpired = this.#plan.actions.some(({ kind }) => kind === 'expire');
    if (checks.violation !== undefined || isUntold || hasExpired) return;

    this.#step('states expire, and all changes come once more');
    await this.#expireSources();
    for (const reader of downstream) await this.#system.recreateMapping(reader);
    for (const reader of downstream) await this.#handled(reader);
    checks.downstream();
    for (const reader of downstream) await this.#system.mapping(reader).stop({ invocation: 'finish' });
  }

  /** Whoever reads a record now that was given up finds what was put back of it. */
  async #readAgain(): Promise<void> {
    const { givenUp, checks } = this.#system;
    // Read at its age by now, all of it would be given up.
    const isGivenUpByAge = this.#plan.mappings.aggregate['MaximumRecordAgeInSeconds'] !== undefined;
    if (givenUp.isEmpty || isGivenUpByAge || checks.sources.restored.size > 0) return;
    const before = await this.#ledger();
    await this.#system.recreateMapping('aggregate');
    await this.#handled('aggregate');
    const after = await this.#ledger();
    checks.attempt(() => checks.repairs.readAgain(before, after));
  }

  /** Twice: the second time there is nothing left to be done. */
  async #rebuildDownstream(): Promise<void> {
    const { checks, rebuild } = this.#system;
    this.#step('what is downstream is made anew');
    await rebuild.run();
    const { failed, stored = 0, remade = 0, added = 0, waiting = 0 } = (await rebuild.run()) ?? {};
    checks.attempt(() => {
      holdSame(LAW_OF_REBUILDING, 'what could not be read or written', failed, []);
      holdSame(LAW_OF_REBUILDING, 'what is made anew once more', { stored, remade, added, waiting }, DONE);
    });
  }

  async #timeline(): Promise<void> {
    const { clock } = this.#system;
    const { records, actions } = this.#plan;
    const entries = [
      ...records.map((record) => ({ atMs: record.atMs, act: () => this.#put(record) })),
      ...actions.map((action) => ({ atMs: action.atMs, act: () => this.#act(action) })),
    ].sort((a, b) => a.atMs - b.atMs);
    for (const { atMs, act } of entries) {
      const leftMs = START_MS + atMs - clock.nowMs();
      if (leftMs > 0) await clock.sleep(leftMs);
      await act();
    }
  }

  #put(record: PlannedRecord): void {
    const { streams, checks, trace } = this.#system;
    const placement = streams.telemetry.putData(record.key, recordData(record));
    checks.stream.put(record, placement);
    this.#system.carried.put(placement);
    const { shard, sequence } = placement;
    trace.note(() => `put ${shortShard(shard)} ${shortSequence(sequence)}  ${recordInWords(record)}`);
  }

  async #act(action: PlannedAction): Promise<void> {
    const { tables, trace, functions } = this.#system;
    const sources = tables.get('sources');
    switch (action.kind) {
      case 'split':
      case 'merge': {
        const shards = this.#openShards.get(action.stream);
        const done = action.kind === 'split' ? shards?.split(action.pick) : shards?.merge(action.pick);
        trace.note(`${action.stream}: ${done}`);
        if (action.stream === 'telemetry')
          this.#system.checks.stream.noteShards(await this.#system.streams.telemetry.listShards());
        return;
      }
      case 'deploy':
        trace.note(
          () => `deployed${action.beside === true ? ' beside' : ''}: ${JSON.stringify(action.pipeline)}`,
        );
        return this.#system.deploy(action.pipeline, action.beside === true);
      case 'close':
        void this.#close();
        return;
      case 'disable':
        if (!this.#system.readers.includes(action.reader)) return;
        trace.note(`${action.reader} mapping  is switched off for ${action.forMs} ms`);
        void this.#system
          .disableMapping(action.reader, action.forMs)
          .catch((error: unknown) => this.#system.checks.fail(error));
        return;
      case 'expire':
        trace.note('TTL removes windows whose time has run out');
        return await this.#system.expireWindows();
      case 'restart':
        if (!this.#system.readers.includes(action.reader)) return;
        trace.note(`${action.reader} mapping  dies; another begins ${action.rewind} checkpoints back`);
        if (action.reader === 'aggregate')
          for (const own of this.#system.own) await own.restart(action.rewind);
        return await this.#system.restartMapping(action.reader, action.rewind);
      case 'recreate':
        if (!this.#system.readers.includes(action.reader)) return;
        trace.note(`${action.reader} mapping  is deleted and created again`);
        return await this.#system.recreateMapping(action.reader);
      case 'recycle':
        trace.note(`${action.reader}: idle containers go`);
        return functions[STREAM_READERS[action.reader].function].recycle();
      case 'touch': {
        const [item] = await sources.getMany([{ [SOURCES_TABLE.partitionKey]: text(action.source) }]);
        if (item === undefined) return;
        trace.note(`somebody writes a note on the item of ${action.source}`);
        return await sources.putMany([{ ...item, note: text(`at ${action.atMs}`) }]);
      }
      case 'off':
        trace.note(`${action.function}: is switched off for ${action.forMs} ms`);
        return functions[action.function].switchOff(this.#system.clock.nowMs() + action.forMs);
      case 'outage':
        trace.note(`the table ${action.table} is out of reach for ${action.forMs} ms`);
        return tables.fail(action.table, this.#system.clock.nowMs() + action.forMs);
      case 'throttling':
        trace.note(`the table ${action.table} takes one write of a call for ${action.forMs} ms`);
        return tables.throttle(action.table, this.#system.clock.nowMs() + action.forMs);
      case 'retire': {
        const states = new SourceStates(sources);
        const { kind } = await retireSource(action.source, { states, nowMs: this.#system.clock.nowMs() });
        trace.note(`somebody retires ${action.source}: ${kind}`);
        return;
      }
      case 'restore': {
        const { source, writes, untold = false, replayed = false } = action;
        trace.note(`${source} is put back by ${writes} writes${untold ? ', untold' : ''}`);
        await this.#system.restore(source, writes, untold);
        if (replayed) await this.#system.recreateMapping('aggregate');
        return;
      }
      case 'restore-tables':
      case 'lose-changes':
      case 'rebuild-downstream':
        return await this.#actOnTables(action);
      case 'poison':
        void this.#poison(action).catch((error: unknown) => this.#system.checks.fail(error));
        return;
      case 'redrive':
        void this.#system.givenUp.redrive().catch((error: unknown) => this.#system.checks.fail(error));
        return;
      case 'stranger': {
        const stranger = { [SOURCES_TABLE.partitionKey]: text(PRIMER_KEY) };
        await sources.putMany([stranger]);
        return sources.remove(stranger);
      }
    }
  }

  async #actOnTables(
    action: Extract<PlannedAction, { kind: 'restore-tables' | 'lose-changes' | 'rebuild-downstream' }>,
  ): Promise<void> {
    const { trace, rebuild, checks } = this.#system;
    switch (action.kind) {
      case 'restore-tables': {
        const { tables: which, backMs, replayed = false } = action;
        trace.note(`tables are restored (${which}) to what they were ${backMs} ms ago`);
        await this.#system.restoreTables(which === 'all' ? ['sources', 'windows'] : ['sources'], backMs);
        if (replayed) await this.#system.recreateMapping('aggregate');
        return;
      }
      case 'lose-changes':
        trace.note(`changes of sources are told to nobody for ${action.forMs} ms`);
        this.#system.loseChanges(action.forMs);
        return;
      case 'rebuild-downstream':
        void rebuild.run(action.stops).catch((error: unknown) => checks.fail(error));
    }
  }

  async #poison(action: Extract<PlannedAction, { kind: 'poison' }>): Promise<void> {
    const { source, as, forMs, resumedAfterMs = 0, inParts = false } = action;
    const { poisoned, clock } = this.#system;
    await poisoned.poison(source, as, inParts);
    await clock.sleep(forMs);
    await poisoned.mend(source);
    // Its state can be read again, and it is held still.
    if (resumedAfterMs > 0) await clock.sleep(resumedAfterMs);
    await poisoned.resume(source);
  }

  async #onSchedule(): Promise<void> {
    const { clock } = this.#system;
    while (!this.#scheduleEnds) {
      await clock.sleep(this.#everyMs(this.#plan.closeEveryMs));
      await this.#close();
      await this.#lookByClock();
    }
  }

  /** More rarely where something is off for long. */
  #everyMs(leastMs: number): number {
    const elapsedMs = this.#system.clock.nowMs() - START_MS;
    return Math.max(leastMs, Math.min(elapsedMs / 30, MOST_RARELY_MS));
  }

  /** Beside everything else: whatever moment it finds, nothing is wrong. */
  async #audit(): Promise<void> {
    const { auditEveryMs } = this.#plan;
    while (auditEveryMs !== undefined && !this.#scheduleEnds) {
      await this.#system.clock.sleep(this.#everyMs(auditEveryMs));
      await this.#auditOnce();
    }
  }

  async #auditOnce(): Promise<void> {
    const { functions, tables, checks, poisoned } = this.#system;
    await functions.audit.invoke('{}', '', () => 'a run');
    checks.audited((await new AuditStore(tables.get('readers')).load()).progress, poisoned.names);
  }

  /** All that there is, when nothing comes any more: one pass ends what was begun, the next sees all. */
  async #auditToEnd(): Promise<void> {
    if (this.#plan.auditEveryMs === undefined) return;
    for (let run = 0; run < AUDIT_RUNS; run += 1) {
      await this.#auditOnce();
      await this.#handled('rollup');
    }
    this.#system.checks.audit.putBack();
    await this.#auditOnce();
  }

  async #lookByClock(): Promise<void> {
    const { functions, pipeline } = this.#system;
    const isByClock = ({ on, when, stale }: AlertRule) =>
      when.kind === 'absent' || stale !== undefined || (on.kind === 'rollup' && on.settleMs > 0);
    if (pipeline.alerts.some(isByClock)) await functions['alert-clock'].invoke('{}', '', () => 'a run');
  }

  async #close(): Promise<void> {
    await this.#system.functions.close.invoke('{}', '', () => 'a run');
  }

  async #handled(reader: StreamReader): Promise<void> {
    await this.#system.mapping(reader).caughtUp();
    await this.#system.functions[STREAM_READERS[reader].function].idle();
  }

  async #ledger() {
    const { tables } = this.#system;
    const states = new SourceStates(tables.get('sources'));
    return await readLedger(states, new DeadLetters(tables.get('deadLetters')));
  }

  async #expireSources(): Promise<void> {
    const { tables, checks } = this.#system;
    checks.sources.removalsAllowed = true;
    this.#system.removalsByTtl = true;
    const sources = tables.get('sources');
    for await (const item of sources.scan()) {
      const key = item[SOURCES_TABLE.partitionKey];
      if (key !== undefined) sources.remove({ [SOURCES_TABLE.partitionKey]: key });
    }
  }

  #step(step: string): void {
    this.step = step;
    this.#system.trace.note(() => `-- ${step}`);
  }
}

/** When the last of what has been off or out of reach is back. */
function backMs({ actions }: Plan): number {
  const lastsMs = (action: PlannedAction) =>
    ('forMs' in action ? action.forMs : 0) + (action.kind === 'poison' ? (action.resumedAfterMs ?? 0) : 0);
  return Math.max(0, ...actions.map((action) => action.atMs + lastsMs(action)));
}

/** Until what is put into the stream has been handled, when nothing goes wrong any more. */
const READING_MS = 30_000;
/** At least so often the schedules run. */
const MOST_RARELY_MS = 600_000;

/** After the last event, until the closer has closed everything: the latest event time there can be, and two runs. */
function silenceMs({ pipelines, plan }: SimulatedSystem): number {
  return Math.max(...pipelines.map((pipeline) => silenceUnder(pipeline, plan.closeEveryMs)));
}

function silenceUnder(pipeline: Pipeline, closeEveryMs: number): number {
  // Days and months have ended before the run begins.
  const longest = pipeline.aggregations.map(({ window, allowedLatenessMs, idleTimeoutMs }) =>
    window.kind === 'calendar' ? idleTimeoutMs : spanMs(window) + allowedLatenessMs + idleTimeoutMs,
  );
  const silences = pipeline.alerts.map(({ when }) => (when.kind === 'absent' ? when.afterMs : 0));
  const staleness = pipeline.alerts.map(({ stale }) =>
    stale === undefined ? 0 : pipeline.maxClockSkewMs + Math.max(...longest) + stale.afterMs + stale.graceMs,
  );
  const closing = pipeline.maxClockSkewMs + Math.max(...longest);
  return Math.max(closing, ...silences, ...staleness) + 3 * closeEveryMs;
}

function recordInWords(record: PlannedRecord): string {
  if ('poison' in record) return `[${record.key}] no event at all: ${record.poison}`;
  const events = record.events.map(({ source, id, time, broken }) => {
    const shown = typeof time === 'number' ? time - START_MS : time;
    return `${source}${id === undefined ? '' : `#${id}`}@${shown}${broken === undefined ? '' : ` broken: ${broken.reason}`}`;
  });
  return `[${record.key}] ${events.join(', ')}`;
}
