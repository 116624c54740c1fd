// Plays an incident: the same batches in the same cuts, to the same containers, with every call of a table answered as it was, in an order in
// which all of that can have been. Where the code is that which was captured, each call and each answer is the same to the byte.
import { isDeepStrictEqual } from 'node:util';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { itemFromJson } from '../stores/item-json.ts';
import type { BeginNote, CallNote, EndNote, RunNote } from '../stores/run-note.ts';
import { OUTCOME } from '../stores/run-note.ts';
import type { VersionedOutcome } from '../stores/table.ts';
import { IncidentError } from './incident-error.ts';
import {
  type IncidentTables,
  type IsAlike,
  type OpenWrite,
  SAME_BYTES,
  SAME_VERSION,
} from './incident-tables.ts';
import { errorOf, type PlayedCall } from './played-call.ts';
import { PlayedContainer } from './played-container.ts';
import { PlayedRun } from './played-run.ts';
import type { Incident } from './read-incident.ts';

export interface PlayedIncident {
  readonly runs: number;
  /** Runs that were cut off: of time, of memory, or with the machine. */
  readonly cutOff: number;
  readonly calls: number;
  /** The first call or answer that is not what was captured; undefined: all of it is, to the byte. */
  readonly deviation: string | undefined;
}

export interface PlayDeps {
  readonly pipeline: Pipeline;
  readonly tables: IncidentTables;
  /** It is this late in the incident. */
  readonly at: (atMs: number) => Promise<void>;
}

/** @throws IncidentError where it cannot be played: something is not in the capture, or the code asks for something else */
export async function playIncident(incident: Incident, deps: PlayDeps): Promise<PlayedIncident> {
  return await new IncidentPlayer(incident, deps).play();
}

/** Turns of the event loop within which a function asks for what it asks for next: nothing in it waits for anything else. */
const MOST_TURNS = 100;
/** Most calls of one run: what made more is another function. */
const MOST_UNCAPTURED = 100;
/** Notes that wait for others: calls that were under way at once. */
const MOST_WAITING = 10_000;

/** A write that failed, or whose call did. */
interface FailedWrite extends OpenWrite {
  readonly at: object;
}

interface DueNote {
  readonly note: RunNote;
  /** What is known so far of the writes of a commit. */
  readonly outcomes: (VersionedOutcome | undefined)[];
}

class IncidentPlayer {
  readonly #incident: Incident;
  readonly #deps: PlayDeps;
  readonly #runs = new Map<string, PlayedRun>();
  readonly #containers = new Map<string, PlayedContainer>();
  readonly #notesOf: ReadonlyMap<string, readonly RunNote[]>;
  /** Writes of waiting calls that were done already, since somebody read what they wrote. */
  readonly #done = new Map<PlayedCall, Set<number>>();
  #failed: readonly FailedWrite[] = [];
  #due: readonly DueNote[] = [];
  #isAlike: IsAlike = SAME_BYTES;
  #calls = 0;
  #deviation: string | undefined;

