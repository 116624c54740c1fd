// What the sources hold just now: their states, read consistently, and which of them have windows open that begin at a moment.
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { ChangedWindows } from '../core/state-changes.ts';
import { decodeChangedWindows } from '../core/state-changes.ts';
import { markKey } from '../core/stored-window.ts';
import type { SourceStates, StoredState } from '../stores/source-states.ts';

export interface SourceNow {
  readonly version: number;
  readonly windows: ChangedWindows;
}

/** undefined: there is no such source. */
export type StateNow = SourceNow | 'unreadable' | undefined;

export class HeldBySources {
  /** By the start of an open window, whose it is. */
  readonly openAt = new Map<number, Set<string>>();
  /** By what stands for a source in the marks of parts. */
  readonly #names = new Map<string, string>();
  readonly #states: SourceStates;
  readonly #aggregations: ReadonlySet<string>;

  constructor(states: SourceStates, { rollups }: Pipeline) {
    this.#states = states;
    this.#aggregations = new Set(rollups.map(({ of }) => of));
  }

  /** Goes over all sources; `onClosed` is given those whose latest write closed windows, some at a time. @returns how many there are */
  async look(
    onClosed: (states: ReadonlyMap<string, SourceNow>, sources: number) => Promise<void>,
  ): Promise<number> {
    let sources = 0;
    let closed = new Map<string, SourceNow>();
    this.openAt.clear();
    for await (const stored of this.#states.scan()) {
      sources += 1;
      const { source } = stored;
      this.#names.set(markKey(source), source);
      const now = read(stored);
      if (now !== 'unreadable') {
        for (const { aggregation, start } of now.windows.open) {
          if (!this.#aggregations.has(aggregation)) continue;
          const known = this.openAt.get(start) ?? new Set();
          this.openAt.set(start, known.add(source));
        }
        if (now.windows.closed.length > 0) closed.set(source, now);
      }
      if (closed.size < CLOSED_AT_ONCE) continue;
      await onClosed(closed, sources);
      closed = new Map();
    }
    await onClosed(closed, sources);
    return sources;
  }

  note(source: string): void {
    this.#names.set(markKey(source), source);
  }

  /** undefined: none of those that there were at the last look. */
  nameOf(mark: string): string | undefined {
    return this.#names.get(mark);
  }

  async load(sources: readonly string[]): Promise<ReadonlyMap<string, StateNow>> {
    const stored = await this.#states.load([...new Set(sources)]);
    return new Map(stored.map((each) => [each.source, read(each)]));
  }
}

const CLOSED_AT_ONCE = 100;

function read({ source, version, state }: StoredState): SourceNow | 'unreadable' {
  try {
    return { version, windows: decodeChangedWindows(source, state) };
  } catch {
    return 'unreadable';
  }
}
