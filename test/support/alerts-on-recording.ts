// A recording through the fold and the alerts alone: no servers, no tables, one write for so many events of a source.

import type { AlertState, Transition } from '../../src/core/alerts/alert-state.ts';
import { foldObservations } from '../../src/core/alerts/fold-observations.ts';
import { observeSource } from '../../src/core/alerts/observe-change.ts';
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import { closeAll } from '../../src/core/close-windows.ts';
import { foldEvents } from '../../src/core/fold.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { SourceEvents } from '../../src/core/source-events.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import type { ChangedWindows } from '../../src/core/state-changes.ts';
import { decodeChangedWindows } from '../../src/core/state-changes.ts';
import type { EncodedState } from '../../src/core/state-encoding.ts';
import { decodeState, encodeState } from '../../src/core/state-encoding.ts';
import { validateEvent } from '../../src/core/validate-event.ts';
import { readRecording } from '../../src/wire/recordings.ts';
import { STREAM_ARN } from './event-streams.ts';

export interface SubjectTransition {
  readonly rule: string;
  readonly source: string;
  readonly transition: Transition;
}

const EVENTS_A_WRITE = 300;
const SHARD = 'shardId-000000000000' as ShardId;

export async function alertsOnRecording(
  file: string,
  definition: object,
): Promise<{ readonly transitions: readonly SubjectTransition[]; readonly windows: number }> {
  const run = new AlertRun(parsePipeline(definition));
  let batch: SourceEvents | undefined;
  let record = 0;
  for await (const entry of readRecording(file)) {
    if (entry.kind !== 'event') continue;
    record += 1;
    // The recording is of events alone: each arrives as it happens.
    const validation = validateEvent(entry.raw);
    if (validation.kind !== 'valid') continue;
    const { event } = validation;
    if (
      batch !== undefined &&
      (batch.events[0]?.source !== event.source || batch.events.length >= EVENTS_A_WRITE)
    ) {
      run.fold(batch);
      batch = undefined;
    }
    batch ??= {
      stream: STREAM_ARN,
      shard: SHARD,
      events: [],
      sequences: [],
      indexes: [],
      arrivalsMs: [],
      strays: undefined,
    };
    batch.events.push(event);
    batch.sequences.push(String(record) as SequenceNumber);
    batch.indexes.push(0);
    batch.arrivalsMs.push(event.time);
  }
  if (batch !== undefined) run.fold(batch);
  run.close();
  return run;
}

class AlertRun {
  readonly transitions: SubjectTransition[] = [];
  windows = 0;
  readonly #pipeline: Pipeline;
  readonly #states = new Map<string, EncodedState>();
  readonly #alerts = new Map<string, AlertState | undefined>();

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  fold(batch: SourceEvents): void {
    const source = batch.events[0]?.source ?? '';
    for (let from = 0; from < batch.events.length; ) {
      const { state, next, changed } = foldEvents(this.#load(source), batch, this.#pipeline, from);
      if (changed) this.#commit(source, state);
      from = next;
    }
  }

  close(): void {
    for (const source of this.#states.keys()) {
      for (let state = this.#load(source); closeAll(state); state = this.#load(source))
        this.#commit(source, state);
    }
  }

  #load(source: string): SourceState {
    const stored = this.#states.get(source);
    return stored === undefined
      ? emptySourceState(source, this.#pipeline)
      : decodeState(source, stored, this.#pipeline);
  }

  #commit(source: string, state: SourceState): void {
    const old = this.#states.get(source);
    const encoded = encodeState(state);
    this.#states.set(source, encoded);
    const after = decodeChangedWindows(source, encoded);
    this.windows += after.closed.length;
    this.#alert(source, old === undefined ? undefined : decodeChangedWindows(source, old), after);
  }

  #alert(source: string, before: ChangedWindows | undefined, after: ChangedWindows): void {
    for (const rule of this.#pipeline.alerts) {
      const key = `${rule.name} ${source}`;
      const observations = observeSource(rule, before, after);
      for (let more = observations.length > 0; more; ) {
        const fold = foldObservations(rule, this.#alerts.get(key), observations);
        const { state, changed } = fold;
        more = fold.more;
        if (changed && state !== undefined) {
          const known = this.#alerts.get(key)?.sequence ?? 0;
          this.#alerts.set(key, state);
          for (const transition of state.transitions) {
            if (transition.sequence > known) this.transitions.push({ rule: rule.name, source, transition });
          }
        }
      }
    }
  }
}