  constructor(incident: Incident, deps: PlayDeps) {
    this.#incident = incident;
    this.#deps = deps;
    this.#notesOf = Map.groupBy(incident.notes, ({ run }) => run);
    deps.tables.openWrites = () => [...this.#underWay(), ...this.#failed];
  }

  async play(): Promise<PlayedIncident> {
    for (const note of this.#incident.notes) {
      await this.#deps.at(note.atMs);
      this.#due = [...this.#due, { note, outcomes: [] }];
      if (this.#due.length > MOST_WAITING) this.#refuse();
      await this.#settle();
    }
    while (this.#due.length > 0) await this.#settleWithOtherBytes();
    const cutOff = [...this.#notesOf.values()].filter((notes) => notes.at(-1)?.kind !== 'end').length;
    return { runs: this.#runs.size, cutOff, calls: this.#calls, deviation: this.#deviation };
  }

  /** Takes the first note that fits, again and again. */
  async #settle(): Promise<void> {
    for (let at = 0; at < this.#due.length; ) {
      const due = this.#due[at];
      if (due === undefined || this.#isBehind(due, at) || !(await this.#take(due))) {
        at += 1;
        continue;
      }
      this.#due = this.#due.filter((each) => each !== due);
      at = 0;
    }
  }

  /** Nothing fits any more as it was: items that are of the same version only may do. */
  async #settleWithOtherBytes(): Promise<void> {
    const left = this.#due.length;
    this.#isAlike = SAME_VERSION;
    await this.#settle();
    this.#isAlike = SAME_BYTES;
    if (this.#due.length === left) this.#refuse();
    this.#deviation ??= 'a table had items with other bytes than were captured';
    await this.#settle();
  }

  /** A run ends behind its calls; a container begins the next when it has ended the one before. */
  #isBehind({ note }: DueNote, at: number): boolean {
    const before = this.#due.slice(0, at).map((due) => due.note);
    if (note.kind === 'call') return before.some(({ kind, run }) => kind === 'begin' && run === note.run);
    if (note.kind === 'end') return before.some(({ run }) => run === note.run);
    return before.some(
      ({ run }) => this.#notesOf.get(run)?.some((each) => isBeginIn(each, note.container)) === true,
    );
  }

  async #take(due: DueNote): Promise<boolean> {
    const { note } = due;
    if (note.kind === 'begin') return this.#begin(note);
    const run = this.#runs.get(note.run);
    if (run === undefined)
      throw new IncidentError(
        `run ${note.run}: found no begin of it, expected the capture to go back as far`,
      );
    if (note.kind === 'end') return await this.#end(run, note);
    if (note.method === 'query' || note.method === 'scan') return true;
    await turnsUntil(() => run.waiting.has(note.call) || run.end !== undefined);
    const call = run.expectCall(note);
    if (call === undefined || !(await this.#answer(call, note, due))) return false;
    run.waiting.delete(note.call);
    this.#calls += 1;
    if (call.asked !== note.asked)
      this.#deviates(note.run, `call ${note.call}, ${note.method} of ${note.table}, asks for something else`);
    return true;
  }

  #begin(note: BeginNote): boolean {
    const container = this.#containers.get(note.container) ?? new PlayedContainer(note, this.#deps.pipeline);
    this.#containers.set(note.container, container);
    const run = new PlayedRun(note, this.#notesOf.get(note.run) ?? []);
    this.#runs.set(note.run, run);
    const { batch } = note;
    const event = batch === undefined ? note.event : { Records: this.#incident.records.batch(batch) };
    container.begin(run, event);
    return true;
  }

  async #end(run: PlayedRun, note: EndNote): Promise<boolean> {
    await turnsUntil(() => run.end !== undefined);
    // Calls that other code makes in addition: the tables answer them as they are.
    for (let calls = 0; run.end === undefined && calls < MOST_UNCAPTURED; calls += 1) {
      const [[number, call] = []] = run.waiting;
      if (number === undefined || call === undefined || run.answers.has(number)) break;
      run.waiting.delete(number);
      this.#deviates(note.run, `call ${number}, ${call.method} of ${call.table}, was not captured`);
      call.answer(await this.#deps.tables.answerNow(call.table, call));
      await turnsUntil(() => run.end !== undefined || run.waiting.size > 0);
    }
    if (run.end === undefined) {
      const [[number, call] = []] = run.waiting;
      const asked = call === undefined ? 'no call' : `${call.method} of ${call.table} as call ${number}`;
      throw new IncidentError(`run ${note.run}: found it waiting for ${asked}, expected its end`);
    }
    const found = 'answer' in run.end ? { answer: json(run.end.answer) } : { failed: true };
    const wanted = note.error === undefined ? { answer: json(note.answer) } : { failed: true };
    if (!isDeepStrictEqual(found, wanted))
      this.#deviates(note.run, `ends with ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`);
    return true;
  }

  async #answer(call: PlayedCall, note: CallNote, due: DueNote): Promise<boolean> {
    if (note.error !== undefined) {
      for (const at of call.writes.keys()) this.#mayBeDone(call, at);
      call.fail(errorOf(note.error));
      return true;
    }
    switch (note.method) {
      case 'getMany':
        return await this.#answerRead(call, note);
      case 'commit':
        return await this.#answerCommit(call, note, due);
      case 'putMany':
        await this.#deps.tables.putMany(call.table, call.items);
        call.answer(undefined);
        return true;
      case 'deleteMany':
        await this.#deps.tables.deleteMany(call.table, call.keys);
        call.answer(undefined);
        return true;
      case 'scanPage': {
        const { items = [], next } = note.page ?? {};
        call.answer({
          items: items.map(itemFromJson),
          next: next === undefined ? undefined : itemFromJson(next),
        });
        return true;
      }
      default:
        throw new IncidentError(
          `run ${note.run}: found a call of ${note.method}, expected a method of a table`,
        );
    }
  }

  async #answerRead(call: PlayedCall, { marks = [], items = [] }: CallNote): Promise<boolean> {
    const seeds = new Map(items);
    const found = [];
    for (const [at, key] of call.keys.entries()) {
      const wanted = { mark: marks[at] ?? '', seed: seeds.get(at), isAlike: this.#isAlike };
      const read = await this.#deps.tables.read(call.table, key, wanted);
      if (read === undefined) return false;
      if (read.item !== undefined) found.push(read.item);
    }
    call.answer(found);
    return true;
  }

  async #answerCommit(call: PlayedCall, note: CallNote, { outcomes }: DueNote): Promise<boolean> {
    const { outcomes: letters = '', stored = [], reasons = [] } = note;
    let [refused, failed] = [0, 0];
    for (const at of call.writes.keys()) {
      const letter = letters[at];
      const mark = letter === OUTCOME.refused ? (stored[refused++] ?? '') : '';
      const isFailed = letter === OUTCOME.failed || letter === OUTCOME.tooLarge;
      const reason = isFailed ? (reasons[failed++] ?? '') : '';
      outcomes[at] ??= await this.#outcomeOf(call, at, { letter, mark, reason });
    }
    for (const at of call.writes.keys()) if (outcomes[at] === undefined) return false;
    call.answer(call.writes.map((_, at) => outcomes[at]));
    return true;
  }

  async #outcomeOf(
    call: PlayedCall,
    at: number,
    {
      letter,
      mark,
      reason,
    }: { readonly letter: string | undefined; readonly mark: string; readonly reason: string },
  ): Promise<VersionedOutcome | undefined> {
    const write = call.writes[at];
    if (write === undefined) return undefined;
    const { tables } = this.#deps;
    const isDone = this.#done.get(call)?.has(at) === true;
    if (letter === OUTCOME.tooLarge) return { kind: 'failed', reason, tooLarge: true };
    if (letter === OUTCOME.failed) {
      this.#mayBeDone(call, at);
      return { kind: 'failed', reason };
    }
    if (letter === OUTCOME.committed) {
      if (isDone) return { kind: 'committed' };
      const outcome = await tables.commit(call.table, write);
      if (outcome !== undefined) this.#doneAt(call).add(at);
      return outcome;
    }
    // By another, or by itself: done, its answer lost, and sent again.
    const wanted = { mark, seed: undefined, isAlike: this.#isAlike };
    const read = await tables.read(call.table, write.key, wanted);
    return read === undefined ? undefined : { kind: 'refused', stored: read.item };
  }

  #mayBeDone(call: PlayedCall, at: number): void {
    const write = call.writes[at];
    if (write === undefined || this.#done.get(call)?.has(at) === true) return;
    const failed: FailedWrite = { table: call.table, write, at: write, onDone: () => this.#forget(write) };
    this.#failed = [...this.#failed, failed];
  }

  #forget(write: object): void {
    this.#failed = this.#failed.filter(({ at }) => at !== write);
  }

  #doneAt(call: PlayedCall): Set<number> {
    const done = this.#done.get(call) ?? new Set();
    this.#done.set(call, done);
    return done;
  }

  /** Writes of calls that wait for their answers, those first of which it is known that they were done. */
  #underWay(): readonly OpenWrite[] {
    const known: OpenWrite[] = [];
    const unknown: OpenWrite[] = [];
    for (const run of this.#runs.values())
      for (const [number, call] of run.waiting)
        for (const [at, write] of call.writes.entries()) {
          if (this.#done.get(call)?.has(at) === true) continue;
          const letter = run.answers.get(number)?.outcomes?.[at];
          if (letter === OUTCOME.tooLarge) continue;
          const into = letter === OUTCOME.committed ? known : unknown;
          into.push({ table: call.table, write, onDone: () => this.#doneAt(call).add(at) });
        }
    return [...known, ...unknown];
  }

  #deviates(run: string, what: string): void {
    this.#deviation ??= `run ${run}: ${what}`;
  }

  #refuse(): never {
    const [first] = this.#due;
    const { note } = first ?? {};
    const what =
      note?.kind === 'call' ? `call ${note.call}, ${note.method} of ${note.table}` : (note?.kind ?? '');
    throw new IncidentError(
      `run ${note?.run}, ${what}: found no way to what it was answered, expected the capture to hold all that wrote these items, from where the containers started`,
    );
  }
}

function isBeginIn(note: RunNote, container: string): boolean {
  return note.kind === 'begin' && note.container === container;
}

/** As it was noted. */
function json(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

async function turnsUntil(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS && !holds(); turn += 1) await nextTurn();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
