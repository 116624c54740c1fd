// A run of an incident, while it is played: the calls that wait, and what its notes say it found.
import type { BeginNote, CallNote, NotedAnswer, NotedItem, RunNote } from '../stores/run-note.ts';
import { IncidentError } from './incident-error.ts';
import { errorOf, type PlayedCall } from './played-call.ts';

export type RunEnd = { readonly answer: unknown } | { readonly error: unknown };

export class PlayedRun {
  readonly begun: BeginNote;
  /** By number: those that have not been answered. */
  readonly waiting = new Map<number, PlayedCall>();
  end: RunEnd | undefined;
  /** Answers noted of its calls, by number. */
  readonly answers: ReadonlyMap<number, CallNote>;
  readonly #nowMs: number[];
  readonly #leftMs: number[];
  readonly #shards: NotedAnswer[];
  readonly #items: ReadonlyMap<number, readonly NotedItem[]>;
  #calls = 0;
  #lastNowMs: number;
  #lastLeftMs = 0;

  constructor(begun: BeginNote, notes: readonly RunNote[]) {
    this.begun = begun;
    this.answers = new Map(notes.flatMap((note) => (note.kind === 'call' ? [[note.call, note]] : [])));
    this.#nowMs = notes.flatMap(({ read }) => read?.nowMs ?? []);
    this.#leftMs = notes.flatMap(({ read }) => read?.leftMs ?? []);
    this.#shards = notes.flatMap(({ read }) => read?.shards ?? []);
    const items = notes.flatMap(({ read }) => read?.items ?? []);
    const byCall = Map.groupBy(items, ([call]) => call);
    this.#items = new Map([...byCall].map(([call, of]) => [call, of.map(([, item]) => item)]));
    this.#lastNowMs = begun.atMs;
  }

  settle(handled: Promise<unknown>): void {
    handled.then(
      (answer) => {
        this.end = { answer };
      },
      (error: unknown) => {
        this.end = { error };
      },
    );
  }

  nextCall(): number {
    this.#calls += 1;
    return this.#calls - 1;
  }

  ask(call: PlayedCall): void {
    this.waiting.set(this.nextCall(), call);
  }

  /** Behind its last reading, where it was cut off or the code is another, time stands still. */
  nextNowMs(): number {
    this.#lastNowMs = this.#nowMs.shift() ?? this.#lastNowMs;
    return this.#lastNowMs;
  }

  nextLeftMs(): number {
    this.#lastLeftMs = this.#leftMs.shift() ?? this.#lastLeftMs;
    return this.#lastLeftMs;
  }

  nextShards(): NotedAnswer {
    return this.#shards.shift() ?? { error: { message: 'the run was cut off before this was answered' } };
  }

  itemsOf(call: number): readonly NotedItem[] {
    return this.#items.get(call) ?? [];
  }

  /** Resolves where a walk ended, rejects where it failed, and does neither where the run was cut off in it. */
  walked(call: number): Promise<void> {
    const noted = this.answers.get(call);
    if (noted === undefined) return new Promise(() => {});
    return noted.error === undefined ? Promise.resolve() : Promise.reject(errorOf(noted.error));
  }

  /**
   * The call that was answered so; undefined where the run has not come to it: an earlier one waits.
   *
   * @throws IncidentError where the run asked for something else, or for nothing more
   */
  expectCall({ call, table, method }: CallNote): PlayedCall | undefined {
    const asked = this.waiting.get(call);
    if (asked?.table === table && asked.method === method) return asked;
    if (asked === undefined && this.end === undefined) return undefined;
    const found = asked === undefined ? 'its end' : `${asked.method} of ${asked.table}`;
    throw new IncidentError(
      `run ${this.begun.run} of ${this.begun.function}: found ${found} as call ${call}, expected ${method} of ${table}: this code does not do what was captured`,
    );
  }
}
