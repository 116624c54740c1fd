// Folds streams the way the aggregating function does, with the states kept as bytes between batches, and notes
// everything that left: verdicts, closed windows, letters, and each change as the change stream would tell it.
import { closeAll, closeBySilence } from '../../src/core/close-windows.ts';
import { foldEvents } from '../../src/core/fold.ts';
import { usefulness } from '../../src/core/identity.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { RememberedIds } from '../../src/core/remembered-ids.ts';
import type { SourceEvents } from '../../src/core/source-events.ts';
import type { Letter, SourceState } from '../../src/core/source-state.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import type { ClosedWindow } from '../../src/core/source-window.ts';
import type { EncodedState } from '../../src/core/state-encoding.ts';
import { decodeState, decodeStateImage, encodeState } from '../../src/core/state-encoding.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import type { StreamEntry } from './event-streams.ts';
import { STREAM_ARN } from './event-streams.ts';

export interface Change {
  readonly source: string;
  readonly version: number;
  readonly before: EncodedState | undefined;
  readonly after: Uint8Array;
}

export class StreamRunner {
  #pipeline: Pipeline;
  readonly #stored = new Map<string, { readonly version: number; readonly state: EncodedState }>();
  /** By coordinates: the one verdict each event got. */
  readonly verdicts = new Map<string, Verdict>();
  readonly closed: { readonly source: string; readonly window: ClosedWindow }[] = [];
  readonly letters: Letter[] = [];
  readonly changes: Change[] = [];

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** One invocation: events of any sources and shards, in stream order. */
  deliver(entries: readonly StreamEntry[]): void {
    for (const group of Map.groupBy(entries, keyOfShardAndSource).values()) this.#fold(group);
  }

  /** What the closer does at a moment, for every source, until nothing is left to close. */
  closeBySilence(nowMs: number): void {
    this.#close((state) => closeBySilence(state, nowMs));
  }

  closeAll(): void {
    this.#close(closeAll);
  }

  /** A deployment: from here on states are read and written for another pipeline. */
  changePipeline(pipeline: Pipeline): void {
    this.#pipeline = pipeline;
  }

  sources(): string[] {
    return [...this.#stored.keys()];
  }

  state(source: string): SourceState {
    const stored = this.#stored.get(source);
    return stored === undefined
      ? emptySourceState(source, this.#pipeline)
      : decodeState(source, stored.state, this.#pipeline);
  }

  /** What must not depend on batches and deliveries: all but what the latest write carried, and forgotten ids. */
  comparable(): unknown {
    return this.sources()
      .sort()
      .map((source) => {
        const state = this.state(source);
        return { source, ...comparableState(state, this.#pipeline) };
      });
  }

  #fold(group: readonly StreamEntry[]): void {
    const [first] = group;
    if (first === undefined) return;
    const batch: SourceEvents = {
      stream: STREAM_ARN,
      shard: first.at.shard,
      events: group.map(({ event }) => event),
      sequences: group.map(({ at }) => at.sequence),
      indexes: group.map(({ at }) => at.index),
      arrivalsMs: group.map(({ arrivalMs }) => arrivalMs),
      strays: undefined,
    };
    for (let from = 0; from < group.length; ) {
      const result = foldEvents(this.state(first.event.source), batch, this.#pipeline, from);
      for (const [at, verdict] of result.verdicts.entries()) this.#note(group[from + at], verdict);
      if (result.changed) this.#commit(result.state);
      if (result.next <= from) throw new Error(`the fold stood still at event ${from}`);
      from = result.next;
    }
  }

  #note(entry: StreamEntry | undefined, verdict: Verdict): void {
    if (entry === undefined) throw new Error('a verdict without an event');
    const key = keyOfEntry(entry);
    const known = this.verdicts.get(key);
    if ((known === undefined) === (verdict === 'redelivered')) {
      throw new Error(`event ${key}: found the verdict ${verdict} after ${known ?? 'none'}`);
    }
    if (known === undefined) this.verdicts.set(key, verdict);
  }

  #close(close: (state: SourceState) => boolean): void {
    for (const source of this.sources()) {
      for (let state = this.state(source); close(state); state = this.state(source)) this.#commit(state);
    }
  }

  #commit(state: SourceState): void {
    const { source } = state;
    const stored = this.#stored.get(source);
    const after = encodeState(state);
    const version = (stored?.version ?? 0) + 1;
    this.#stored.set(source, { version, state: after });
    this.changes.push({ source, version, before: stored?.state, after });
    this.closed.push(...state.closed.map((window) => ({ source, window })));
    this.letters.push(...state.letters);
  }
}

/** A state as it is stored, without what the latest write carried and without forgotten ids. */
export function comparableState(state: SourceState, pipeline: Pipeline) {
  const ids = state.ids.view(usefulness(state, pipeline).isOfUse);
  const rest = { ...state, ids: new RememberedIds(), closed: [], letters: [] };
  const image = decodeStateImage(state.source, encodeState(rest));
  // Forms before the third did not tell of which stream a position is, nor whether its record was whole: it is that of the
  // tests, and it was.
  return {
    ...image,
    upTo: image.upTo.map((place) => ({
      ...place,
      stream: place.stream ?? STREAM_ARN,
      rest: place.rest === 'by-index' ? 'none' : place.rest,
    })),
    ids,
  };
}

export function keyOfEntry({ at: { shard, sequence, index } }: StreamEntry): string {
  return `${shard}:${sequence}:${index}`;
}

function keyOfShardAndSource({ at, event }: StreamEntry): string {
  return JSON.stringify([at.shard, event.source]);
}
